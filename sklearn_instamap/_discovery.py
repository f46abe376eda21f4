"""Every public estimator of the package, found rather than listed."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

from sklearn.base import BaseEstimator

_PACKAGE = Path(__file__).parent
# Packages that hold no estimators and whose optional dependencies may be missing.
_SKIPPED = ("cli", "explore", "plotting", "__main__")


def all_estimators() -> list[tuple[str, type[BaseEstimator]]]:
    """Return the public estimators of the package, by name.

    Returns
    -------
    list of (str, type) tuples
        Name and class of every estimator whose name does not begin with an underscore, from
        whichever module defines it.

    Examples
    --------
    >>> from sklearn_instamap import all_estimators
    >>> "KabschRotation" in dict(all_estimators())
    True
    """
    found: dict[str, type[BaseEstimator]] = {}
    for module in pkgutil.walk_packages([str(_PACKAGE)], "sklearn_instamap."):
        if module.name.split(".")[1] in _SKIPPED:
            continue
        for name, member in inspect.getmembers(import_module(module.name), inspect.isclass):
            ours = member.__module__.startswith("sklearn_instamap.")
            if ours and issubclass(member, BaseEstimator) and not name.startswith("_"):
                found[name] = member
    return sorted(found.items())
