"""Compare ProcrustesAligner and VecMapAligner with the original programs.

The originals are map.py of codogogo/xling-eval (PROC, PROC-B) and map_embeddings.py of
artetxem/vecmap (supervised, and semi-supervised: self-learning). Both sides do the same job, from
the same vector files to mapped vector files, each in its own process with one BLAS thread;
CPU seconds and peak memory are those of the whole process, imports, reading and writing included.
"Fitting" is the part that fits and maps: measured inside ours; of an original, what is left when
its imports, its reading and its writing of as many vectors, run alone, are subtracted.
Self-learning at its full length takes the original hours: both are shortened alike, to fewer words
and less patience, and as chance plays into it, the mean over a few seeds is compared; ``--length``
adds 30 iterations at full width, to compare the costs of one (their P@1 means nothing). The
originals' output is kept in the cache folder:

    python benchmarks/parity_vecmap.py SHARED/data --xling XLING/code --vecmap VECMAP --cache FOLDER

P@1 is a percentage of the test pairs, over the whole target vocabulary; *unseen* are the pairs
neither word of which is in the training dictionary.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from _measure import existing_folder, run_child, update_section
from _problem import PAIRS

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import (
    lookup_pairs,
    read_dictionary,
    read_vectors,
    write_dictionary,
    write_vectors,
)
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import evaluate_bli

# What the originals do besides fitting; argv are the spaces, without endings, and a scratch file.
READ_AND_WRITE = {
    "xling": """
import pickle, sys
import numpy, projection, util
for stem in sys.argv[1:3]:
    rows, vectors = pickle.load(open(stem + ".pkl", "rb")), numpy.load(stem + ".npy")
    util.serialize_embs(sys.argv[3] + ".vocab", sys.argv[3], rows, vectors, False, False)
""",
    "vecmap": """
import sys
import embeddings
for stem in sys.argv[1:3]:
    words, vectors = embeddings.read(open(stem + ".vec"), dtype="float32")
    embeddings.write(words, vectors, open(sys.argv[3], "w"))
""",
}


@dataclass(frozen=True)
class Case:
    """One system: how the original is asked for it, and our estimator."""

    title: str
    program: str
    options: list[str]
    aligner: type
    parameters: dict[str, Any] = field(default_factory=dict)
    dictionary: str = "5k"


def cases(cutoff: int, patience: int) -> dict[str, Case]:
    """Return all systems by name."""
    learning = {"self_learning": True}
    short = ["--vocabulary_cutoff", str(cutoff), "--stochastic_interval", str(patience)]
    shortened = {"vocabulary_cutoff": cutoff, "patience": patience, **learning}
    # No objective improves by 1: half of the iterations at a keep-probability of 0.5, half at 1.
    thirty = ["--threshold", "1", "--stochastic_interval", "14", "--stochastic_initial", "0.5"]
    only_thirty = {"tol": 1.0, "patience": 14, "keep_probability": 0.5, **learning}
    semi = "--semi_supervised"
    return {
        "proc": Case("PROC", "xling", ["-m", "p"], ProcrustesAligner),
        "proc-b": Case("PROC-B", "xling", ["-m", "b"], ProcrustesAligner, {"bootstrap": True}),
        "supervised": Case("VecMap", "vecmap", ["--supervised"], VecMapAligner),
        "self-500": Case(
            "VecMap sl 500", "vecmap", [semi, *short], VecMapAligner, shortened, "500"
        ),
        "self-5k": Case("VecMap sl 5k", "vecmap", [semi, *short], VecMapAligner, shortened),
        "length": Case(
            "VecMap sl, 30 iterations, 20K words",
            "vecmap",
            [semi, *thirty],
            VecMapAligner,
            only_thirty,
        ),
    }


class Problem:
    """The files of one language pair, in the formats of both originals and ours."""

    def __init__(self, data: Path, pair: str, folder: Path) -> None:
        self.pair, self.folder = pair, folder
        self.languages = pair.split("-")
        self.xling = data / "xling"
        self.spaces = [self._export(data / "spaces" / f"{name}.npy") for name in self.languages]
        self.test = self._dictionary(f"yacle.test.freq.2k.{pair}.tsv")

    def _export(self, path: Path) -> EmbeddingSpace:
        space = read_vectors(path)
        stem = self.folder / path.stem
        if not stem.with_suffix(".pkl").exists():
            write_vectors(stem.with_suffix(".vec"), space)
            write_vectors(stem.with_suffix(".npy"), space)
            # The format of the xling-eval programs; read by them alone.
            rows = {word: row for row, word in enumerate(space.words)}
            stem.with_suffix(".pkl").write_bytes(pickle.dumps(rows))
        return space

    def _dictionary(self, name: str) -> Any:
        return read_dictionary(self.xling / name, duplicates="keep")

    def train(self, size: str) -> Path:
        """Write the pairs in vocabulary, repeats kept, and return the file."""
        path = self.folder / f"{self.pair}.{size}.tsv"
        if not path.exists():
            given = self._dictionary(f"yacle.train.freq.{size}.{self.pair}.tsv")
            write_dictionary(path, lookup_pairs(given, *self.spaces, warn_below=0)[2].pairs)
        return path

    def figures(self, vectors: list[np.ndarray], size: str) -> list[float]:
        """P@1 in per cent: cosine all, unseen, CSLS all, unseen."""
        source, target = (
            space.with_vectors(rows) for space, rows in zip(self.spaces, vectors, strict=True)
        )
        train = self._dictionary(f"yacle.train.freq.{size}.{self.pair}.tsv")
        table = evaluate_bli(
            source, target, test_dictionary=self.test, train_dictionary=train, metric=("P@1", "MRR")
        )
        return [
            100 * table.loc[(retrieval, "pair", subset), "P@1"]
            for retrieval in ("cosine", "csls")
            for subset in ("all", "unseen")
        ]


def measured(command: list[str], cwd: Path | None = None, log: Path | None = None) -> dict:
    """Run a process with one BLAS thread; return its CPU seconds and peak memory."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with open(log or os.devnull, "w") as out:
        _, cpu, peak = run_child(command, cwd=cwd, env={**os.environ, **one}, stdout=out)
    return {"cpu_s": cpu, "peak_mib": peak}


def run_original(
    problem: Problem, case: Case, program: Path, folder: Path, seed: int
) -> tuple[list[np.ndarray], dict]:
    """Run an original unless its output is kept; return the mapped spaces and the costs."""
    folder.mkdir(parents=True, exist_ok=True)
    costs = folder / "costs.json"
    stems = [problem.folder / name for name in problem.languages]
    dictionary = str(problem.train(case.dictionary))
    if case.program == "xling":
        outputs = [folder / f"{problem.pair}.{name}.vectors" for name in problem.languages]
        if not costs.exists():
            command = [sys.executable, "map.py"]
            command += [str(stem.with_suffix(end)) for stem in stems for end in (".npy", ".pkl")]
            command += [str(folder), *case.options, "-d", dictionary]
            command += ["--lang_src", problem.languages[0], "--lang_trg", problem.languages[1]]
            costs.write_text(json.dumps(measured(command, program, folder / "log")))
        return [np.load(path) for path in outputs], json.loads(costs.read_text())
    outputs = [folder / f"{name}.vec" for name in problem.languages]
    if not costs.exists():
        command = [sys.executable, str(program / "map_embeddings.py")]
        command += [case.options[0], dictionary, *case.options[1:], "--seed", str(seed)]
        command += [str(stem.with_suffix(".vec")) for stem in stems]
        command += [*map(str, outputs), "--log", str(folder / "iterations.tsv")]
        report = measured(command)
        report["n_iter"] = len((folder / "iterations.tsv").read_text().splitlines())
        costs.write_text(json.dumps(report))
    return [read_vectors(path).vectors for path in outputs], json.loads(costs.read_text())


def overhead(problem: Problem, name: str, program: Path, folder: Path) -> float:
    """CPU seconds of an original's imports, reading and writing, run unless kept."""
    kept = folder / f"overhead-{name}-{problem.pair}.json"
    if not kept.exists():
        stems = [str(problem.folder / language) for language in problem.languages]
        command = [sys.executable, "-c", READ_AND_WRITE[name], *stems, str(folder / "scratch")]
        kept.write_text(json.dumps(measured(command, program)))
    return json.loads(kept.read_text())["cpu_s"]


def run_ours(
    problem: Problem, case: Case, name: str, options: argparse.Namespace, seed: int
) -> tuple[list[np.ndarray], dict]:
    """Do the same job in a process of our own; return the mapped spaces and the costs."""
    suffix = ".npy" if case.program == "xling" else ".vec"
    outputs = [problem.folder / f"ours-{language}{suffix}" for language in problem.languages]
    command = [sys.executable, __file__, "--fit", name]
    command += [str(number) for number in (options.cutoff, options.patience, seed)]
    command += [str((problem.folder / lang).with_suffix(suffix)) for lang in problem.languages]
    command += [str(problem.train(case.dictionary)), *map(str, outputs)]
    log = problem.folder / "ours.log"
    report = measured(command, log=log)
    n_iter, fit_s = log.read_text().split()
    report.update(n_iter=int(n_iter), fit_s=float(fit_s))
    return [read_vectors(path).vectors for path in outputs], report


def fit_ours(name: str, cutoff: str, patience: str, seed: str, *paths: str) -> None:
    """What the process of `run_ours` does, from files to files."""
    case = cases(int(cutoff), int(patience))[name]
    source, target = read_vectors(paths[0]), read_vectors(paths[1])
    dictionary = read_dictionary(paths[2], duplicates="keep")
    X, y, _ = lookup_pairs(dictionary, source, target)
    aligner = case.aligner(**case.parameters)
    if "self_learning" in case.parameters:
        aligner.set_params(random_state=int(seed))
    started = time.process_time()
    mapped = aligner.fit_transform_spaces(X, y, source, target)
    fit_s = time.process_time() - started
    precision = 6 if case.program == "vecmap" else None  # as many digits as the original
    for space, path in zip(mapped, paths[3:], strict=True):
        write_vectors(path, space, precision=precision)
    print(getattr(aligner, "n_iter_", 0), fit_s)


def main() -> None:
    """Run both programs on each pair and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=existing_folder, help="folder with spaces/ and xling/")
    parser.add_argument("--xling", type=existing_folder, required=True, help="code/ of a checkout")
    parser.add_argument("--vecmap", type=existing_folder, required=True, help="a checkout")
    parser.add_argument("--cache", type=Path, required=True, help="where the original's output is")
    parser.add_argument("--pairs", nargs="+", default=PAIRS)
    parser.add_argument(
        "--cases",
        nargs="+",
        choices=cases(1, 1),
        default=list(cases(1, 1))[:-1],
        help="only these, in their own section",
    )
    parser.add_argument("--length", action="store_true", help="also 30 iterations at 20,000 words")
    parser.add_argument("--cutoff", type=int, default=3000, help="words in self-learning")
    parser.add_argument("--patience", type=int, default=5, help="patience in self-learning")
    parser.add_argument("--seeds", type=int, default=3, help="runs of self-learning, averaged")
    options = parser.parse_args()
    known = cases(options.cutoff, options.patience)
    files = options.cache / "files"
    files.mkdir(parents=True, exist_ok=True)

    rows = [
        "| pair | system | program | cos all | cos unseen | CSLS all | CSLS unseen | CPU s "
        "| fitting | peak MiB | iterations |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for pair in options.pairs:
        problem = Problem(options.data, pair, files)
        for name in options.cases:
            rows += compare(problem, known[name], name, options)
    if options.length:
        problem = Problem(options.data, options.pairs[0], files)
        rows += compare(problem, known["length"], "length", options)
    part = [*options.pairs, *options.cases] if options.cases != list(known)[:-1] else []
    update_section(
        ", ".join(["PROC and VecMap against the originals", *part]),
        f"One BLAS thread. Self-learning (sl) from 500 and 5k pairs: both sides shortened to "
        f"{options.cutoff} words and a patience of {options.patience}; means of {options.seeds} "
        "seeds. CPU seconds and peaks of whole processes, from vector files to vector files; "
        "*fitting* is the part that fits and maps. A peak of 440 MiB or less may be that of the "
        "measuring process, from which a child starts.\n\n" + "\n".join(rows),
    )


def compare(problem: Problem, case: Case, name: str, options: argparse.Namespace) -> list[str]:
    """Run both programs on one case, for each seed; return two rows of the table."""
    seeds = range(options.seeds) if name.startswith("self") else range(1)
    settings = f"-{options.cutoff}-{options.patience}" * name.startswith("self")
    program = (options.xling if case.program == "xling" else options.vecmap).resolve()
    besides = overhead(problem, case.program, program, options.cache.resolve())
    found: dict[str, list[tuple[list[float], dict]]] = {"original": [], "ours": []}
    for seed in seeds:
        kept = options.cache / f"{name}{settings}-{problem.pair}{f'-seed{seed}' * (seed > 0)}"
        vectors, costs = run_original(problem, case, program, kept.resolve(), seed)
        costs["fit_s"] = costs["cpu_s"] - besides
        found["original"].append((problem.figures(vectors, case.dictionary), costs))
        vectors, costs = run_ours(problem, case, name, options, seed)
        found["ours"].append((problem.figures(vectors, case.dictionary), costs))
    return [_row(problem.pair, case.title, whose, runs) for whose, runs in found.items()]


def _row(pair: str, title: str, whose: str, runs: list[tuple[list[float], dict]]) -> str:
    numbers = " | ".join(f"{figure:.1f}" for figure in np.mean([run[0] for run in runs], axis=0))
    costs = {key: np.mean([run[1].get(key, 0) for run in runs]) for key in ("n_iter", *runs[0][1])}
    row = (
        f"| {pair} | {title} | {whose} | {numbers} | {costs['cpu_s']:.1f} "
        f"| {costs['fit_s']:.1f} | {costs['peak_mib']:.0f} "
        f"| {round(costs['n_iter']) if costs['n_iter'] else '–'} |"
    )
    print(row, file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_ours(*sys.argv[2:])
    else:
        main()
