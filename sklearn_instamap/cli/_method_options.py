"""From the names and options of the command line to an aligner."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap._check import check_parameters
from sklearn_instamap._methods import (
    IN_TARGET,
    METHODS,
    RECOMMENDED,
    WITHOUT_DICTIONARY,
    Method,
    chain,
    find_method,
    set_everywhere,
)
from sklearn_instamap._optional import import_optional
from sklearn_instamap._wording import alternatives

_NORMALIZATIONS: dict[str, Callable[[], Any]] = {
    "unit": Normalizer,
    "center": lambda: StandardScaler(with_std=False),
}


def build_aligner(
    method: str | None,
    *,
    preset: str | None = None,
    seeded: bool = False,
    hub: bool = False,
    instamap: Mapping[str, Any],
    normalization: str | None = None,
    settings: Sequence[str] = (),
    n_jobs: int | None = None,
    seed: int | None = None,
    option: str = "--method",
) -> tuple[Any, str]:
    """Make the unfitted aligner that a command line describes; return it and its name in tables.

    Without a method it is the recommended one; seeded, without a dictionary, one that learns by
    itself; with a hub one that leaves the target as it is. Settings are parameters of any step as
    ``NAME=VALUE``, in Python's notation; ``option`` is what names the method, for messages.
    """
    chosen = _choose(option, method, preset, seeded, hub)
    if chosen.preset is None and (instamap or preset):
        options = ["--" + name.replace("_", "-") for name in instamap] or ["--preset"]
        raise ValueError(
            f"{', '.join(options)}: only InstaMap has such an option, and {option} {chosen.name} "
            f"is not InstaMap; {option} im-{chosen.name} puts InstaMap on top of it."
        )
    if chosen.base is not None and chosen.base.extra_module == "torch":
        # Found out now and not after the spaces have been read.
        import_optional("torch", f"{option} {chosen.name}", "bliss")
    if normalization is None:
        as_published = chosen.normalizes or preset in ("paper", "program")
        normalization = "none" if as_published else "unit,center,unit"
    steps = chosen.steps(in_target=hub, **instamap)
    normalizers = _normalizers(normalization)
    # Sources come back from the normalized hub to the hub as it is.
    shared_space = "target" if hub and normalizers else "both"
    aligner = chain([*normalizers, *steps], shared_space=shared_space)
    set_everywhere(aligner, n_jobs=n_jobs)
    if seed is not None:
        set_everywhere(aligner, random_state=seed)
    named = [setting.partition("=")[0] for setting in settings]
    for name in named:
        if named.count(name) > 1:
            raise ValueError(f"--set {name}: was given {named.count(name)} times; give it once.")
    for setting in settings:
        aligner.set_params(**_parse_setting(setting, aligner))
        try:
            check_parameters(aligner)
        except ValueError as error:
            raise ValueError(f"--set {setting}: {error}") from None
    if hub and not aligner.shared_space_is_target:
        raise ValueError(f"--set {' --set '.join(settings)}: moves the vectors of the hub.")
    return aligner, chosen.label


def _choose(option: str, name: str | None, preset: str | None, seeded: bool, hub: bool) -> Method:
    """Return the method that --method and --preset name together."""
    method = _named(option, name, preset, seeded, hub)
    if not hub or method.preset in (None, "target"):
        return method
    if preset is None and method.preset == "paper":
        # The paper's settings are what a name without settings means; here it means these.
        return method.with_preset("target")
    raise ValueError(
        f"--preset {method.preset} moves the vectors of the hub; take --preset target, or leave it "
        "out."
    )


def _named(option: str, name: str | None, preset: str | None, seeded: bool, hub: bool) -> Method:
    if name is None:
        recommended = IN_TARGET if hub else RECOMMENDED
        method = find_method(WITHOUT_DICTIONARY if seeded else recommended)
        # The preset of the recommended method is not the user's: --preset replaces it.
        return method if preset is None else method.with_preset(preset)
    try:
        method = find_method(name)
    except ValueError:
        raise ValueError(
            f"{option} must be {alternatives(method.name for method in METHODS)}. Got {name!r} "
            "instead."
        ) from None
    if preset is None or method.preset is None:
        return method
    if method.preset not in ("paper", preset):
        raise ValueError(
            f"{option} {name} and --preset {preset} contradict each other; leave one of them out."
        )
    return method.with_preset(preset)


def _normalizers(text: str) -> list[Any]:
    names = [] if text == "none" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in _NORMALIZATIONS:
            raise ValueError(
                f"--normalization takes {' and '.join(_NORMALIZATIONS)}, separated by commas, or "
                f"none; got {name!r}."
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
        # auto means 'auto': nobody quotes on a command line.
        return {name: text}
