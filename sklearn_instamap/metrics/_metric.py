"""Figures by their names: ``"P@1"``, ``"recall@10"``, ``"MRR"``."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._check import invalid, several
from sklearn_instamap.metrics._ranks import mean_reciprocal_rank, precision_at_k

# What is reported unless other figures are asked for.
METRICS = ("P@1", "P@5", "P@10", "MRR")


def metric_cutoff(metric: Any) -> int | None:
    """Return the k of ``"P@k"`` or ``"recall@k"``, None for ``"MRR"``; refuse other names.

    With one right answer to each query, precision at k as the field has it is recall.
    """
    if isinstance(metric, str):
        if metric == "MRR":
            return None
        if match := re.fullmatch(r"(?:P|recall)@([1-9][0-9]*)", metric):
            return int(match[1])
    raise invalid("metric", "'MRR', 'P@k' or 'recall@k', such as 'recall@10'", metric)


def check_metrics(metric: Any) -> list[str]:
    """Check one name of a figure or several, and return them without repetition."""
    metrics = several(metric)
    for each in metrics:
        metric_cutoff(each)
    if not metrics:
        raise ValueError("metric is empty; name at least one, such as 'P@1'.")
    return list(dict.fromkeys(metrics))


def figure_of_ranks(metric: str, ranks: NDArray[np.intp]) -> float:
    """Return a figure over ranks; nan over none."""
    if not len(ranks):
        return np.nan
    k = metric_cutoff(metric)
    return mean_reciprocal_rank(ranks) if k is None else precision_at_k(ranks, k)
