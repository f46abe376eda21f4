"""Align two embedding spaces from a dictionary of known pairs, as scikit-learn estimators."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sklearn_instamap._version import __version__

if TYPE_CHECKING:
    from sklearn_instamap._batches import transform_batches
    from sklearn_instamap._discovery import all_estimators
    from sklearn_instamap._models import load
    from sklearn_instamap._space import EmbeddingSpace
    from sklearn_instamap._steps import TwoSidedTransformer
    from sklearn_instamap.instamap._aligner import InstaMapAligner
    from sklearn_instamap.instamap._aligner_cv import InstaMapAlignerCV
    from sklearn_instamap.instamap._centering import SpaceCentering
    from sklearn_instamap.instamap._rotation import KabschRotation
    from sklearn_instamap.instamap._translation import InstanceTranslator
    from sklearn_instamap.pipeline import AlignerPipeline, make_aligner_pipeline

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

# Where each name is. It is imported when it is asked for: the command line shows its help, and a
# program that only needs `io` starts, without scikit-learn.
_HOMES = {
    "AlignerPipeline": "pipeline",
    "EmbeddingSpace": "_space",
    "InstaMapAligner": "instamap._aligner",
    "InstaMapAlignerCV": "instamap._aligner_cv",
    "InstanceTranslator": "instamap._translation",
    "KabschRotation": "instamap._rotation",
    "SpaceCentering": "instamap._centering",
    "TwoSidedTransformer": "_steps",
    "all_estimators": "_discovery",
    "load": "_models",
    "make_aligner_pipeline": "pipeline",
    "transform_batches": "_batches",
}


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
