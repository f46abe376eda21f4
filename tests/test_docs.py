"""The documentation says what the code does: names, docstrings, commands, versions."""

from __future__ import annotations

import inspect
import pkgutil
import re
import tomllib
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_instamap

ROOT = Path(__file__).resolve().parents[1]

# Where numpydoc asks for sections that would have nothing to say (a second paragraph, See Also), or
# forbids to name what is returned.
IGNORED = {"ES01", "SA01", "RT02"}
# Methods are shown at work in the example of their class.
IGNORED_OF_METHODS = IGNORED | {"EX01"}


def public_packages():
    """Yield every package and module of ours that says which of its names are public."""
    yield sklearn_instamap
    for found in pkgutil.iter_modules(sklearn_instamap.__path__, "sklearn_instamap."):
        if not found.name.split(".")[-1].startswith("_"):
            module = import_module(found.name)
            if hasattr(module, "__all__"):
                yield module


PACKAGES = list(public_packages())
PUBLIC = [
    (package.__name__, name)
    for package in PACKAGES
    for name in package.__all__
    if name != "__version__"
]


def documented_objects():
    """Name every public class and function, and every public method defined by us."""
    names = []
    for package, name in PUBLIC:
        member = getattr(import_module(package), name)
        names.append(f"{package}.{name}")
        if inspect.isclass(member):
            names += [
                f"{package}.{name}.{attribute}"
                for attribute, value in inspect.getmembers(member)
                if not attribute.startswith("_")
                and callable(value)
                and (getattr(value, "__module__", "") or "").startswith("sklearn_instamap")
            ]
    return names


def names_on_api_pages():
    """Collect what the API pages list, with the package each list belongs to."""
    found = set()
    for page in (ROOT / "docs" / "api").glob("*.rst"):
        package = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\.\. currentmodule:: (\S+)", line):
                package = match[1]
            elif match := re.match(r"(?: {3}|\.\. data:: )(\w+)$", line):
                found.add((package, match[1]))
    return found


def test_every_public_package_says_what_is_public():
    assert len(PACKAGES) > 5
    for package in PACKAGES:
        assert package.__all__ == sorted(package.__all__), package.__name__
        assert package.__doc__, package.__name__


def test_every_public_name_is_on_an_api_page_and_no_other():
    listed = {(p, n) for p, n in names_on_api_pages() if p is not None}
    assert listed == {*PUBLIC, ("sklearn_instamap", "__version__")}


def test_every_public_name_has_one_path():
    paths = defaultdict(set)
    for module in pkgutil.walk_packages(sklearn_instamap.__path__, "sklearn_instamap."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            for name in getattr(import_module(module.name), "__all__", ()):
                paths[name].add(module.name)
    for name in sklearn_instamap.__all__:
        paths[name].add("sklearn_instamap")
    several = {name: sorted(found) for name, found in paths.items() if len(found) > 1}
    assert not several


@pytest.mark.parametrize("name", documented_objects())
def test_docstrings_are_complete(name):
    validate = pytest.importorskip("numpydoc.validate").validate
    ignored = IGNORED if tuple(name.rsplit(".", 1)) in PUBLIC else IGNORED_OF_METHODS
    problems = [
        f"{code}: {message}" for code, message in validate(name)["errors"] if code not in ignored
    ]
    assert not problems, "\n".join([name, *problems])


def test_readme_names_the_commands_there_are():
    pytest.importorskip("typer")
    commands = set(import_module("sklearn_instamap.cli._lazy").COMMANDS)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "guide" / "command_line.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"^instamap (\w+)", text, flags=re.MULTILINE)) == commands
    assert set(re.findall(r"^``instamap (\w+)``$", guide, flags=re.MULTILINE)) == commands


def test_the_page_on_installing_names_every_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Those of developers are in CONTRIBUTING.md.
    extras = set(project["optional-dependencies"]) - {"test", "docs", "dev", "bench"}
    page = (ROOT / "docs" / "install.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"\.\[(\w+)\]", page)) == extras


def test_changelog_has_the_current_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", text, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == sklearn_instamap.__version__


def test_make_targets_that_are_named_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^ {4}|^)make ([\w-]+)", text, flags=re.MULTILINE))
        assert named <= targets, page
        assert named
