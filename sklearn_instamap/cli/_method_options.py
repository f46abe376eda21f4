"""From the names and options of the command line to an aligner."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap._methods import METHODS, ON_TOP, chain, method_steps, set_everywhere
from sklearn_instamap._optional import import_torch

_NORMALIZATIONS: dict[str, Callable[[], Any]] = {
    "unit": Normalizer,
    "center": lambda: StandardScaler(with_std=False),
}


def build_aligner(
    method: str,
    *,
    instamap: Mapping[str, Any],
    normalize: str = "",
    settings: Sequence[str] = (),
    n_jobs: int | None = None,
    seed: int | None = None,
) -> Any:
    """Make the aligner that a command line describes.

    Parameters
    ----------
    method : str
        One of `METHODS`; ``im-NAME`` is InstaMap on top of ``NAME``.
    instamap : mapping
        Parameters of :class:`InstaMapAligner`.
    normalize : str, default=""
        What to do to both spaces first, ``unit`` and ``center`` separated by commas.
    settings : sequence of str, default=()
        Parameters of any other step as ``NAME=VALUE``, values in Python's notation.
    n_jobs : int, default=None
        Number of threads of every step.
    seed : int, default=None
        ``random_state`` of every step that has one.

    Returns
    -------
    object
        The unfitted aligner.

    Raises
    ------
    ValueError
        If a name is unknown, or a parameter does not belong to the method.
    ImportError
        If the method needs a package that is not installed.
    """
    steps = [*_normalization(normalize), *_steps(method, instamap)]
    aligner = chain(steps)
    set_everywhere(aligner, n_jobs=n_jobs)
    if seed is not None:
        set_everywhere(aligner, random_state=seed)
    for setting in settings:
        aligner.set_params(**_parse_setting(setting, aligner))
    return aligner


def _steps(method: str, instamap: Mapping[str, Any]) -> list[Any]:
    if method not in METHODS:
        raise ValueError(f"--method must be one of {', '.join(METHODS)}; got {method!r}.")
    base = method.removeprefix(ON_TOP)
    if instamap and method == base != "instamap":
        options = ", ".join("--" + name.replace("_", "-") for name in instamap)
        raise ValueError(
            f"{options}: only InstaMap has such an option, and --method {method} is not InstaMap; "
            f"--method {ON_TOP}{method} puts InstaMap on top of it."
        )
    if base == "bliss":
        # Found out now and not after the spaces have been read.
        import_torch(f"--method {method}")
    return method_steps(method, instamap)


def _normalization(text: str) -> list[Any]:
    names = [name.strip() for name in text.split(",")] if text else []
    for name in names:
        if name not in _NORMALIZATIONS:
            raise ValueError(
                f"--normalize takes {' and '.join(_NORMALIZATIONS)}, separated by commas; "
                f"got {name!r}."
            )
    return [_NORMALIZATIONS[name]() for name in names]


def _parse_setting(setting: str, aligner: Any) -> dict[str, Any]:
    name, equals, text = setting.partition("=")
    known = [each for each, value in aligner.get_params().items() if not hasattr(value, "fit")]
    if not equals or name not in known:
        raise ValueError(
            f"--set takes NAME=VALUE, where NAME is one of {', '.join(sorted(known))}; "
            f"got {setting!r}."
        )
    try:
        return {name: ast.literal_eval(text)}
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        # auto is as good as 'auto'.
        return {name: text}
