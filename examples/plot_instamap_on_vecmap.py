"""
InstaMap on top of VecMap
=========================

A pipeline puts InstaMap on top of any other aligner; on top of VecMap it is the paper's best.
"""

# %%
# Every system is an aligner, and so is a pipeline of them: changing the system changes one line.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import confidence_interval, evaluate_bli

data = load_en_de()
english, german = data.source.select(range(2500)), data.target.select(range(2500))
X, y, _ = lookup_pairs(data.train, english, german)

systems = {
    "Procrustes": ProcrustesAligner(),
    "InstaMap": InstaMapAligner(n_iter=2),
    "VecMap": VecMapAligner(),
    "InstaMap on VecMap": make_aligner_pipeline(VecMapAligner(), InstaMapAligner(n_iter=2)),
    'the same, "midpoint"': make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint")
    ),
}

# %%
# All test pairs of the sample are unseen: no word of theirs is in the training pairs.

rows = []
for name, aligner in systems.items():
    spaces = aligner.fit_transform_spaces(X, y, english, german)
    table = evaluate_bli(*spaces, test_dictionary=data.test, metric=("P@1", "MRR")).reset_index()
    rows.append(table.assign(system=name))
scores = pd.concat(rows, ignore_index=True)
print(scores.pivot(index="system", columns="retrieval", values="P@1").round(3))

# %%
# With their 95 % intervals: hollow by cosine, filled by CSLS.

figure, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
for retrieval, shift, color, face in (
    ("cosine", -0.12, "#D55E00", "white"),
    ("csls", 0.12, "#0072B2", "#0072B2"),
):
    part = scores[scores["retrieval"] == retrieval]
    for row, (value, n) in enumerate(zip(part["P@1"], part["n_queries"], strict=True)):
        low, high = confidence_interval(np.arange(n) < round(n * value))
        ax.plot([100 * low, 100 * high], [row + shift] * 2, color=color)
        ax.plot(100 * value, row + shift, "o", color=color, markerfacecolor=face)
    label = {"cosine": "by cosine", "csls": "by CSLS"}[retrieval]
    place = (100 * value, row + shift)
    ax.annotate(
        label,
        place,
        (0, 7 if shift > 0 else -7),
        textcoords="offset points",
        ha="center",
        va="bottom" if shift > 0 else "top",
        color=color,
        fontsize="small",
    )
ax.set_yticks(range(len(systems)), labels=systems)
ax.margins(y=0.15)
ax.set_xlabel("P@1 of unseen pairs (%)")
ax.grid(axis="x", color="0.9")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
