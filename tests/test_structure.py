"""The layout of the package: layers, no circles, sizes, file names."""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "sklearn_instamap"
ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / PACKAGE

# Rooms and modules of the package from the lowest up. One may import from its own layer and from
# those below, at the top of a module or within a function.
LAYERS = (
    (
        "_version",
        "progress",
        "_check",
        "_wording",
        "_optional",
        "_files",
        "_number_rows",
        "_html",
        "_printable",
        "_records",
        "_discovery",
    ),
    ("_engine",),
    (
        "_row_index",
        "_space",
        "_space_conversions",
        "_space_like",
        "_dictionary",
        "_words",
        "_spelling",
        "_fit_data",
    ),
    ("io", "_models", "_model_values", "_fitted_parts"),
    ("base",),
    ("_batches", "_steps", "pipeline"),
    ("model_selection", "metrics"),
    ("linear", "instamap"),
    ("_methods",),
    ("datasets",),
    ("lexicon",),
    ("results",),
    ("plotting",),
    ("benchmark",),
    ("explore",),
    ("cli", "__main__"),
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}

# Imports that go up or close a circle all the same: (importing module, imported module): why.
EXCEPTIONS: dict[tuple[str, str], str] = {}

LONGEST = 400
# Longer, and to be cut.
TOO_LONG: set[str] = set()
SHORT = 60
# Modules shorter than that which are a subject of their own. A package's __init__ is what it lists.
SHORT_MODULES = {
    "__main__": "python -m sklearn_instamap",
    "_version": "read by the build, too",
    "instamap._presets": "named settings are looked up, and added to, by themselves",
    "instamap._way_back": "the target's own coordinates, a subject apart from the iterations",
    "_discovery": "one public function, imported by the face of the package",
    "_spelling": "how words are spelled that are read, of vectors and of dictionaries",
    "_wording": "how messages name arguments, for every layer",
    "_check": "checks that every layer uses",
    "_optional": "optional dependencies, asked for in every layer",
    "_engine._topk": "one of the engine's jobs; how it is done is in _select and _bfloat16",
    "_engine._log_sums": "one of the engine's jobs",
    "_engine._rank": "one of the engine's jobs",
    "_engine._normalization": "used by maps, metrics and the command line",
    "datasets._bunch": "what sample and generator return",
    "datasets._data_home": "used by both fetchers",
    "metrics._metric": "figures by their names, wherever one is named",
    "io._asked": "what every reader is given",
    "io._compressing": "used by all that writes vectors",
    "cli._terminal": "what every command prints to",
    "cli._app": "the command itself; its sub-commands are elsewhere",
    "cli._list_methods": "one command to a module",
    "metrics._protocol": "retrievals, protocols and ties by their names, wherever one is named",
}


def module_name(path):
    parts = (PACKAGE, *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def without_package(module):
    return module.removeprefix(f"{PACKAGE}.")


def executed(node):
    """Walk a tree, leaving out what only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from executed(child)


def imports(module):
    """Yield every module of ours that a module imports, at its top or later, and the line."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in executed(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            origin = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            inner = [f"{origin}.{alias.name}" for alias in node.names]
            named = [name if name in MODULES else origin for name in inner]
        else:
            continue
        for name in named:
            if name in MODULES and name != module:
                yield name, node.lineno


GRAPH = {
    module: {
        imported: line
        for imported, line in imports(module)
        if (without_package(module), without_package(imported)) not in EXCEPTIONS
    }
    for module in MODULES
}


def test_the_reader_of_imports_sees_every_form_of_them(tmp_path, monkeypatch):
    source = """
import sklearn_instamap.io
from sklearn_instamap import metrics, EmbeddingSpace
from sklearn_instamap.metrics._ranks import ranks
from . import _tiles
from ._topk import top_k
from ..io import read_vectors
if TYPE_CHECKING:
    from sklearn_instamap.plotting import SpaceMapDisplay
def late():
    from sklearn_instamap.cli import main
"""
    path = tmp_path / "_some.py"
    path.write_text(source)
    monkeypatch.setitem(MODULES, f"{PACKAGE}._engine._some", path)
    assert [without_package(name) for name, _ in imports(f"{PACKAGE}._engine._some")] == [
        "io",
        "metrics",
        PACKAGE,
        "metrics._ranks",
        "_engine._tiles",
        "_engine._topk",
        "io",
        "cli",
    ]


def test_every_module_has_a_layer():
    top = {without_package(name).split(".")[0] for name in MODULES} - {PACKAGE}
    assert top <= set(LAYER), f"say in LAYERS where it stands: {sorted(top - set(LAYER))}"


def test_nothing_imports_upwards():
    upwards = [
        f"{MODULES[module].relative_to(ROOT)}:{line} imports {imported}"
        for module, found in GRAPH.items()
        for imported, line in found.items()
        if PACKAGE not in (module, imported)
        and LAYER[without_package(imported).split(".")[0]]
        > LAYER[without_package(module).split(".")[0]]
    ]
    assert not upwards, "\n".join(upwards)


def test_no_imports_in_a_circle():
    try:
        TopologicalSorter({module: set(found) for module, found in GRAPH.items()}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_every_exception_is_still_needed():
    existing = {
        (without_package(module), without_package(imported))
        for module in MODULES
        for imported, _ in imports(module)
    }
    assert set(EXCEPTIONS) <= existing


def lengths():
    return {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}


def test_no_module_is_too_long():
    long = {
        name: n
        for name, n in lengths().items()
        if n > LONGEST and without_package(name) not in TOO_LONG
    }
    assert not long, f"more than {LONGEST} lines: {long}"


def test_few_modules_are_short():
    short = {
        without_package(name)
        for name, n in lengths().items()
        if n < SHORT and MODULES[name].name != "__init__.py"
    }
    assert short <= set(SHORT_MODULES), "a subject of its own? Say why in SHORT_MODULES."


def test_a_file_name_occurs_once():
    places = defaultdict(list)
    for path in MODULES.values():
        if path.name != "__init__.py":
            places[path.name].append(str(path.relative_to(SOURCE)))
    several = {name: found for name, found in places.items() if len(found) > 1}
    assert not several
