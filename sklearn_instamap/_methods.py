"""Methods by their names, for the command line and for the benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.instamap._rotation import KabschRotation
from sklearn_instamap.linear import (
    BLISSAligner,
    ContrastiveAligner,
    ProcrustesAligner,
    RCSLSAligner,
    VecMapAligner,
)
from sklearn_instamap.pipeline import make_aligner_pipeline

_BASES: dict[str, Callable[[], Any]] = {
    "rotation": KabschRotation,
    "procrustes": ProcrustesAligner,
    "vecmap": VecMapAligner,
    "rcsls": RCSLSAligner,
    "bliss": BLISSAligner,
    "contrastive": ContrastiveAligner,
}
ON_TOP = "im-"

METHODS = (
    "instamap",
    *_BASES,
    *(f"{ON_TOP}{base}" for base in _BASES if base != "rotation"),
)


def method_steps(method: str, instamap: Mapping[str, Any]) -> list[Any]:
    """Return the unfitted aligners of a method, in order.

    Parameters
    ----------
    method : str
        One of `METHODS`; ``im-NAME`` is InstaMap on top of ``NAME``.
    instamap : mapping
        Parameters of :class:`InstaMapAligner`, where the method ends in one.

    Returns
    -------
    list of aligners
        One or two.
    """
    base = method.removeprefix(ON_TOP)
    below = [] if method == "instamap" else [_BASES[base]()]
    on_top = base != method or method == "instamap"
    return below + ([InstaMapAligner(**instamap)] if on_top else [])


def chain(steps: list[Any]) -> Any:
    """Return one step as it is, several as a pipeline."""
    return steps[0] if len(steps) == 1 else make_aligner_pipeline(*steps)


def set_everywhere(aligner: Any, **parameters: Any) -> None:
    """Set parameters of every step that has them, such as ``n_jobs`` or ``random_state``."""
    for parameter in aligner.get_params():
        name = parameter.rpartition("__")[2]
        if name in parameters:
            aligner.set_params(**{parameter: parameters[name]})
