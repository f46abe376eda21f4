"""Boxes and arrows: what the diagrams of these pages share."""

import matplotlib.pyplot as plt

BLUE, VERMILION, GRAY = "#0072B2", "#D55E00", "0.45"


def diagram(width, height):
    """Return axes of that size, one unit to the inch, with nothing drawn but what follows."""
    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return ax


def box(ax, x, y, text, color="0.6", *, filled=False, code=False, size=10):
    """Write a text in a box around a point."""
    style = {"boxstyle": "round,pad=0.45", "edgecolor": color}
    style["facecolor"] = color if filled else "white"
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=size,
        family="monospace" if code else None,
        color="white" if filled else "black",
        bbox=style,
        zorder=3,
    )


def arrow(ax, start, end, text="", *, above=True, bend=0.0, color=GRAY):
    """Draw an arrow between two points, with a text at its middle."""
    style = {"arrowstyle": "-|>", "color": color, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
    if text:
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        shift = 0.09 if above else -0.09
        ax.text(x, y + shift, text, ha="center", va="bottom" if above else "top", fontsize=9)
