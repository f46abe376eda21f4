"""What more epochs of BLISS give and take: P@1 along one run of the original's length.

Run: python benchmarks/bliss_epochs.py DATA CACHE [--pair de-tr] [--epochs 200]

DATA holds ``spaces/`` and ``xling/``. One run serves for every number of epochs, as the first *e*
epochs of a longer one are those of ``BLISSAligner(n_epochs=e)`` with the same seed; it takes
about two hours of a core. The maps of all epochs go to the folder CACHE, and a later call shows
those which it finds there.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _measure import existing_folder, markdown_table, need, update_section
from systems import load

from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import BLISSAligner
from sklearn_instamap.metrics import evaluate_bli

SHOWN = (0, 1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200)


class RecordedBLISS(BLISSAligner):
    """BLISSAligner that leaves the map of every epoch in a folder."""

    folder: Path

    def _selection_score(self, mapping: Any, source: Any, target: Any) -> float:
        score = super()._selection_score(mapping, source, target)
        epoch = len(list(self.folder.glob("*.npz"))) + 1
        unfinished = self.folder / "unfinished"
        with unfinished.open("wb") as file:
            np.savez(file, mapping=mapping, score=score, cpu_seconds=time.process_time())
        unfinished.rename(self.folder / f"{epoch:03}.npz")
        return score


class ReplayedBLISS(BLISSAligner):
    """BLISSAligner that takes its epochs, if any, from such a folder instead of training."""

    folder: Path

    def _train(self, torch: Any, source: Any, target: Any, pairs: Any) -> tuple[Any, float]:
        if not self.n_epochs:
            return super()._train(torch, source, target, pairs)
        recorded = sorted(self.folder.glob("*.npz"))[: self.n_epochs]
        scores = [float(np.load(path)["score"]) for path in recorded]
        self.best_epoch_ = int(np.argmax(scores)) + 1
        return np.load(recorded[self.best_epoch_ - 1])["mapping"], max(scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pair", default="de-tr")
    parser.add_argument("--epochs", type=int, default=200)
    arguments = parser.parse_args()
    need("torch")
    folder = arguments.cache / arguments.pair
    folder.mkdir(parents=True, exist_ok=True)
    source, target, train, test = load(arguments.data, arguments.pair)
    X, y, _ = lookup_pairs(train, source, target, warn_below=0)
    if not list(folder.glob("*.npz")):
        training = RecordedBLISS(arguments.epochs, n_refinements=0, random_state=0)
        training.folder = folder
        training.fit(X, y, source_space=source, target_space=target)
    recorded = sorted(folder.glob("*.npz"))

    def figures(n_epochs: int, n_refinements: int) -> tuple[BLISSAligner, str]:
        aligner = ReplayedBLISS(n_epochs, n_refinements=n_refinements, random_state=0)
        aligner.folder = folder
        mapped = aligner.fit_transform_spaces(X, y, source, target)
        table = evaluate_bli(
            *mapped, test_dictionary=test, train_dictionary=train, metric=("P@1", "MRR")
        )
        return aligner, " / ".join(f"{100 * value:.1f}" for value in table["P@1"])

    rows: list[dict[str, object]] = []
    for n_epochs in (n for n in SHOWN if n <= len(recorded)):
        aligner, plain = figures(n_epochs, 0)
        refining, refined = figures(n_epochs, BLISSAligner().n_refinements)
        seconds = np.load(recorded[n_epochs - 1])["cpu_seconds"] if n_epochs else 0
        rows.append(
            {
                "epochs": n_epochs,
                "epoch kept": aligner.best_epoch_,
                "P@1 of its map": plain,
                "refinements": refining.n_refinements_,
                "P@1 refined": refined,
                "CPU s": f"{seconds:.0f}",
            }
        )
        print(rows[-1], flush=True)
    update_section(
        f"BLISS by epochs, {arguments.pair}",
        f"{arguments.pair}, {source.n_words} words a side, 5k dictionary, seed 0, one thread, "
        f"{len(recorded)} epochs of the original's 200. The map kept is that of the epoch with the "
        "best unsupervised score; refinements start from it. P@1: cosine all / unseen, CSLS all / "
        "unseen. CPU seconds are those of the epochs, on a machine with other work.\n\n"
        + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
