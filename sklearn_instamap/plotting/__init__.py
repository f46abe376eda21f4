"""Figures of the paper, as scikit-learn Displays (needs matplotlib)."""

from sklearn_instamap.plotting._neighbor_curve import NeighborCurveDisplay
from sklearn_instamap.plotting._space_map import SpaceMapDisplay

__all__ = ["NeighborCurveDisplay", "SpaceMapDisplay"]
