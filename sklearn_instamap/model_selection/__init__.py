"""Splitting a dictionary so that no word of a test pair is in the training pairs."""

from sklearn_instamap.model_selection._split import WordDisjointHoldout, WordDisjointKFold
from sklearn_instamap.model_selection._word_groups import dictionary_groups

__all__ = ["WordDisjointHoldout", "WordDisjointKFold", "dictionary_groups"]
