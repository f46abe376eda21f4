"""Whole lexicons with probabilities: a ranker over aligned spaces, and what is made with it."""

from sklearn_instamap.lexicon._lexicon import induce_lexicon
from sklearn_instamap.lexicon._ranker import LexiconRanker

__all__ = ["LexiconRanker", "induce_lexicon"]
