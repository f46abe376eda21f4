"""Compare ContrastiveAligner with the original program, C1/ of ContrastiveBLI.

Both read the same text spaces and dictionary pairs and take the same number of steps in each of
their two rounds. The original runs from a patched copy in its own process, on the CPU; its
output is cached, so that only our side runs again. Writes a table of RESULTS.md:

    python benchmarks/parity_contrastive.py SHARED/data CONTRASTIVEBLI/C1 --cache FOLDER

P@1 is a percentage of the test pairs, over the whole target vocabulary; *unseen* are the pairs
neither word of which is in the training dictionary. CPU seconds and peak memory are those of
the whole processes, reading included.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from _measure import need, update_section
from _originals import (
    HEADER,
    arguments,
    cached,
    patched_copy,
    print_row,
    run_measured,
    run_ours,
    write_pairs,
)
from _problem import Problem

from sklearn_instamap.io import read_vectors
from sklearn_instamap.linear import ContrastiveAligner

# The settings for 5k dictionaries are written in the program; clip_grad_norm is no longer in
# PyTorch under that name; every loss is printed, to be compared; and the program does not
# evaluate itself before each round, which would take longer than some steps.
PATCHES = {
    "args.print_every = 1000000": "args.print_every = 1",
    "clip_grad_norm(": "clip_grad_norm_(",
    "if epoch ==0:": "if False:",
}


def run_original(problem: Problem, program: Path, cache: Path, steps: int) -> dict:
    """Run the program on the CPU and return its mapped spaces, losses and costs."""
    need("torch")
    import torch

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "C1"
        patches = {**PATCHES, "args.num_steps = 200": f"args.num_steps = {steps - 1}"}
        patched_copy(program, folder, {"src/main.py": patches}, {"tqdm": ""})
        (folder / "5kC1").mkdir()
        problem.export(cache)
        for kind, rows in (("train", problem.train), ("test", problem.test)):
            write_pairs(problem, rows, folder / f"{kind}.tsv", "\t")
        command = [sys.executable, "-u", "src/main.py", "--cpu", "--train_size", "5k"]
        command += ["--l1", problem.source, "--l2", problem.target]
        command += ["--emb_src_dir", (cache / f"{problem.source}.vec").resolve()]
        command += ["--emb_tgt_dir", (cache / f"{problem.target}.vec").resolve()]
        command += ["--train_dict_dir", "train.tsv", "--test_dict_dir", "test.tsv"]
        command += ["--save_dir", f"{folder}/"]
        log = cache / f"c1-{problem.pair}-{steps - 1}.log"
        costs = run_measured(command, folder, log)
        found = re.findall(r"train\|loss ([0-9.]+)", log.read_text(encoding="utf-8"))
        arrays = {"losses": np.array(found, dtype=float)}
        stem = f"{problem.source}2{problem.target}"
        for side, language in (("source", problem.source), ("target", problem.target)):
            words = np.load(folder / "5kC1" / f"{stem}_{language}_voc.npy", allow_pickle=True)
            if list(words.item()) != problem.words[language]:
                raise SystemExit(f"{problem.pair}: the program did not read every {language} word.")
            arrays[side] = torch.load(folder / "5kC1" / f"{stem}_{language}_emb.pt").numpy()
    return {"arrays": arrays, "costs": costs}


def fit_ours(pair: str, output: str, data: str, cache: str, steps: str) -> None:
    """What the process of `run_ours` does."""
    problem = Problem(Path(data), pair)
    source, target = (
        read_vectors(Path(cache) / f"{language}.vec")
        for language in (problem.source, problem.target)
    )
    aligner = ContrastiveAligner(n_steps=int(steps)).fit(
        source.vectors[problem.train[:, 0]],
        target.vectors[problem.train[:, 1]],
        source_space=source,
        target_space=target,
    )
    np.savez(
        output,
        source=aligner.transform(source.vectors),
        target=aligner.transform_target(target.vectors),
        losses=aligner.loss_history_.ravel(),
    )


def main() -> None:
    """Run both programs on each pair and print the table."""
    parser = arguments(__doc__, "C1/ of a ContrastiveBLI checkout")
    parser.add_argument("--steps", type=int, default=201, help="of both, in each round")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)

    rows, apart = [HEADER], 0.0
    for pair in options.pairs:
        problem = Problem(options.data, pair)
        problem.export(options.cache)
        original = cached(
            options.cache / f"c1-{pair}-{options.steps - 1}",
            lambda problem=problem: run_original(
                problem, options.program, options.cache, options.steps
            ),
        )
        rows.append(print_row(problem, f"ContrastiveBLI C1, 2 x {options.steps} steps", [original]))
        ours = run_ours(__file__, problem, options.data, options.cache, options.steps)
        rows.append(print_row(problem, f"ours, 2 x {options.steps} steps", [ours]))
        apart = max(apart, np.abs(original["losses"] - ours["losses"]).max())
    update_section(
        "ContrastiveBLI C1 against the original",
        f"{options.steps} of 201 steps in each of the two rounds, on both sides; all else as the "
        f"program is set for 5k dictionaries. Losses at most {apart:.0e} apart. CPU seconds and "
        "peaks of whole processes, one thread.\n\n" + "\n".join(rows),
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_ours(*sys.argv[2:])
    else:
        main()
