"""Packages of the optional extras: imported late, and missed in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

# How to call a package, where that is not the name one imports it by.
_NAMES = {"torch": "PyTorch", "yaml": "PyYAML", "distributed": "Dask", "jinja2": "Jinja2"}


def import_optional(module: str, user: str, extra: str) -> Any:
    """Import a module of an optional dependency, or say in one sentence how to install it.

    ``user`` begins the sentence; several extras are separated by commas.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{user} needs {_NAMES.get(package, package)}, which is not installed: "
            f"{install_command(extra)}."
        ) from error


def install_command(extra: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "sklearn-instamap[{extra}]"'


def is_installed(package: str) -> bool:
    """Tell whether a package can be found, without importing it."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        # A finder may refuse it; a module put into sys.modules by hand has no spec.
        return False


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """Let PyTorch compute in one thread, and give the process its setting back after.

    With more threads sums are split differently, and thousands of steps of adversarial training
    amplify the rounding: a seed would no longer fix the result.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
