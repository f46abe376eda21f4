"""Evaluation by bilingual lexicon induction: ranks, averages, a scorer, look-up, significance."""

from sklearn_instamap.metrics._comparison import compare_methods
from sklearn_instamap.metrics._evaluation import evaluate_bli
from sklearn_instamap.metrics._hubness import (
    HubnessReport,
    hubness_report,
    hubness_skewness,
    k_occurrence,
)
from sklearn_instamap.metrics._intervals import confidence_interval
from sklearn_instamap.metrics._isomorphism import (
    eigenvector_similarity,
    gromov_hausdorff,
    relational_similarity,
)
from sklearn_instamap.metrics._overlap import OverlapReport, dictionary_overlap
from sklearn_instamap.metrics._pairs import unseen_pairs
from sklearn_instamap.metrics._ranks import (
    best_ranks_per_word,
    mean_reciprocal_rank,
    precision_at_k,
    translation_ranks,
)
from sklearn_instamap.metrics._retrieval import Retrieval
from sklearn_instamap.metrics._scorer import make_bli_scorer
from sklearn_instamap.metrics._search_quality import evaluate_retrieval
from sklearn_instamap.metrics._significance import ShufflingTestResult, shuffling_test
from sklearn_instamap.metrics._translations import translate

__all__ = [
    "HubnessReport",
    "OverlapReport",
    "Retrieval",
    "ShufflingTestResult",
    "best_ranks_per_word",
    "compare_methods",
    "confidence_interval",
    "dictionary_overlap",
    "eigenvector_similarity",
    "evaluate_bli",
    "evaluate_retrieval",
    "gromov_hausdorff",
    "hubness_report",
    "hubness_skewness",
    "k_occurrence",
    "make_bli_scorer",
    "mean_reciprocal_rank",
    "precision_at_k",
    "relational_similarity",
    "shuffling_test",
    "translate",
    "translation_ranks",
    "unseen_pairs",
]
