"""Align two embedding spaces from a dictionary of known pairs, as scikit-learn estimators."""

from sklearn_instamap._version import __version__

__all__ = ["__version__"]
