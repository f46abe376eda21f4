"""Methods of a benchmark: by the names papers give them, or estimators of one's own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sklearn_instamap._methods import chain, method_steps, set_everywhere
from sklearn_instamap.benchmark._yaml import read_methods
from sklearn_instamap.instamap._aligner import PRESETS

MethodsLike: TypeAlias = "str | os.PathLike[str] | Sequence[str] | Mapping[str, Any]"

_YAML_SUFFIXES = (".yaml", ".yml")
_MIDPOINT = dict(PRESETS["midpoint"])

# As tables name them: the name on the command line, and parameters of the method's last step.
_NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "PROC": ("procrustes", {}),
    "PROC-B": ("procrustes", {"bootstrap": True}),
    "VecMap": ("vecmap", {}),
    "VecMap (self-learning)": ("vecmap", {"self_learning": True}),
    "RCSLS": ("rcsls", {}),
    "BLISS": ("bliss", {}),
    "C1": ("contrastive", {}),
    "InstaMap": ("instamap", {}),
    "InstaMap (midpoint)": ("instamap", _MIDPOINT),
    "IM∘PROC": ("im-procrustes", {}),
    "IM∘VM": ("im-vecmap", {}),
    "IM∘VM (midpoint)": ("im-vecmap", _MIDPOINT),
    "IM∘RCSLS": ("im-rcsls", {}),
    "IM∘BLISS": ("im-bliss", {}),
    "IM∘C1": ("im-contrastive", {}),
    "rotation": ("rotation", {}),
}

METHOD_NAMES = tuple(_NAMED)


def _plain(name: str) -> str:
    """Return a name in ASCII: ``IM∘VM (midpoint)`` is ``im-vm-midpoint``."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


# "IM∘VM" is also im-vm and im-vecmap, its variant also im-vecmap-midpoint.
_BY_PLAIN_NAME = {_plain(name): name for name in _NAMED}
for _name, (_command, _) in _NAMED.items():
    _variant = _name.partition("(")[2]
    _BY_PLAIN_NAME.setdefault(_plain(f"{_command} {_variant}"), _name)


def choose_methods(methods: MethodsLike) -> dict[str, Any]:
    """Return the unfitted estimators of a benchmark by their names in tables.

    Parameters
    ----------
    methods : sequence of str, mapping of str to estimator, or path
        One name or several, in any spelling; estimators by name; or a YAML file of them
        (:func:`read_methods`), a text being taken for one if it ends in .yaml or .yml.

    Returns
    -------
    dict of str to estimator
        In the order given.

    Raises
    ------
    ValueError
        If a name is unknown or stands twice, or there is none.
    """
    if isinstance(methods, str) and not methods.endswith(_YAML_SUFFIXES):
        methods = [methods]
    if isinstance(methods, str | os.PathLike):
        chosen = read_methods(methods, named_method)
    elif isinstance(methods, Mapping):
        chosen = {name: _checked_estimator(name, value) for name, value in methods.items()}
    else:
        found = [find_method(name) for name in methods]
        chosen = {name: named_method(name) for name in found}
        if len(chosen) < len(found):
            twice = next(name for name in found if found.count(name) > 1)
            raise ValueError(f"methods name {twice} twice; name each once.")
    if not chosen:
        raise ValueError("methods is empty; name at least one.")
    return chosen


def find_method(name: str) -> str:
    """Return the name of a method in tables, from any spelling of it."""
    if not isinstance(name, str):
        raise TypeError(
            f"methods must be names; got {name!r} (pass estimators as a mapping of names to them)."
        )
    found = _BY_PLAIN_NAME.get(_plain(name))
    if found is None:
        raise ValueError(f"There is no method {name!r}; there are {', '.join(METHOD_NAMES)}.")
    return found


def named_method(name: str) -> Any:
    """Return the unfitted estimator of a method, by any spelling of its name."""
    command, parameters = _NAMED[find_method(name)]
    steps = method_steps(command, {})
    steps[-1].set_params(**parameters)
    return chain(steps)


def with_seed(aligner: Any, seed: int) -> Any:
    """Return the aligner with its seeds set, and one thread to each step."""
    # Cells are what runs in parallel; no result depends on the number of threads.
    set_everywhere(aligner, random_state=seed, n_jobs=1)
    return aligner


def is_random(aligner: Any) -> bool:
    """Tell whether an aligner has a seed to set."""
    return any(name.rpartition("__")[2] == "random_state" for name in aligner.get_params())


def _checked_estimator(name: str, estimator: Any) -> Any:
    if not hasattr(estimator, "fit_transform_spaces") or isinstance(estimator, type):
        raise TypeError(
            f"methods[{name!r}] must be an aligner, such as VecMapAligner(); got {estimator!r}."
        )
    return estimator
