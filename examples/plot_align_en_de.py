"""
Align English and German, and look at it before and after
=========================================================

InstaMap brings two real spaces of word vectors into one, and the test pairs together.
"""

# %%
# The bundled sample: two spaces, pairs to learn from and pairs to test on, which share no word.
# We take the more frequent half of the words.

import matplotlib.pyplot as plt

from sklearn_instamap import InstaMapAligner, KabschRotation
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import evaluate_bli, translate
from sklearn_instamap.plotting import SpaceMapDisplay

data = load_en_de()
english, german = data.source.select(range(2500)), data.target.select(range(2500))
X, y, report = lookup_pairs(data.train, english, german)
print(report)

# %%
# Fitting computes both mapped spaces on its way, and returns them on request.

aligner = InstaMapAligner(n_iter=2, normalization=("unit", "center", "unit"))
aligned = aligner.fit_transform_spaces(X, y, english, german)
rotated = KabschRotation().fit_transform_spaces(X, y, english, german)
for name, spaces in {"rotation alone": rotated, "InstaMap": aligned}.items():
    table = evaluate_bli(
        *spaces, test_dictionary=data.test, retrieval="cosine", metric=("P@1", "P@5", "MRR")
    )
    print(name, table[["P@1", "P@5", "MRR"]].round(3).to_dict("records"))

# %%
# Words are translated by what is near them in the shared space.

print(translate(["print", "green", "window"], *aligned, n_best=3))

# %%
# The same test pairs before, after the first rotation, after the first translation of every point,
# and in the end.

SpaceMapDisplay.from_estimator(
    aligner, english, german, data.test, source_name="English", target_name="German"
)
plt.show()
