"""Whole lexicons with probabilities: a ranker over aligned spaces, and what is made with it."""

from sklearn_instamap.lexicon._expanded_dictionary import expand_dictionary
from sklearn_instamap.lexicon._lexicon import induce_lexicon
from sklearn_instamap.lexicon._ranker import LexiconRanker

__all__ = ["LexiconRanker", "expand_dictionary", "induce_lexicon"]
