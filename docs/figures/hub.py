"""Languages around a hub."""

import numpy as np
from boxes import BLUE, VERMILION, arrow, box, diagram

ax = diagram(6.4, 3.6)
center = np.array([3.2, 1.8])
box(ax, *center, "English:\nits vectors stay", VERMILION, filled=True, size=11)
places = {"German": (0.8, 3.1), "French": (5.6, 3.1), "Turkish": (0.8, 0.5), "Finnish": (5.6, 0.5)}
for language, place in places.items():
    box(ax, *place, language, BLUE, size=11)
    way = center - place
    arrow(ax, np.array(place) + 0.22 * way, np.array(place) + 0.66 * way, color=BLUE)
ax.annotate(
    "",
    (4.95, 3.25),
    (1.45, 3.25),
    arrowprops={"arrowstyle": "<|-|>", "color": "0.45", "linestyle": "--"},
)
ax.text(3.2, 3.33, "no dictionary needed", ha="center", fontsize=9)
