"""What a benchmark does: cells that are files, and what is made of them."""

from boxes import BLUE, arrow, box, diagram

ax = diagram(8.4, 3.2)
for row, pair in enumerate(["en-de", "de-tr", "tr-fi"]):
    y = 2.3 - 0.6 * row
    ax.text(0.75, y, pair, ha="right", va="center", fontsize=9)
    for column, method in enumerate(["PROC", "VecMap", "IM∘VM"]):
        x = 1.3 + 0.85 * column
        done = row + column < 3
        box(ax, x, y, "done" if done else "  …  ", BLUE, filled=done, size=8)
        if row == 0:
            ax.text(x, 2.75, method, ha="center", fontsize=9)
ax.text(2.15, 0.45, "cells: a fit each, a file each", ha="center", fontsize=9)
box(ax, 5.0, 1.7, "results.parquet\nranks.parquet", size=9, code=True)
box(ax, 7.4, 2.6, "tables", BLUE)
box(ax, 7.4, 1.7, "significance", BLUE)
box(ax, 7.4, 0.8, "pictures", BLUE)
arrow(ax, (3.5, 1.7), (4.15, 1.7))
for y in (2.6, 1.7, 0.8):
    arrow(ax, (5.85, 1.7 + (y - 1.7) * 0.15), (6.75, y))
