"""What every test shares: SciPy's array API switch and the optional folder of larger real data."""

from __future__ import annotations

import os

# SciPy reads this once, at its first import: scikit-learn's array API checks need it set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder with the six 20,000-word spaces, the paper's dictionaries and reference figures."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("INSTAMAP_SHARED", default))
    if not (folder / "data" / "spaces").is_dir():
        pytest.skip(f"the larger real spaces are not here ({folder}); set INSTAMAP_SHARED")
    return folder
