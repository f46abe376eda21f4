"""matplotlib imported late, and the colors that all figures share."""

from __future__ import annotations

from typing import Any

from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable

# Okabe & Ito's palette, which people with any color vision can tell apart.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, BLACK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#000000",
)
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", ":", "-.")
SOURCE, TARGET = BLUE, VERMILION
GRAY = "0.45"


def series_style(number: int) -> dict[str, Any]:
    """Return how the series of that number looks: like no other of the first two dozen."""
    repeated, place = divmod(number, len(SERIES))
    color = SERIES[place]
    return {
        "color": color,
        # Points alone have no line style to tell them apart.
        "marker": MARKERS[(place + repeated) % len(MARKERS)],
        "markerfacecolor": "white" if repeated % 2 else color,
        "linestyle": LINES[repeated % len(LINES)],
    }


def dress(ax: Any, *, grid: str) -> None:
    """Give axes what all figures have: no frame, and a faint grid behind what is drawn."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=grid, color="0.9")
    ax.set_axisbelow(True)


def write(text: Any, name: str) -> None:
    """Set a text which is a name and no formula, and has no commands in it."""
    text.set_text(printable(name))
    text.set_parse_math(False)


def new_panels(user: str, n_panels: int, n_columns: int, size: tuple[float, float]) -> Any:
    """Return so many axes of a new figure, in rows of so many."""
    grid = new_axes(
        user,
        nrows=-(-n_panels // n_columns),
        ncols=n_columns,
        figsize=size,
        squeeze=False,
        layout="constrained",
    ).ravel()
    for unused in grid[n_panels:]:
        unused.remove()
    return grid[:n_panels]


def new_axes(user: str, **options: Any) -> Any:
    """Return what ``pyplot.subplots`` makes: one Axes, or an array of them."""
    return import_optional("matplotlib.pyplot", user, "plot").subplots(**options)[1]
