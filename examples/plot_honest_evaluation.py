"""
How a dictionary's overlap flatters
===================================

Published test dictionaries share words with their training dictionaries. What does that do to P@1?
"""

# %%
# The bundled dictionaries share no word. We mix more and more training pairs into the test pairs,
# as they are in the field's own dictionaries, where a quarter of the test pairs has a word that was
# trained on.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_instamap import InstaMapAligner, KabschRotation, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.metrics import confidence_interval, evaluate_bli

data = load_en_de()
aligners = {
    "rotation": KabschRotation(),
    "VecMap": VecMapAligner(),
    "InstaMap on VecMap": make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint")
    ),
}

# %%
# Every row below is one test: so many of its pairs are from the training dictionary. *all* is what
# papers report; *unseen* counts only the pairs that share no word with the training dictionary.

rows = []
for name, aligner in aligners.items():
    spaces = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
    for n_seen in (0, 50, 100, 200, 400):
        test = pd.concat([data.test, data.train.sample(n_seen, random_state=0)])
        table = evaluate_bli(
            *spaces,
            test_dictionary=test,
            train_dictionary=data.train,
            retrieval="csls",
            metric=("P@1", "MRR"),
        ).reset_index()
        for subset, value, n in table[["subset", "P@1", "n_queries"]].itertuples(index=False):
            low, high = confidence_interval(np.arange(n) < round(n * value))
            row = {"method": name, "share": n_seen / len(test), "subset": subset}
            rows.append(row | {"P@1": 100 * value, "low": 100 * low, "high": 100 * high})
figures = pd.DataFrame(rows)
print(
    figures.pivot_table("P@1", ["method", "subset"], "share")
    .round(1)
    .rename(columns="{:.0%}".format)
)

# %%
# The more of the test was seen, the better every method looks, and the closer together methods are:
# on pairs it has learned, even a plain rotation is good. The dashed lines stay where they are.
# Bands are 95 % intervals.

figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
colors = dict(zip(aligners, ("#0072B2", "#D55E00", "#009E73"), strict=True))
shift = {("InstaMap on VecMap", "all"): 4, ("VecMap", "all"): -4}
for (name, subset), curve in figures.groupby(["method", "subset"]):
    ax.plot(
        100 * curve["share"],
        curve["P@1"],
        color=colors[name],
        linestyle="-" if subset == "all" else "--",
        marker="o" if subset == "all" else None,
    )
    if subset == "all":
        band = curve["low"], curve["high"]
        ax.fill_between(100 * curve["share"], *band, color=colors[name], alpha=0.1, linewidth=0)
    end = curve.iloc[-1]
    ax.annotate(
        f"{name}, {subset}",
        (100 * end["share"], end["P@1"]),
        # The upper two would touch.
        xytext=(6, shift.get((name, subset), 0)),
        textcoords="offset points",
        va="center",
        color=colors[name],
    )
ax.set_xlabel("Test pairs that are in the training dictionary (%)")
ax.set_ylabel("P@1 by CSLS (%)")
ax.set_xlim(right=75)
ax.spines[["top", "right"]].set_visible(False)
plt.show()
