"""InstaMap beside the authors' program: same spaces, same dictionary, T = 4, in turn.

Run: python benchmarks/parity_instamap.py DATA PROGRAM [--pair de-tr] [--threads 2]

DATA holds ``spaces/`` and ``xling/``; PROGRAM is a checkout of github.com/codogogo/instamap.
Both read arrays and write arrays; CPU seconds and peak memory are the operating system's.
"""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from _measure import existing_folder, markdown_table, run_child, update_section

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.metrics import evaluate_bli

CONFIG = """
num_iterations = 4
k_num_dict_neighbours = 70
source_vectors, source_vocabulary = "source.npy", "source.vocab"
target_vectors, target_vocabulary = "target.npy", "target.vocab"
train_dict = "train.tsv"
source_vectors_output, target_vectors_output = "theirs.source.npy", "theirs.target.npy"
"""


def ours(folder: Path, n_jobs: int) -> None:
    """Align as the program is configured to: 290 components, the dictionary replaced."""
    source, target, pairs = (np.load(folder / f"{n}.npy") for n in ("source", "target", "pairs"))
    aligner = InstaMapAligner(70, 4, n_components=290, dictionary_update="replace", n_jobs=n_jobs)
    mapped = aligner.fit_transform_spaces(source[pairs[:, 0]], target[pairs[:, 1]], source, target)
    for side, vectors in zip(("source", "target"), mapped, strict=True):
        np.save(folder / f"ours.{side}.npy", vectors)


def main() -> None:
    if "--ours" in sys.argv:
        ours(Path(sys.argv[2]), int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("program", type=existing_folder)
    parser.add_argument("--pair", default="de-tr")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    source, target = (
        read_vectors(arguments.data / "spaces" / f"{name}.npy")
        for name in arguments.pair.split("-")
    )
    train, test = (
        arguments.data / "xling" / f"yacle.{part}.{arguments.pair}.tsv"
        for part in ("train.freq.5k", "test.freq.2k")
    )
    dictionary = read_dictionary(train, duplicates="keep")
    _, _, report = lookup_pairs(dictionary, source, target, warn_below=0)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(arguments.threads))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        shutil.copytree(arguments.program, folder)
        for side, space in (("source", source), ("target", target)):
            np.save(folder / f"{side}.npy", space.vectors)
            with (folder / f"{side}.vocab").open("wb") as file:
                pickle.dump({word: row for row, word in enumerate(space.words)}, file)
        np.save(folder / "pairs.npy", np.column_stack([report.source_index, report.target_index]))
        shutil.copy(train, folder / "train.tsv")
        (folder / "config.py").write_text(CONFIG)
        for program, command in {
            "authors' program": [sys.executable, "instamap.py"],
            "ours": [sys.executable, __file__, "--ours", ".", arguments.threads],
        }.items():
            options = {"cwd": folder, "env": os.environ | threads}
            with open(os.devnull, "w") as null:
                wall, cpu, peak = run_child(command, stdout=null, **options)
            stem = "ours" if program == "ours" else "theirs"
            mapped = [np.load(folder / f"{stem}.{side}.npy") for side in ("source", "target")]
            table = evaluate_bli(
                source.with_vectors(mapped[0]),
                target.with_vectors(mapped[1]),
                test_dictionary=read_dictionary(test, duplicates="keep"),
                train_dictionary=dictionary,
                metric=("P@1", "MRR"),
                n_jobs=-1,
            )
            figures = {
                f"{retrieval} {subset}": f"{100 * line['P@1']:.1f}"
                for (retrieval, _, subset), line in table.iterrows()
            }
            cost = {"wall s": f"{wall:.1f}", "CPU s": f"{cpu:.1f}", "peak MiB": f"{peak:.0f}"}
            rows.append({"program": program} | cost | figures)
            print(rows[-1], flush=True)
    update_section(
        f"instamap-parity-{arguments.pair}",
        f"{arguments.pair}, {source.n_words} words a side, {report.n_found} training pairs "
        f"(repeats kept), K = 70, T = 4, 290 components, dictionary replaced; "
        f"{arguments.threads} BLAS threads or jobs; P@1 by cosine and CSLS.\n\n"
        + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
