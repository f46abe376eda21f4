"""What every test shares: SciPy's array API switch and the optional folder of larger real data."""

from __future__ import annotations

import os

# SciPy reads this once, at its first import: scikit-learn's array API checks need it set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Started in the background by a script, Python and all its children ignore the Ctrl-C that some
# tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests are never timed: a busy machine is no reason to fail. And the same code gives the same
# result: to look for cases not seen before, use --hypothesis-profile=searching.
settings.register_profile("searching", deadline=None, print_blob=True)
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def needs_what_it_imports() -> Callable[[str], None]:
    """Skip a test that runs Python text if a package is not here which the text imports."""

    def check(text: str) -> None:
        for package in sorted(set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE))):
            # ImportError: the newest build of pyarrow does not go with the lowest NumPy.
            pytest.importorskip(package, exc_type=ImportError)

    return check


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder with the six 20,000-word spaces, the paper's dictionaries and reference figures."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("INSTAMAP_SHARED", default))
    if not (folder / "data" / "spaces").is_dir():
        pytest.skip(f"the larger real spaces are not here ({folder}); set INSTAMAP_SHARED")
    return folder


@pytest.fixture(scope="session")
def en_de():
    """A small real case: 800 bundled words a side, 60 dimensions, the training pairs in them."""
    from sklearn_instamap.datasets import load_en_de
    from sklearn_instamap.io import lookup_pairs

    data = load_en_de()
    source, target = (
        space.select(range(800)).with_vectors(space.vectors[:800, :60])
        for space in (data.source, data.target)
    )
    X, y, _ = lookup_pairs(data.train, source, target, warn_below=0)
    return {"X": X, "y": y, "source": source, "target": target}
