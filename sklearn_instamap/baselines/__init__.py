"""The systems InstaMap is compared with, as aligners with the same contract."""

from sklearn_instamap.baselines._identical import identical_spelling_pairs
from sklearn_instamap.baselines._procrustes import ProcrustesAligner
from sklearn_instamap.baselines._vecmap import VecMapAligner

__all__ = ["ProcrustesAligner", "VecMapAligner", "identical_spelling_pairs"]
