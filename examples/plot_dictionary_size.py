"""
How many pairs does it take?
============================

Three methods on the first 100, 300, 600 and 1200 pairs of a dictionary.
"""

# %%
# Dictionaries are sorted by frequency: a small one is the beginning of a large one. Fewer pairs
# than dimensions do not determine a map, and every fit says so; here that is what we look at.

import warnings

import matplotlib.pyplot as plt
from sklearn.preprocessing import Normalizer

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.plotting import DictionarySizeDisplay

warnings.filterwarnings("ignore", message=".*do not determine")

data = load_en_de()
X, y, _ = lookup_pairs(data.train, data.source, data.target)
X_test, y_test, _ = lookup_pairs(data.test, data.source, data.target)

display = DictionarySizeDisplay.from_estimator(
    {
        "PROC": make_aligner_pipeline(Normalizer(), ProcrustesAligner()),
        "VecMap": VecMapAligner(),
        "IM∘VM": make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint")),
    },
    X,
    y,
    X_test=X_test,
    y_test=y_test,
    source_space=data.source,
    target_space=data.target,
    sizes=(100, 300, 600, 1200),
)
display.ax_.set_title(f"{len(X_test)} test pairs among {data.target.n_words} words", loc="left")
print({name: scores.round(3).tolist() for name, scores in display.scores.items()})
plt.show()
