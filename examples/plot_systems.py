"""
All systems, all and unseen pairs, with significance
====================================================

Which system is better, by how much, and is the difference real? One test, read with care.
"""

# %%
# Six systems are fitted on the same training pairs.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_instamap import InstaMapAligner, KabschRotation, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import ProcrustesAligner, RidgeAligner, VecMapAligner
from sklearn_instamap.metrics import (
    compare_methods,
    confidence_interval,
    translation_ranks,
    unseen_pairs,
)

data = load_en_de()
systems = {
    "ridge": RidgeAligner(),
    "rotation": KabschRotation(),
    "PROC": ProcrustesAligner(),
    "VecMap": VecMapAligner(),
    "InstaMap (midpoint)": InstaMapAligner.from_preset("midpoint"),
    "IM∘VM (midpoint)": make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint")
    ),
}

# %%
# The test pairs share no word with the training pairs. A hundred training pairs are added, as
# published test dictionaries have some: *all* counts them, *unseen* does not.

test = pd.concat([data.test, data.train.sample(100, random_state=0)], ignore_index=True)
unseen = unseen_pairs(test_dictionary=test, train_dictionary=data.train)
queries = data.source.indices(test["source"])
gold = data.target.indices(test["target"])

hits = {}
for name, system in systems.items():
    english, german = system.fit_transform_spaces(data.X, data.y, data.source, data.target)
    ranks = translation_ranks(
        english.vectors[queries],
        german,
        gold,
        retrieval="csls",
        source_space=english,
    )
    hits[name] = (ranks == 1).astype(float)
hits = pd.DataFrame(hits)
print((100 * pd.DataFrame({"all": hits.mean(), "unseen": hits[unseen].mean()})).round(1))

# %%
# The shuffling test swaps the outcomes of the same query between two systems; its p-values are
# corrected for the number of comparisons.

columns = ["method", "other", "difference", "pvalue_corrected", "significant"]
print(compare_methods(hits[unseen], reference="VecMap", random_state=0)[columns].round(3))

# %%
# Differences to VecMap with their 95 % intervals: paired, and so narrower than the intervals of the
# figures themselves.

figure, axes = plt.subplots(ncols=2, figsize=(9, 3.6), sharey=True, layout="constrained")
names = [name for name in systems if name != "VecMap"]
for ax, (subset, part) in zip(axes, (("all", hits), ("unseen", hits[unseen])), strict=True):
    for row, name in enumerate(names):
        low, high = confidence_interval(part[name], part["VecMap"], random_state=0)
        ax.plot([100 * low, 100 * high], [row, row], color="#0072B2", linewidth=2)
        ax.plot(100 * (part[name] - part["VecMap"]).mean(), row, "o", color="#0072B2")
    ax.axvline(0, color="#808080", linewidth=1)
    ax.set_title(f"{subset}: {len(part)} pairs", loc="left")
    ax.set_xlabel("P@1 by CSLS, less that of VecMap (points)")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_yticks(np.arange(len(names)), labels=names)
plt.show()
