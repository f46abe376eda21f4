"""One iteration of InstaMap in two dimensions: where points are before, rotated and translated."""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap import InstanceTranslator, KabschRotation

rng = np.random.default_rng(3)
angle, radius = rng.uniform(0, 2 * np.pi, 60), rng.uniform(0.7, 1.2, 60)
target = (radius * [np.cos(angle), np.sin(angle)]).T
# Each direction is shifted its own way, and then all are turned by 70 degrees.
local = 0.35 * np.column_stack([np.sin(2 * angle), np.cos(3 * angle)])
turn = np.deg2rad(70)
source = (target + local) @ [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
pairs = slice(0, 40)

rotation = KabschRotation().fit(source[pairs], target[pairs])
rotated = rotation.transform(source)
translator = InstanceTranslator(n_neighbors=5, step=0.5).fit(rotated[pairs], target[pairs])
panels = [
    ("Before", source, target),
    ("Rotated (eq. 2)", rotated, target),
    (
        "Translated (eqs. 3 and 4)",
        translator.transform(rotated),
        translator.transform_target(target),
    ),
]
figure, axes = plt.subplots(
    ncols=3, figsize=(9, 3.2), sharex=True, sharey=True, layout="constrained"
)
for ax, (title, left, right) in zip(axes, panels, strict=True):
    ax.plot(*np.stack([left, right]).transpose(2, 0, 1), color="0.75", linewidth=1)
    ax.plot(*left.T, "o", color="#0072B2", markersize=4, label="source")
    ax.plot(*right.T, "s", color="#D55E00", markersize=4, label="target")
    ax.set_title(title, loc="left")
    ax.set(xticks=[], yticks=[], aspect="equal")
axes[0].legend(loc="lower left", fontsize=8)
