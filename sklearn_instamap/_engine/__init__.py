"""Exact nearest neighbors by cosine: numbers in, numbers out."""

from ._csls import csls_means
from ._log_sums import log_sums
from ._mutual import mutual_nearest_neighbors, mutual_pairs, nearest
from ._products import best_orthogonal_map, cross_covariance, map_rows, weighted_sum
from ._rank import count_better
from ._topk import top_k
from ._topk_both import top_k_both

__all__ = [
    "best_orthogonal_map",
    "count_better",
    "cross_covariance",
    "csls_means",
    "log_sums",
    "map_rows",
    "mutual_nearest_neighbors",
    "mutual_pairs",
    "nearest",
    "top_k",
    "top_k_both",
    "weighted_sum",
]
