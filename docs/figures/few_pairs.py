"""A rotation learned from fewer pairs than dimensions."""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap import KabschRotation
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.metrics import confidence_interval, translation_ranks

# The very warning that the page speaks of.
warnings.filterwarnings("ignore", ".* do not determine the map")
data = load_en_de()
query = data.source.vectors[data.source.indices(data.test["source"])]
gold = data.target.indices(data.test["target"])
sizes = [50, 100, 200, 300, 450, 700, 1239]
hits = []
for size in sizes:
    rotation = KabschRotation().fit(data.X[:size], data.y[:size])
    hits.append(translation_ranks(rotation.transform(query), data.target, gold) == 1)
low, high = 100 * np.transpose([confidence_interval(each) for each in hits])

figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
ax.fill_between(sizes, low, high, color="#0072B2", alpha=0.15, linewidth=0)
ax.plot(sizes, [100 * each.mean() for each in hits], "o-", color="#0072B2")
ax.axvline(300, color="0.45", linestyle="--", linewidth=1)
ax.text(290, 2, "as many pairs\nas dimensions", ha="right", fontsize=9, color="0.3")
ax.set_xscale("log")
ax.set_xticks(sizes, labels=[f"{size:,}" for size in sizes])
ax.minorticks_off()
ax.set_ylim(0)
ax.set_xlabel("Pairs")
ax.set_ylabel("P@1 by cosine (%)")
ax.grid(axis="y", color="0.9")
ax.spines[["top", "right"]].set_visible(False)
