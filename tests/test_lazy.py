"""What importing the package and asking the command line for help load, and what they do not."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import sklearn_instamap

HEAVY = ("joblib.externals.loky", "numpy", "pandas", "pandas.plotting", "scipy", "sklearn")


def loaded_by(code: str) -> set[str]:
    """Return the modules that a new interpreter has after running the code."""
    code = f"import sys\n{code}\nprint(*sorted(sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_the_package_loads_nothing_heavy():
    assert not loaded_by("import sklearn_instamap").intersection(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-h"], []])
def test_help_and_version_load_nothing_heavy(arguments):
    pytest.importorskip("typer")
    code = f"from sklearn_instamap.cli import main\nassert main({arguments!r}) == 0"
    assert not loaded_by(code).intersection(HEAVY)


def test_every_name_is_there_once_it_is_asked_for():
    names = {}
    exec("from sklearn_instamap import *", names)
    assert set(sklearn_instamap.__all__) <= set(names)
    assert set(sklearn_instamap.__all__) <= set(dir(sklearn_instamap))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        sklearn_instamap.nonsense  # noqa: B018


def test_packages_are_attributes():
    for module in pkgutil.iter_modules(sklearn_instamap.__path__):
        if not module.name.startswith("_"):
            found = getattr(sklearn_instamap, module.name)
            assert found is import_module(f"sklearn_instamap.{module.name}")
    assert sklearn_instamap.linear.VecMapAligner
