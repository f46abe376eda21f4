"""
InstaMap on top of VecMap
=========================

A pipeline puts InstaMap on top of any other aligner; on top of VecMap it is the paper's best.
"""

# %%
# Every system is an aligner, and so is a pipeline of them: changing the system changes one line.

import matplotlib.pyplot as plt
import pandas as pd

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import evaluate_bli

data = load_en_de()
english, german = data.source.select(range(2500)), data.target.select(range(2500))
X, y, _ = lookup_pairs(data.train, english, german)

systems = {
    "Procrustes": ProcrustesAligner(),
    "InstaMap": InstaMapAligner(n_iter=2),
    "VecMap": VecMapAligner(),
    "InstaMap\non VecMap": make_aligner_pipeline(VecMapAligner(), InstaMapAligner(n_iter=2)),
    "midpoint\non VecMap": make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint")
    ),
}

# %%
# All test pairs of the sample are unseen: no word of theirs is in the training pairs.

scores = {}
for name, aligner in systems.items():
    spaces = aligner.fit_transform_spaces(X, y, english, german)
    table = evaluate_bli(*spaces, test_dictionary=data.test, metric=("P@1", "MRR"))
    scores[name] = 100 * table["P@1"].droplevel(["protocol", "subset"])
scores = pd.DataFrame(scores).T
print(scores.round(1))

axes = scores.rename(columns={"csls": "CSLS"}).plot.bar(
    rot=0, width=0.75, color=["#0072B2", "#E69F00"], figsize=(7.5, 4)
)
for bars in axes.containers:
    axes.bar_label(bars, fmt="%.0f", padding=2, fontsize="small")
axes.set(ylabel="P@1 × 100, unseen pairs", ylim=(0, 100))
axes.spines[["top", "right"]].set_visible(False)
axes.legend(title="looked up by", frameon=False, ncols=2)
plt.tight_layout()
plt.show()
