"""
Write your own aligner
======================

Three methods on checked arrays make an aligner that works in pipelines and searches.
"""

# %%
# ``AlignerMixin`` checks the input, handles whole spaces, containers and scores. What is left to
# write is the method: here, ridge regression from the source onto the target.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer


class LeastSquaresAligner(AlignerMixin, BaseEstimator):
    """Map the source onto the target by ridge regression."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def _fit_pairs(self, X, y, source, target):
        self.source_mean_, self.target_mean_ = X.mean(axis=0), y.mean(axis=0)
        X, y = X - self.source_mean_, y - self.target_mean_
        penalty = self.alpha * np.eye(X.shape[1], dtype=X.dtype)
        self.source_map_ = np.linalg.solve(X.T @ X + penalty, X.T @ y)
        self._n_features_out = y.shape[1]

    def _map_source(self, X):
        mapped = (X - self.source_mean_) @ self.source_map_ + self.target_mean_
        return mapped.astype(X.dtype, copy=False)

    def _map_target(self, y):
        return y


# %%
# It is a scikit-learn estimator like any other: its strength is chosen by cross-validation, here
# by P@1 among all German words.

data = load_en_de()
search = GridSearchCV(
    LeastSquaresAligner(),
    {"alpha": np.logspace(-2, 4, 7)},
    scoring=make_bli_scorer(data.target),
    cv=3,
)
search.fit(data.X, data.y)
print(f"alpha = {search.best_params_['alpha']:g}, P@1 {search.best_score_:.3f}")

# %%
# It also stands below InstaMap.

X_test, y_test, _ = lookup_pairs(data.test, data.source, data.target)
scorer = make_bli_scorer(data.target)
for aligner in (
    LeastSquaresAligner(**search.best_params_),
    make_aligner_pipeline(
        LeastSquaresAligner(**search.best_params_), InstaMapAligner.from_preset("midpoint")
    ),
):
    aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    print(f"{type(aligner).__name__}: P@1 {scorer(aligner, X_test, y_test):.3f} on the test pairs")

# %%
# The curve of the search.

figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
results = search.cv_results_
ax.errorbar(
    results["param_alpha"].astype(float),
    100 * results["mean_test_score"],
    yerr=100 * results["std_test_score"] / np.sqrt(search.n_splits_),
    marker="o",
    capsize=3,
)
ax.set_xscale("log")
ax.set_xlabel("alpha")
ax.set_ylabel("P@1 of held-out pairs (%)")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
