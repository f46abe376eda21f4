"""The reference of tests/test_parity.py: what the authors' program makes of the bundled sample.

Run: python benchmarks/parity_reference.py PROGRAM [--check]

PROGRAM is a checkout of github.com/codogogo/instamap. It runs on the first 2,000 words a side and
the pairs among them, in double precision: the one place where it casts to float32 is replaced.
In single precision, two dictionary entries or two neighbors can be equal but for rounding, and
what follows depends on the machine. The bundled dictionary repeats no word, so that in double
precision nothing is tied; the test checks that. ``--check`` compares and writes nothing.
"""

from __future__ import annotations

import argparse
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _measure import existing_folder
from _originals import patched_copy

from sklearn_instamap.datasets import load_en_de

OUTPUT = Path(__file__).resolve().parents[1] / "tests" / "data" / "instamap_program_en-de.npz"
N_WORDS = 2000
N_SHOWN = 60  # rows a side whose cosines are kept
SETTINGS = {300: 4, 290: 2}  # n_components: n_iter

CONFIG = """
num_iterations = {n_iter}
k_num_dict_neighbours = 70
source_vectors, source_vocabulary = "source.npy", "source.vocab"
target_vectors, target_vocabulary = "target.npy", "target.vocab"
train_dict = "train.tsv"
source_vectors_output, target_vectors_output = "mapped.source.npy", "mapped.target.npy"
"""


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def run_program(program: Path, n_components: int, n_iter: int) -> tuple[list[np.ndarray], str]:
    """Return the two mapped spaces, and what the program printed."""
    data = load_en_de()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        patches = {
            "projection.py": {
                "dtype=np.float32": "dtype=np.float64",
                "n_components = 290": f"n_components = {n_components}",
            }
        }
        patched_copy(program, folder, patches, {})
        for side, space in (("source", data.source), ("target", data.target)):
            np.save(folder / f"{side}.npy", space.vectors[:N_WORDS].astype(np.float64))
            words = {word: row for row, word in enumerate(space.words[:N_WORDS])}
            (folder / f"{side}.vocab").write_bytes(pickle.dumps(words))
        lines = "".join(f"{a}\t{b}\n" for a, b in data.train.itertuples(index=False))
        (folder / "train.tsv").write_text(lines, encoding="utf-8")
        (folder / "config.py").write_text(CONFIG.format(n_iter=n_iter))
        command = [sys.executable, "instamap.py"]
        log = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        mapped = [np.load(folder / f"mapped.{side}.npy") for side in ("source", "target")]
        return mapped, log.stdout


def make_reference(program: Path) -> dict[str, np.ndarray]:
    shown = np.sort(np.random.default_rng(0).choice(N_WORDS, size=(2, N_SHOWN), replace=False))
    reference = {"source_rows": shown[0], "target_rows": shown[1]}
    for n_components, most in SETTINGS.items():
        for n_iter in range(1, most + 1):
            (source, target), log = run_program(program, n_components, n_iter)
            cosines = unit(source[shown[0]]) @ unit(target[shown[1]]).T
            reference[f"cosines_{n_components}_{n_iter}"] = cosines
            print(f"{n_components} components, T = {n_iter}: done", flush=True)
        prefix = "Number of NN matches: "
        counts = [line[len(prefix) :] for line in log.splitlines() if line.startswith(prefix)]
        reference[f"n_pairs_{n_components}"] = np.array(counts, dtype=np.int64)
    return reference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=existing_folder)
    parser.add_argument("--check", action="store_true", help="compare with the stored reference")
    arguments = parser.parse_args()
    made = make_reference(arguments.program)
    if not arguments.check:
        OUTPUT.parent.mkdir(exist_ok=True)
        np.savez_compressed(OUTPUT, **made)
        print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1024:.0f} KiB")
        return
    with np.load(OUTPUT) as stored:
        for name, values in made.items():
            print(f"{name}: largest difference {np.abs(values - stored[name]).max():.1e}")


if __name__ == "__main__":
    main()
