"""Compare BLISSAligner with the original program, BLISS of Patra et al. (2019).

Both read the same text spaces and dictionary pairs and train for the same number of epochs with
the settings of the program's own configuration. The original, which needs faiss, runs from a copy
in its own process, on the CPU; its output is cached, so that only our side runs again. Writes a
table of RESULTS.md:

    python benchmarks/parity_bliss.py SHARED/data BLISS --cache FOLDER --epochs 3

P@1 is a percentage of the test pairs, over the whole target vocabulary; *unseen* are the pairs
neither word of which is in the training dictionary. CPU seconds and peak memory are those of
the whole processes, reading included; the original also evaluates itself after each epoch.
Training is random, and Procrustes on induced pairs amplifies it: ``--unrefined`` compares the
maps before that. The costs of the original include its refinements in either case.
"""

from __future__ import annotations

import json
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
from sklearn.preprocessing import normalize

from sklearn_instamap.io import read_vectors
from sklearn_instamap.linear import BLISSAligner

# The configuration is JSON, which is YAML too; so the program needs no YAML library.
YAML = """\
import json

def load(file):
    return json.load(file)

def dump(data, stream, default_flow_style):
    json.dump(data, stream)
"""


def configuration(problem: Problem, epochs: int) -> dict:
    """The program's own config.yaml, for this pair and number of epochs."""
    languages = [
        {"name": language, "filename": f"{language}.vec"}
        for language in (problem.source, problem.target)
    ]
    return {
        "data_params": {
            "data_dir": "./muse_data/",
            "languages": languages,
            "mean_center": False,
            "mode": "rand",
            "output_dir": "./output",
            "supervised": {"fname": "train.txt", "max_freq": -1},
            "unit_norm": True,
            "unsupervised": True,
        },
        "discriminator_params": {
            "dropout_prob": 0.1,
            "embed_dim": 300,
            "hidden_dim": 2048,
            "max_freq": 75000,
        },
        "gan_params": {"src": problem.source, "tgt": problem.target},
        "generator_params": {"embed_dim": 300, "init": "eye"},
        "train_params": {
            "batch_sz": 32,
            "epochs": epochs,
            "eval_batches": 500,
            "factor": {"ortho": 1.0, "sup": 1.0, "unsup": 1.0},
            "iters_per_epoch": 5000,
            "k": 10,
            "log_after": 500,
            "lr_decay": 0.98,
            "lr_local_dk": 0.5,
            "num_disc_rounds": 5,
            "num_gen_rounds": 1,
            # It takes that many first words and fails where there are fewer.
            "num_nbrs": min(len(words) for words in problem.words.values()),
            "num_supervised_rounds": 1,
            "opt": "SGD",
            "opt_params": {"lr": 0.1},
            "ortho_params": {"ortho_type": "none"},
            "orthogonal": "auto_loss",
            "patience": 2,
            "procrustes_dict_size": 0,
            "procrustes_iters": 3,
            "procrustes_tgt_rank": 15000,
            "procrustes_thresh": 0.0,
            "smoothing": 0.1,
            "eval_metric": "unsupervised",
            "sup_opt": "SGD",
            "supervised_method": "rcsls",
        },
    }


def run_original(problem: Problem, program: Path, cache: Path, epochs: int, seed: int) -> dict:
    """Run the program on the CPU and return its best map, selection scores and costs."""
    import torch

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "BLISS"
        patched_copy(program, folder, {}, {"yaml": YAML})
        dictionaries = folder / "muse_data" / "crosslingual" / "dictionaries"
        dictionaries.mkdir(parents=True)
        problem.export(cache)
        test = f"{problem.pair}.5000-6500.txt"
        for file, rows in (("train.txt", problem.train), (test, problem.test)):
            write_pairs(problem, rows, dictionaries / file, " ")
        for language in (problem.source, problem.target):
            vectors = (cache / f"{language}.vec").resolve()
            (folder / "muse_data" / f"{language}.vec").symlink_to(vectors)
        config = json.dumps(configuration(problem, epochs))
        (folder / "config.json").write_text(config, encoding="utf-8")
        command = [sys.executable, "-m", "bliss.main", "--config_file", "config.json"]
        command += ["--seed", str(seed), "--num_threads", "1", "--log", "INFO"]
        log = cache / f"bliss-{problem.pair}-{epochs}-{seed}.log"
        costs = run_measured(command, folder, log)
        best = folder / "output" / "run-0" / "best_model"
        weights = []
        for checkpoint in ("checkpoint.pth.tar", "procrustes-checkpoint.pth.tar"):
            # A refinement is saved only where it beats every epoch.
            if (best / checkpoint).exists():
                state = torch.load(best / checkpoint, weights_only=False)
                weights.append(state["gen_params"]["transform.weight"].numpy())
        found = re.findall(r"Unsupervised: ([0-9.]+)", log.read_text(encoding="utf-8"))
    arrays = {
        "unrefined": weights[0],
        "refined": weights[-1],
        "scores": np.array(found[:epochs], dtype=float),
    }
    return {"arrays": arrays, "costs": costs}


def fit_ours(
    pair: str, output: str, data: str, cache: str, epochs: str, refinements: str, seed: str
) -> None:
    """What the process of `run_ours` does."""
    problem = Problem(Path(data), pair)
    source, target = (
        read_vectors(Path(cache) / f"{language}.vec")
        for language in (problem.source, problem.target)
    )
    aligner = BLISSAligner(
        n_epochs=int(epochs), n_refinements=int(refinements), random_state=int(seed)
    ).fit(
        source.vectors[problem.train[:, 0]],
        target.vectors[problem.train[:, 1]],
        source_space=source,
        target_space=target,
    )
    np.savez(
        output,
        source=aligner.transform(source.vectors),
        target=aligner.transform_target(target.vectors),
        scores=aligner.selection_history_,
    )


def main() -> None:
    """Run both programs on each pair and print the table."""
    parser = arguments(__doc__, "a checkout of BLISS")
    parser.add_argument("--epochs", type=int, default=10, help="of both; the original's are 200")
    parser.add_argument("--seeds", type=int, default=2, help="runs of both, averaged")
    parser.add_argument("--unrefined", action="store_true", help="leave Procrustes out at the end")
    options = parser.parse_args()
    need("torch")
    name, refinements = ("unrefined", 0) if options.unrefined else ("refined", 3)
    options.cache.mkdir(parents=True, exist_ok=True)

    rows = [HEADER]
    for pair in options.pairs:
        problem = Problem(options.data, pair)
        problem.export(options.cache)
        runs: dict[str, list] = {"BLISS": [], "ours": []}
        for seed in range(1, options.seeds + 1):
            original = cached(
                options.cache / f"bliss-{pair}-{options.epochs}{f'-seed{seed}' * (seed > 1)}",
                lambda problem=problem, seed=seed: run_original(
                    problem, options.program, options.cache, options.epochs, seed
                ),
            )
            mapped = normalize(problem.vectors[problem.source]) @ original[name].T
            both = {**original, "source": mapped, "target": problem.vectors[problem.target]}
            runs["BLISS"].append(both)
            settings = (options.epochs, refinements, seed)
            ours = run_ours(__file__, problem, options.data, options.cache, *settings)
            runs["ours"].append(ours)
            scores = [np.round(run["scores"], 4).tolist() for run in (original, ours)]
            print(f"{pair}: selection scores {scores[0]}, ours {scores[1]}", file=sys.stderr)
        rows += [print_row(problem, program, found) for program, found in runs.items()]
    update_section(
        f"BLISS against the original, {name}",
        f"{options.epochs} of 200 epochs on both sides, Procrustes refinements: {refinements}; all "
        f"else as the program is configured; means of {options.seeds} seeds. CPU seconds and peaks "
        "of whole processes, one thread.\n\n" + "\n".join(rows),
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_ours(*sys.argv[2:])
    else:
        main()
