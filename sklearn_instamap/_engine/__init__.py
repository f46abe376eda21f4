"""Exact nearest neighbours by cosine: numbers in, numbers out."""

from ._csls import csls_means
from ._mutual import mutual_nearest_neighbors
from ._nearest import nearest
from ._rank import count_better
from ._rows import map_rows, weighted_sum
from ._topk import top_k

__all__ = [
    "count_better",
    "csls_means",
    "map_rows",
    "mutual_nearest_neighbors",
    "nearest",
    "top_k",
    "weighted_sum",
]
