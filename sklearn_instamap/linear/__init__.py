"""The systems InstaMap is compared with, as aligners with the same contract."""

from sklearn_instamap.linear._affine import LowRankAligner, RidgeAligner, ScaledProcrustesAligner
from sklearn_instamap.linear._bliss import BLISSAligner
from sklearn_instamap.linear._contrastive import ContrastiveAligner
from sklearn_instamap.linear._identical import identical_spelling_pairs
from sklearn_instamap.linear._procrustes import ProcrustesAligner
from sklearn_instamap.linear._rcsls import RCSLSAligner
from sklearn_instamap.linear._vecmap import VecMapAligner

__all__ = [
    "BLISSAligner",
    "ContrastiveAligner",
    "LowRankAligner",
    "ProcrustesAligner",
    "RCSLSAligner",
    "RidgeAligner",
    "ScaledProcrustesAligner",
    "VecMapAligner",
    "identical_spelling_pairs",
]
