"""Figures of the paper and of benchmarks, as scikit-learn Displays (needs matplotlib)."""

from sklearn_instamap.plotting._dictionary_size import DictionarySizeDisplay
from sklearn_instamap.plotting._feature_importance import FeatureImportanceDisplay
from sklearn_instamap.plotting._iteration_curve import IterationCurveDisplay
from sklearn_instamap.plotting._method_comparison import MethodComparisonDisplay
from sklearn_instamap.plotting._neighbor_curve import NeighborCurveDisplay
from sklearn_instamap.plotting._probabilities import ReliabilityDisplay, RiskCoverageDisplay
from sklearn_instamap.plotting._space_map import SpaceMapDisplay

__all__ = [
    "DictionarySizeDisplay",
    "FeatureImportanceDisplay",
    "IterationCurveDisplay",
    "MethodComparisonDisplay",
    "NeighborCurveDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "SpaceMapDisplay",
]
