"""
Choose K and T by cross-validation
==================================

How many neighbors should move a point, and how often? Ask folds that share no word.
"""

# %%
# Every held-out pair is looked up among all words of the target space. All numbers of iterations
# come from one fit for each K and fold.

import matplotlib.pyplot as plt

from sklearn_instamap import InstaMapAligner, InstaMapAlignerCV
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.plotting import IterationCurveDisplay, NeighborCurveDisplay

data = load_en_de()
english, german = data.source.select(range(2000)), data.target.select(range(2000))
X, y, _ = lookup_pairs(data.train, english, german)

aligner = InstaMapAlignerCV(
    n_neighbors=(20, 70, 150, 300),
    n_iter=(1, 2, 3, 4),
    estimator=InstaMapAligner(normalization=("unit", "center", "unit")),
    cv=2,
)
aligner.fit(X, y, source_space=english, target_space=german)
print(aligner.best_params_, f"P@1 {aligner.best_score_:.3f}")

# %%
# What was found, from either side.

figure, axes = plt.subplots(ncols=2, figsize=(9, 4.2), sharey=True, layout="constrained")
NeighborCurveDisplay.from_results(aligner, score_name="P@1 of held-out pairs", ax=axes[0])
IterationCurveDisplay.from_results(aligner, score_name="P@1 of held-out pairs", ax=axes[1])
axes[1].set_ylabel("")

# %%
# The aligner was fitted on all pairs in the end. The test pairs, which no choice has seen, after
# each of its iterations:

X_test, y_test, _ = lookup_pairs(data.test, english, german, warn_below=0)
display = IterationCurveDisplay.from_estimator(aligner, X_test, y_test, target_space=german)
display.ax_.set_title(f"{len(X_test)} test pairs, K = {aligner.n_neighbors_}", loc="left")
plt.show()
