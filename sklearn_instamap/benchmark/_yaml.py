"""A YAML file of methods: estimators and their parameters, and nothing that could run code."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import getmembers, isclass, signature
from typing import Any

from sklearn.base import BaseEstimator, TransformerMixin

from sklearn_instamap._check import check_option, check_parameters
from sklearn_instamap._discovery import all_estimators
from sklearn_instamap._methods import PRESET_NAMES, chain
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable
from sklearn_instamap.io._opening import open_file

# Where scikit-learn keeps transformers of rows of numbers. Its own list of all estimators would
# import all of it, and hold transformers of texts and images.
_SKLEARN_MODULES = (
    "preprocessing",
    "decomposition",
    "feature_selection",
    "kernel_approximation",
    "random_projection",
)
_PRESET = "preset"
# What a file of methods may be: PyYAML reads 100 KB a second, and follows nesting by recursion.
_LARGEST, _DEEPEST, _MOST_NODES = 200_000, 20, 10_000
# Of a name or a value: a number of so many digits would be neither shown nor used.
_LONGEST = 1000


def read_methods(
    path: str | os.PathLike[str], named_method: Callable[[str], Any]
) -> dict[str, Any]:
    """Read methods from a YAML file.

    The file maps names, as tables show them, to one of these::

        VecMap:                            # nothing: the method of that name
        IM∘VM: im-vecmap                   # the name of a method, or of a class
        whitened only:                     # a class and its parameters
          VecMapAligner: {reweight: 0.0}
        IM∘VM, K = 50:                     # a list: a pipeline, one step after the other
          - Normalizer
          - VecMapAligner
          - InstaMapAligner: {preset: midpoint, n_neighbors: 50}

    Parameters may be estimators in turn. Classes are the estimators of this package and
    scikit-learn's transformers; nothing else is imported, and nothing in the file is run.

    ``named_method`` returns the estimator of a method's name, or raises ValueError. So does this
    function, naming file and line, where the file is not such a mapping.
    """
    methods = {}
    for name, line, specification in _read_mapping(path):
        try:
            if specification is None:
                methods[name] = named_method(name)
            else:
                methods[name] = _build(specification, named_method)
            if not hasattr(methods[name], "fit_transform_spaces"):
                raise ValueError("is not an aligner; put one after it, in a list.")
            check_parameters(methods[name])
        except Exception as error:
            # Also what classes raise when they are made of values they did not expect.
            reason = " ".join(printable(error, keep="\n").split()) or type(error).__name__
            raise ValueError(
                f"{printable(os.fspath(path))}, line {line}: {name!r}: {reason}"
            ) from None
    return methods


def _read_mapping(path: str | os.PathLike[str]) -> list[tuple[str, int, Any]]:
    """Return the entries of the file: name, line and what is given."""
    yaml = import_optional("yaml", "A YAML file of methods", "benchmark")
    file = printable(os.fspath(path))
    with open_file(path) as stream:
        text = stream.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ValueError(
            f"{file}: is larger than {_LARGEST:,} bytes, which is not a list of methods."
        )
    loader = None
    try:
        _check_depth(yaml, text, file)
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise ValueError(
                f"{file}: is not a mapping of names to methods; write one line NAME: METHOD for "
                "each."
            )
        _check_size(yaml, root, file)
        entries: dict[str, tuple[str, int, Any]] = {}
        for key, value in root.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"{file}, line {line}: the name of a method must be a text.")
            # As it is written: "1e3" and "yes" are names here.
            name = key.value
            if not name.strip():
                raise ValueError(f"{file}, line {line}: the name of a method is empty; name it.")
            if name in entries:
                raise ValueError(f"{file}, line {line}: {name!r} occurs twice; rename one of them.")
            entries[name] = name, line, _construct(yaml, loader, value, file)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else file
        problem = " ".join(str(getattr(error, "problem", None) or error).split())[:200]
        raise ValueError(f"{where}: is not valid YAML ({printable(problem)}); fix it.") from None
    finally:
        if loader is not None:
            loader.dispose()
    if not entries:
        raise ValueError(f"{file}: names no methods.")
    return list(entries.values())


def _check_depth(yaml: Any, text: bytes, file: str) -> None:
    """Refuse what is nested so deep that PyYAML, which is recursive, would not come back."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise ValueError(
                    f"{file}, line {event.start_mark.line + 1}: is nested more than {_DEEPEST} "
                    "levels deep; no method needs that many."
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(yaml: Any, root: Any, file: str) -> None:
    """Refuse aliases that hold themselves, or stand for more than one could write."""
    waiting, seen = [(root, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_NODES:
            raise ValueError(
                f"{file}, line {node.start_mark.line + 1}: an alias (*name) holds itself, or too "
                "much; write out what it stands for."
            )
        if isinstance(node, yaml.ScalarNode) and len(node.value) > _LONGEST:
            raise ValueError(
                f"{file}, line {node.start_mark.line + 1}: has a name or value of "
                f"{len(node.value):,} characters; the longest that is read has {_LONGEST:,}."
            )
        if isinstance(node, yaml.SequenceNode):
            waiting += ((each, depth + 1) for each in node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting += ((each, depth + 1) for pair in node.value for each in pair)
            if depth:
                _refuse_repeats(yaml, node, file)


def _refuse_repeats(yaml: Any, mapping: Any, file: str) -> None:
    """Refuse a parameter that is given twice, of which PyYAML would take the last."""
    seen: set[str] = set()
    for key in (key for key, _ in mapping.value if isinstance(key, yaml.ScalarNode)):
        if key.value in seen:
            raise ValueError(
                f"{file}, line {key.start_mark.line + 1}: {key.value!r} occurs twice in one "
                "mapping; keep one of them."
            )
        seen.add(key.value)


def _construct(yaml: Any, loader: Any, node: Any, file: str) -> Any:
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError:
        raise
    except Exception as error:
        # PyYAML takes tags at their word: `!!bool foo` is a KeyError, `!!timestamp x` another.
        raise ValueError(
            f"{file}, line {node.start_mark.line + 1}: has a value that does not match its tag or "
            f"its form ({type(error).__name__}); put quotes around texts."
        ) from None


def _build(specification: Any, named_method: Callable[[str], Any]) -> Any:
    """Make an estimator of what stands in the file."""
    if isinstance(specification, list) and specification:
        return chain([_build(step, named_method) for step in specification])
    if isinstance(specification, str):
        if specification in _classes():
            return _instantiate(specification, {}, named_method)
        return named_method(specification)
    if isinstance(specification, dict) and len(specification) == 1:
        ((name, parameters),) = specification.items()
        return _instantiate(str(name), {} if parameters is None else parameters, named_method)
    raise ValueError(
        f"cannot make a method of {specification!r}; write a name, CLASS: {{parameters}}, or a "
        "list of such steps."
    )


def _instantiate(name: str, parameters: Any, named_method: Callable[[str], Any]) -> Any:
    kind = _classes().get(name)
    if kind is None:
        raise ValueError(
            f"there is no class {name!r} among this package's estimators and scikit-learn's "
            "transformers."
        )
    if not isinstance(parameters, dict):
        raise ValueError(
            f"{name} takes its parameters as a mapping NAME: VALUE; got {parameters!r}."
        )
    known = list(signature(kind).parameters)
    preset = [_PRESET] if hasattr(kind, "from_preset") else []
    for parameter in parameters:
        if parameter not in [*known, *preset]:
            raise ValueError(
                f"{name} has no parameter {parameter!r}; it has {', '.join([*preset, *known])}."
            )
    given = {
        parameter: _parameter(value, named_method)
        for parameter, value in parameters.items()
        if parameter != _PRESET
    }
    if _PRESET in parameters:
        check_option(_PRESET, parameters[_PRESET], PRESET_NAMES)
        return kind.from_preset(parameters[_PRESET], **given)
    return kind(**given)


def _parameter(value: Any, named_method: Callable[[str], Any]) -> Any:
    """Return a parameter's value: an estimator where it looks like one."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _classes():
        return _build(value, named_method)
    return value


@cache
def _classes() -> dict[str, type[BaseEstimator]]:
    """Return the classes that may be named."""
    classes = {}
    for module in _SKLEARN_MODULES:
        package = import_module(f"sklearn.{module}")
        for name, member in getmembers(package, isclass):
            if all(issubclass(member, base) for base in (BaseEstimator, TransformerMixin)):
                classes[name] = member
    return classes | dict(all_estimators())
