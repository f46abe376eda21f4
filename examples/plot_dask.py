"""
Past one machine with Dask
==========================

A search over many settings is many independent fits. Dask runs them on several machines.
"""

# %%
# Here the "cluster" is two workers in this process; with the address of a scheduler,
# ``Client("tcp://...")``, the rest stays as it is.

import matplotlib.pyplot as plt
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold
from sklearn_instamap.plotting import NeighborCurveDisplay

data = load_en_de()
english, german = data.source.select(range(2000)), data.target.select(range(2000))
train = data.train[
    data.train["source"].isin(english.words) & data.train["target"].isin(german.words)
]
X = english.vectors[english.indices(train["source"])]
y = german.vectors[german.indices(train["target"])]

# %%
# GridSearchCV hands its fits to joblib, and joblib hands them to Dask. The spaces travel with
# the fits as metadata.

search = GridSearchCV(
    InstaMapAligner.from_preset("midpoint"),
    {"n_neighbors": [20, 70, 150], "step": [0.5, 1.0]},
    scoring=make_bli_scorer(german, retrieval="csls"),
    cv=WordDisjointKFold(2, shuffle=True, random_state=0),
)
cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None)
with cluster, Client(cluster), parallel_config("dask"):
    search.fit(X, y, source_space=english, target_space=german)
print(search.best_params_, f"P@1 {search.best_score_:.3f}")

# %%
# The scores are those of one process, to the last bit.

display = NeighborCurveDisplay.from_results(search, score_name="P@1 of held-out pairs")
plt.show()
