"""Pictures of README and of the front page, drawn from the bundled sample.

Run: python tools/pictures.py   (needs the extra plot)
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.plotting._labels import label_points

STATIC = Path(__file__).resolve().parents[1] / "docs" / "_static"
SOURCE, TARGET = "#0072B2", "#D55E00"
# Test pairs of different subjects, which no alignment has seen.
WORDS = ("window", "green", "camera", "week", "children", "message", "compile")


def overview() -> plt.Figure:
    """Draw some test pairs before and after: apart, and together."""
    data = load_en_de()
    aligner = make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint"))
    aligned = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
    test = data.test.drop_duplicates("source").set_index("source")["target"]
    pairs = [(word, test[word]) for word in WORDS]
    figure, axes = plt.subplots(ncols=2, figsize=(7, 3.4), layout="constrained")
    drawn = []
    titles = ("Learned apart", "Aligned by sklearn-instamap")
    for ax, title, spaces in zip(axes, titles, ((data.source, data.target), aligned), strict=True):
        sides = [
            np.array([space.vector(pair[side]) for pair in pairs])
            for side, space in enumerate(spaces)
        ]
        rows = np.concatenate([normalize(side) for side in sides])
        points = PCA(2, svd_solver="full").fit_transform(rows)
        n_pairs = len(pairs)
        for (x, y), (u, v) in zip(points[:n_pairs], points[n_pairs:], strict=True):
            ax.plot([x, u], [y, v], color="#B0B0B0", linewidth=1, zorder=0)
        for side, (color, marker) in enumerate(((SOURCE, "o"), (TARGET, "s"))):
            part = points[side * n_pairs : (side + 1) * n_pairs]
            ax.scatter(*part.T, color=color, marker=marker, s=26)
        ax.set_title(title, loc="left")
        ax.margins(0.14)
        ax.set(xticks=[], yticks=[])
        ax.spines[["top", "right", "left", "bottom"]].set_color("#D0D0D0")
        drawn.append((ax, points))
    for color, marker, name in ((SOURCE, "o", "English"), (TARGET, "s", "German")):
        axes[1].scatter([], [], color=color, marker=marker, label=name)
    axes[1].legend(frameon=False, loc="best", fontsize=9)
    # Names are placed last, where they cover nothing.
    figure.canvas.draw()
    names = [pair[side] for side in (0, 1) for pair in pairs]
    colors = [color for color in (SOURCE, TARGET) for _ in pairs]
    for ax, points in drawn:
        others = np.roll(points, len(pairs), axis=0)
        label_points(ax, points, names, colors, away_from=others, fontsize=9)
    return figure


def main() -> None:
    """Draw all pictures."""
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        overview().savefig(STATIC / "overview.png", dpi=160)


if __name__ == "__main__":
    main()
