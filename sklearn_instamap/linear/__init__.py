"""The systems InstaMap is compared with, as aligners with the same contract."""

from sklearn_instamap.baselines._bliss import BLISSAligner
from sklearn_instamap.baselines._contrastive import ContrastiveAligner
from sklearn_instamap.baselines._identical import identical_spelling_pairs
from sklearn_instamap.baselines._procrustes import ProcrustesAligner
from sklearn_instamap.baselines._rcsls import RCSLSAligner
from sklearn_instamap.baselines._vecmap import VecMapAligner

__all__ = [
    "BLISSAligner",
    "ContrastiveAligner",
    "ProcrustesAligner",
    "RCSLSAligner",
    "VecMapAligner",
    "identical_spelling_pairs",
]
