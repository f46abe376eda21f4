"""What tests, docstrings and pages of the guide share when pytest runs them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

# Scripts beside each other, which the pages draw and tests/pages runs from their folder.
collect_ignore = ["docs/figures"]


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close what an example has drawn: after twenty open figures matplotlib warns."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
