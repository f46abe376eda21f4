"""Align two embedding spaces from a dictionary of known pairs, as scikit-learn estimators."""

from sklearn_instamap._batches import transform_batches
from sklearn_instamap._discovery import all_estimators
from sklearn_instamap._models import load
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._version import __version__
from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.instamap._aligner_cv import InstaMapAlignerCV
from sklearn_instamap.instamap._centering import SpaceCentering
from sklearn_instamap.instamap._rotation import KabschRotation
from sklearn_instamap.instamap._translation import InstanceTranslator
from sklearn_instamap.pipeline import AlignerPipeline, TwoSidedTransformer, make_aligner_pipeline

__all__ = [
    "AlignerPipeline",
    "EmbeddingSpace",
    "InstaMapAligner",
    "InstaMapAlignerCV",
    "InstanceTranslator",
    "KabschRotation",
    "SpaceCentering",
    "TwoSidedTransformer",
    "__version__",
    "all_estimators",
    "load",
    "make_aligner_pipeline",
    "transform_batches",
]
