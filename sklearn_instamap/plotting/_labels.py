"""Names of points and of lines in a picture, where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._printable import printable

# Where a name may stand relative to its point: direction, and which part of the name is there.
_PLACES = (
    (1, 0, "left", "center"),
    (-1, 0, "right", "center"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (1, 1, "left", "bottom"),
    (-1, 1, "right", "bottom"),
    (1, -1, "left", "top"),
    (-1, -1, "right", "top"),
)
# Distance of a name from the center of its point, and the half width of a point, in points.
_DISTANCE, _MARKER = 4.5, 3.0
# Room between names, in points; at another resolution they are a little wider or narrower.
_ROOM = 0.6
# Of one line of text, in points.
_LINE_HEIGHT = 12.5


def label_points(
    ax: Any,
    points: NDArray[np.floating],
    names: Sequence[str],
    colors: Sequence[str],
    *,
    away_from: NDArray[np.floating],
    **style: Any,
) -> list[Any]:
    """Write names beside points, without overlap; a name that fits nowhere is left out.

    The axes must have their final limits and size, since overlap is a matter of pixels. No name
    covers a point, earlier ones are placed first, and each stands on the side of ``away_from`` only
    if need be.
    """
    pixels = ax.transData.transform(points)
    scale = ax.figure.dpi / 72
    occupied = _Occupied(ax.get_window_extent(), pixels, _MARKER * scale)
    room = _ROOM * scale
    written = []
    for point, other, name, color in zip(points, away_from, names, colors, strict=True):
        for right, up, horizontal, vertical in _places_away(point - other):
            # A corner of a name may come a little nearer than its side.
            reach = _DISTANCE * (0.85 if right and up else 1)
            text = ax.annotate(
                name,
                point,
                xytext=(right * reach, up * reach),
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                color=color,
                # A word such as "$PATH$" is not a formula.
                parse_math=False,
                **style,
            )
            if occupied.take(text.get_window_extent().padded(room)):
                written.append(text)
                break
            text.remove()
    return written


def label_lines(ax: Any, names: Sequence[str], lines: Sequence[Any], **style: Any) -> list[Any]:
    """Write names beside the right ends of lines, in their colors and without overlap.

    The axes must have their final limits. Names stand one above the other, each as near to its
    line's end as the others let it; a line without points gets none.
    """
    drawn = [(name, line) for name, line in zip(names, lines, strict=True) if len(line.get_xdata())]
    # In points, in which texts are measured whatever the resolution.
    scale = ax.figure.dpi / 72
    right = max((max(line.get_xdata()) for _, line in drawn), default=0)
    ends = [(line.get_xdata()[-1], line.get_ydata()[-1]) for _, line in drawn]
    heights = np.array([ax.transData.transform(end)[1] / scale for end in ends])
    order = np.argsort(heights, kind="stable")
    placed = _spread(heights[order], _LINE_HEIGHT)
    written = []
    for place, height in zip(order, placed, strict=True):
        name, line = drawn[place]
        written.append(
            ax.annotate(
                printable(name),
                (right, ends[place][1]),
                xytext=(9, height - heights[place]),
                textcoords="offset points",
                va="center",
                color=_darker(line.get_color()),
                # No line of the grid behind the letters.
                bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1},
                parse_math=False,
                annotation_clip=False,
                **style,
            )
        )
    return written


def _darker(color: Any) -> tuple[float, ...]:
    """Return a color in which letters are readable: lines may be paler than texts."""
    from matplotlib.colors import to_rgb

    return tuple(0.7 * part for part in to_rgb(color))


def _spread(heights: NDArray[np.floating], distance: float) -> NDArray[np.floating]:
    """Move sorted heights as little as leaves a distance between them.

    Heights that would be too near form a block, which stands around their mean, and blocks that
    come to touch become one.
    """
    blocks: list[list[float]] = []
    for height in heights:
        blocks.append([height])
        while len(blocks) > 1 and _bottom(blocks[-1], distance) < _top(blocks[-2], distance):
            last = blocks.pop()
            blocks[-1] += last
    return np.array(
        [
            _bottom(block, distance) + distance * (place + 0.5)
            for block in blocks
            for place in range(len(block))
        ]
    )


def _bottom(block: list[float], distance: float) -> float:
    return sum(block) / len(block) - distance * len(block) / 2


def _top(block: list[float], distance: float) -> float:
    return sum(block) / len(block) + distance * len(block) / 2


def _places_away(direction: NDArray[np.floating]) -> list[tuple[int, int, str, str]]:
    """Return the places for a name, those furthest in a direction first."""
    return sorted(
        _PLACES,
        key=lambda place: -np.dot(direction, place[:2]) / np.hypot(*place[:2]),
    )


class _Occupied:
    """The boxes of a picture, in pixels, in which something stands already."""

    def __init__(self, frame: Any, points: NDArray[np.floating], radius: float) -> None:
        self.frame = frame
        self.boxes = np.hstack([points - radius, points + radius])

    def take(self, box: Any) -> bool:
        """Occupy a box if it is free and inside the frame; return whether it was."""
        inside = (
            box.x0 >= self.frame.x0
            and box.x1 <= self.frame.x1
            and box.y0 >= self.frame.y0
            and box.y1 <= self.frame.y1
        )
        left, bottom, right, top = self.boxes.T
        overlaps = (left < box.x1) & (right > box.x0) & (bottom < box.y1) & (top > box.y0)
        if not inside or overlaps.any():
            return False
        self.boxes = np.vstack([self.boxes, [box.x0, box.y0, box.x1, box.y1]])
        return True
