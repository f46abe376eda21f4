"""Texts that every machine has: the first sentence of a docstring asks, what follows answers."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterator, Sequence
from types import ModuleType

PACKAGES = ("numpy", "scipy", "sklearn", "pandas", "torch", "huggingface_hub")
_NO_PROSE = re.compile(
    r"(Parameters|Returns|Examples|See Also|Notes|Args|\.\.|>>>|Raises|Attributes|Yields)"
)
_LONGEST = 200


def questions_and_answers(packages: Sequence[str] = PACKAGES) -> tuple[list[str], list[str]]:
    """Return first sentences, and the paragraphs that follow them, each once."""
    found: dict[str, str] = {}
    for package in packages:
        for docstring in _docstrings(package):
            parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", docstring)]
            if re.match(r"^\w+\(.*\)( ->.*)?$", parts[0]):
                # The signature of a function in C.
                parts = parts[1:]
            if len(parts) < 2 or _NO_PROSE.match(parts[1]):
                continue
            question, answer = parts[0], parts[1][:_LONGEST]
            if 20 <= len(question) <= 120 and len(answer) >= 60:
                found.setdefault(question, answer)
    # One answer to each question, and the other way around.
    asked = {answer: question for question, answer in found.items()}
    return list(asked.values()), list(asked)


def _docstrings(package: str) -> Iterator[str]:
    for module in _modules(package):
        for name, member in sorted(vars(module).items()):
            if name.startswith("_"):
                continue
            members = [member]
            if inspect.isclass(member):
                inner = sorted(vars(member).items())
                members += [value for key, value in inner if not key.startswith("_")]
            for each in members:
                if callable(each) or isinstance(each, property):
                    docstring = inspect.getdoc(each)
                    if isinstance(docstring, str) and docstring.strip():
                        yield docstring.strip()


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    names = [package]
    for found in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda _: None):
        parts = found.name.split(".")[1:]
        if not any(part.startswith("_") or part in ("tests", "testing") for part in parts):
            names.append(found.name)
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield importlib.import_module(name)
            except (Exception, SystemExit):
                # Modules that need what is not installed here.
                continue
