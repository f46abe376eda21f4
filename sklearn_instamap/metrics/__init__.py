"""Evaluation by bilingual lexicon induction: ranks, averages over them, a scorer, look-up."""

from sklearn_instamap.metrics._evaluation import evaluate_bli
from sklearn_instamap.metrics._pairs import unseen_pairs
from sklearn_instamap.metrics._ranks import (
    best_ranks_per_word,
    mean_reciprocal_rank,
    precision_at_k,
    translation_ranks,
)
from sklearn_instamap.metrics._scorer import make_bli_scorer
from sklearn_instamap.metrics._translate import translate

__all__ = [
    "best_ranks_per_word",
    "evaluate_bli",
    "make_bli_scorer",
    "mean_reciprocal_rank",
    "precision_at_k",
    "translate",
    "translation_ranks",
    "unseen_pairs",
]
