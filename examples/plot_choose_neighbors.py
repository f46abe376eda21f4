"""
Choose K and T by cross-validation
==================================

How many neighbours should move a point, and how often? Ask folds that share no word.
"""

# %%
# The scorer holds the whole target space: every held-out pair is looked up among all its words.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold
from sklearn_instamap.plotting import NeighborCurveDisplay

data = load_en_de()
english, german = data.source.select(range(2500)), data.target.select(range(2500))
X, y, _ = lookup_pairs(data.train, english, german)

search = GridSearchCV(
    InstaMapAligner(normalize=True),
    {"n_neighbors": [20, 70, 200], "n_iter": [1, 2, 3]},
    scoring=make_bli_scorer(german),
    cv=WordDisjointKFold(2, random_state=0),
)
search.fit(X, y, source_space=english, target_space=german)
print(search.best_params_, f"P@1 {search.best_score_:.3f}")

# %%
# The table of the search, drawn as curves.

results = pd.DataFrame(search.cv_results_).assign(
    iterations=lambda table: "T = " + table["param_n_iter"].astype(str)
)
NeighborCurveDisplay.from_results(
    results, x="param_n_neighbors", score="mean_test_score", series="iterations"
)
plt.ylabel("P@1 × 100, held-out pairs")
plt.show()
