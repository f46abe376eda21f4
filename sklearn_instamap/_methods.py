"""The methods by their names: one list for the command line, benchmarks and YAML files.

Another method is one more entry of `BASES`. Everything else follows from it: InstaMap on top of it,
the presets of that, the aliases, and the row of ``instamap methods``. Classes are named by text and
imported when an aligner is made, so that names can be listed without importing scikit-learn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, TypeAlias, get_args

# What `instamap align` does unless told otherwise, and what README and guide begin with.
RECOMMENDED = "im-vecmap-midpoint"
# And what it does without a dictionary, from words that both languages spell alike.
WITHOUT_DICTIONARY = "vecmap-self-learning"
# What `instamap align --hub` does: the vectors of the target stay where they are.
IN_TARGET = "im-vecmap-target"
_TARGET = "target"
Preset: TypeAlias = Literal["paper", "program", "midpoint", "target"]
PRESET_NAMES = get_args(Preset)

_TORCH = 'PyTorch: pip install "sklearn-instamap[bliss]"'
_ON_TOP = "im"
_INSTAMAP = "instamap"
# The marks that papers set between the names of two methods, of which one is put on the other.
_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Base:
    """A method that learns from a dictionary by itself.

    ``name`` is for the command line, ``label`` for tables, ``short`` for labels such as ``IM∘VM``,
    where it differs from the label; ``what`` says in a few words what it is. ``estimator`` is
    package and class. ``extra_module`` has to be installed, ``needs`` says so. ``in_target`` are
    parameters by which it lands in the target's own space, but for the lengths of its rows.
    """

    name: str
    label: str
    what: str
    estimator: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    aliases: tuple[str, ...] = ()
    short: str = ""
    extra_module: str = ""
    needs: str = ""
    normalizes: bool = False
    carries_instamap: bool = True
    in_target: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def make(self, *, in_target: bool = False) -> Any:
        """Return the unfitted aligner, landing in the target's own space if asked to."""
        return _class(self.estimator)(**self.parameters, **(self.in_target if in_target else {}))


_STAYS = {"shared_space": "target"}
BASES = (
    Base(
        "procrustes",
        "PROC",
        "an orthogonal map from the dictionary",
        "sklearn_instamap.linear:ProcrustesAligner",
    ),
    Base(
        "procrustes-bootstrap",
        "PROC-B",
        "an orthogonal map from a dictionary that grows",
        "sklearn_instamap.linear:ProcrustesAligner",
        {"bootstrap": True},
        ("proc-b",),
    ),
    Base(
        "vecmap",
        "VecMap",
        "whitening, an orthogonal map, and re-weighting",
        "sklearn_instamap.linear:VecMapAligner",
        short="VM",
        normalizes=True,
        in_target=_STAYS,
    ),
    Base(
        "vecmap-self-learning",
        "VecMap (self-learning)",
        "VecMap from a dictionary that it induces itself",
        "sklearn_instamap.linear:VecMapAligner",
        {"self_learning": True},
        short="VM (self-learning)",
        normalizes=True,
        in_target=_STAYS,
    ),
    Base(
        "rcsls",
        "RCSLS",
        "a linear map trained for CSLS retrieval",
        "sklearn_instamap.linear:RCSLSAligner",
        normalizes=True,
    ),
    Base(
        "contrastive",
        "C1",
        "VecMap's map, refined against hard negatives",
        "sklearn_instamap.linear:ContrastiveAligner",
        aliases=("contrastive-bli",),
        normalizes=True,
        in_target=_STAYS,
    ),
    Base(
        "ridge",
        "ridge",
        "ridge regression",
        "sklearn_instamap.linear:RidgeAligner",
    ),
    Base(
        "low-rank",
        "low rank",
        "ridge regression of low rank",
        "sklearn_instamap.linear:LowRankAligner",
        aliases=("reduced-rank",),
    ),
    Base(
        "scaled-procrustes",
        "scaled PROC",
        "an orthogonal map, and a scale for each dimension",
        "sklearn_instamap.linear:ScaledProcrustesAligner",
        aliases=("proc-scaled",),
    ),
    Base(
        "bliss",
        "BLISS",
        "an adversarial map, supervised by the dictionary",
        "sklearn_instamap.linear:BLISSAligner",
        extra_module="torch",
        needs=_TORCH,
        normalizes=True,
    ),
    Base(
        "rotation",
        "rotation",
        "a rotation without reflection",
        "sklearn_instamap:KabschRotation",
        aliases=("kabsch",),
        carries_instamap=False,
    ),
)


@dataclass(frozen=True)
class Method:
    """A method as it is run: a base, InstaMap (None), or InstaMap on top of a base.

    The preset is that of the InstaMap that comes last, None where there is none.
    """

    base: Base | None
    preset: str | None

    @property
    def name(self) -> str:
        """The canonical name, such as ``im-vecmap-midpoint``."""
        first = _INSTAMAP if self.base is None else self.base.name
        on_top = f"{_ON_TOP}-" if self.base is not None and self.preset is not None else ""
        preset = f"-{self.preset}" if self.preset not in (None, "paper") else ""
        return f"{on_top}{first}{preset}"

    @property
    def label(self) -> str:
        """The name in tables, such as ``IM∘VM (midpoint)``."""
        if self.base is None:
            label = "InstaMap"
        elif self.preset is None:
            label = self.base.label
        else:
            label = f"IM∘{self.base.short or self.base.label}"
        return f"{label} ({self.preset})" if self.preset not in (None, "paper") else label

    @property
    def what(self) -> str:
        """What the method is, in a few words."""
        if self.base is None:
            what = "rotations, and a translation for each word"
        elif self.preset is None:
            what = self.base.what
        else:
            what = f"InstaMap on top of {self.base.label}"
        texts = {
            "midpoint": "; both sides move halfway",
            "program": "; as the authors' program",
            _TARGET: "; the target stays as it is",
        }
        return what + texts.get(self.preset or "", "")

    @property
    def needs(self) -> str:
        """What has to be installed."""
        return "" if self.base is None else self.base.needs

    @property
    def normalizes(self) -> bool:
        """Whether the method normalizes the vectors itself."""
        if self.base is None:
            return self.preset in ("midpoint", _TARGET)
        return self.base.normalizes

    def with_preset(self, preset: str) -> Method:
        """Return the method with other settings of its InstaMap; with InstaMap, if it has none."""
        return Method(self.base, preset)

    def steps(self, *, in_target: bool = False, **instamap: Any) -> list[Any]:
        """Return the unfitted aligners in order; ``instamap`` are parameters of InstaMap.

        ``in_target`` says whether a method without InstaMap leaves the target as it is. One with
        InstaMap does so by its preset.
        """
        in_target = in_target or self.preset == _TARGET
        steps = [] if self.base is None else [self.base.make(in_target=in_target)]
        if self.preset is not None:
            kind = _class("sklearn_instamap:InstaMapAligner")
            steps.append(kind.from_preset(self.preset, **instamap))
        return steps

    def make(self) -> Any:
        """Return the unfitted aligner."""
        return chain(self.steps())


def _class(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def plain_name(name: str) -> str:
    """Return a name in ASCII: ``IM∘VM (midpoint)`` is ``im-vm-midpoint``."""
    return _PLAIN.sub("-", name.casefold()).strip("-")


ALL_METHODS = (
    *(Method(base, None) for base in BASES),
    *(
        Method(base, preset)
        for preset in PRESET_NAMES
        for base in (None, *(base for base in BASES if base.carries_instamap))
    ),
)


def _listed(method: Method) -> bool:
    if method.base is None or method.preset is None or method.name in (RECOMMENDED, IN_TARGET):
        return True
    return method.preset == "paper" and not method.base.parameters


# What lists and help show; the other presets and combinations have names of the same form.
METHODS = tuple(filter(_listed, ALL_METHODS))


def _by_plain_name() -> dict[str, Method]:
    found: dict[str, Method] = {}
    for method in ALL_METHODS:
        ends = [f"-{method.preset}"] if method.preset else [""]
        if method.preset == "paper":
            ends.append("")
        if method.base is None:
            starts = {_INSTAMAP, _ON_TOP}
        else:
            base = method.base
            tops = (f"{_ON_TOP}-", f"{_INSTAMAP}-") if method.preset else ("",)
            names = filter(None, (base.name, base.label, base.short, *base.aliases))
            starts = {top + plain_name(name) for name in names for top in tops}
        for start in starts:
            for end in ends:
                found.setdefault(start + end, method)
    return found


_BY_PLAIN_NAME = _by_plain_name()


def find_method(name: Any) -> Method:
    """Return a method by its name, label or alias, in any case: "im-vecmap", "IM∘VM", "im.vm"."""
    if not isinstance(name, str):
        raise TypeError(
            f"methods must be names; got {name!r} (pass estimators as a mapping of names to them)."
        )
    found = _BY_PLAIN_NAME.get(plain_name(name))
    if found is None:
        names = ", ".join(method.name for method in METHODS)
        raise ValueError(f"There is no method {name!r}; the methods are {names}.")
    return found


def chain(steps: list[Any], **parameters: Any) -> Any:
    """Return one step as it is, several as a pipeline with some parameters."""
    if len(steps) == 1:
        return steps[0]
    return import_module("sklearn_instamap.pipeline").make_aligner_pipeline(*steps, **parameters)


def set_everywhere(aligner: Any, **parameters: Any) -> None:
    """Set parameters of every step that has them, such as ``n_jobs`` or ``random_state``."""
    for parameter in aligner.get_params():
        name = parameter.rpartition("__")[2]
        if name in parameters:
            aligner.set_params(**{parameter: parameters[name]})
