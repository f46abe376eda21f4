"""What goes into an aligner and what comes out."""

from boxes import BLUE, VERMILION, arrow, box, diagram

ax = diagram(8.4, 3.6)
box(ax, 1.2, 3.2, "source space\n5,000 English words", BLUE)
box(ax, 1.2, 0.4, "target space\n5,000 German words", VERMILION)
box(ax, 1.2, 1.8, "dictionary\nrows X and y")
box(ax, 4.2, 1.8, "aligner", BLUE, filled=True, size=12)
box(ax, 7.2, 1.8, "shared space\nall words of both", size=11)
arrow(ax, (2.05, 1.8), (3.72, 1.8), "fit(X, y)")
arrow(ax, (2.15, 2.95), (3.8, 2.08), color=BLUE)
arrow(ax, (2.15, 0.65), (3.8, 1.52), color=VERMILION)
ax.text(3.2, 2.75, "source_space=", fontsize=9, color=BLUE, family="monospace")
ax.text(3.2, 0.8, "target_space=", fontsize=9, color=VERMILION, family="monospace")
arrow(ax, (4.7, 2.05), (6.25, 2.05), color=BLUE)
arrow(ax, (4.7, 1.55), (6.25, 1.55), color=VERMILION)
ax.text(5.45, 2.15, "transform", ha="center", fontsize=9, color=BLUE, family="monospace")
ax.text(5.45, 1.3, "transform_target", ha="center", fontsize=9, color=VERMILION, family="monospace")
