"""
When there are few pairs
========================

With fifty pairs a linear map learns little. What helps: words spelled alike, and InstaMap.
"""

# %%
# A hundred pairs do not determine a map of 300 dimensions. We compare what can be done with 50, 100
# and 200 pairs of the bundled dictionary.

import warnings

import matplotlib.pyplot as plt
import pandas as pd

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner, identical_spelling_pairs
from sklearn_instamap.metrics import evaluate_bli
from sklearn_instamap.plotting import DictionarySizeDisplay

data = load_en_de()
identical = identical_spelling_pairs(data.source, data.target)
print(
    f"{len(identical)} words are spelled alike, for example {identical['source'].head(5).tolist()}"
)

# %%
# Words spelled alike are mostly translations of each other, and cost nothing. Test words are
# left out of them, so that the test stays honest.

held_out = set(data.test["source"]) | set(data.test["target"])
identical = identical[~identical["source"].isin(held_out)]

aligners = {
    "PROC": ProcrustesAligner(),
    "VecMap": VecMapAligner(),
    "InstaMap": InstaMapAligner.from_preset("midpoint"),
    "InstaMap on VecMap": make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint")
    ),
}
rows = []
for n_pairs in (50, 100, 200):
    given = data.train.sample(n_pairs, random_state=0)
    for kind, dictionary in (
        ("pairs alone", given),
        ("with words spelled alike", pd.concat([given, identical]).drop_duplicates()),
    ):
        X, y, _ = lookup_pairs(dictionary, data.source, data.target)
        for name, aligner in aligners.items():
            # So few pairs do not determine a map; that is what is looked at here.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                spaces = aligner.fit_transform_spaces(X, y, data.source, data.target)
            table = evaluate_bli(
                *spaces, test_dictionary=data.test, retrieval="csls", metric=("P@1", "MRR")
            )
            row = {"pairs": n_pairs, "kind": kind, "method": name}
            rows.append(row | table[["P@1", "n_queries"]].iloc[0].to_dict())
figures = pd.DataFrame(rows)
print(figures.pivot_table("P@1", ["kind", "method"], "pairs", sort=False).round(3))

# %%
# Two panels, one scale; bands are 95 % intervals.

figure, axes = plt.subplots(ncols=2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, (kind, part) in zip(axes, figures.groupby("kind", sort=False), strict=True):
    DictionarySizeDisplay.from_results(
        part, x="pairs", series="method", score_name="P@1 by CSLS", ax=ax
    )
    ax.set_title(kind, loc="left")
plt.show()
