"""Methods of a benchmark: by the names papers give them, or your own estimators."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sklearn_instamap._check import InvalidParameterError, check_parameters, several
from sklearn_instamap._methods import find_method
from sklearn_instamap.benchmark._yaml import read_methods
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._named_rankers import NAMED, named_ranker, ranker_label

MethodsLike: TypeAlias = "str | os.PathLike[str] | Sequence[str] | Mapping[str, Any]"

_YAML_SUFFIXES = (".yaml", ".yml")


def choose_methods(methods: MethodsLike) -> dict[str, Any]:
    """Return the unfitted estimators of a benchmark by their names in tables.

    They are given by name in any spelling, one or several; as estimators by name; or as the path of
    a YAML file (:func:`read_methods`), a text being taken for one if it ends in .yaml or .yml.

    Raises ValueError if a name is unknown or occurs twice, or there is none.
    """
    if isinstance(methods, os.PathLike) or (
        isinstance(methods, str) and methods.endswith(_YAML_SUFFIXES)
    ):
        chosen = read_methods(methods, named_method)
    elif isinstance(methods, Mapping):
        chosen = {name: _checked_estimator(name, value) for name, value in methods.items()}
    else:
        found = [method_label(name) for name in several(methods)]
        chosen = {label: named_method(label) for label in found}
        if len(chosen) < len(found):
            twice = next(name for name in found if found.count(name) > 1)
            raise ValueError(f"methods name {twice} twice; name each once.")
    if not chosen:
        raise ValueError("methods is empty; name at least one.")
    return chosen


def method_label(name: Any) -> str:
    """Return what tables call a method or a ranker given by any spelling of its name."""
    return ranker_label(name) or find_method(name).label


def named_method(name: str) -> Any:
    """Return the unfitted estimator of a method, by any spelling of its name."""
    label = method_label(name)
    return named_ranker(label) if label in NAMED else find_method(name).make()


def is_random(aligner: Any) -> bool:
    """Tell whether an aligner has a seed to set."""
    return any(name.rpartition("__")[2] == "random_state" for name in aligner.get_params())


def _checked_estimator(name: str, estimator: Any) -> Any:
    works = hasattr(estimator, "fit_transform_spaces") or isinstance(estimator, LexiconRanker)
    if not works or isinstance(estimator, type):
        raise TypeError(
            f"methods[{name!r}] must be an aligner, such as VecMapAligner(), or a LexiconRanker; "
            f"got {estimator!r}."
        )
    try:
        # Before any file is read, and not when its cells are run.
        check_parameters(estimator)
    except InvalidParameterError as error:
        raise InvalidParameterError(f"methods[{name!r}]: {error}") from None
    return estimator
