"""
Reading the ranker
==================

Which features decide on a translation, and by how much?
"""

# %%
# The ranker is a conditional logit: a weighted sum of features for every candidate, and a softmax
# over the candidates of a word. Features are standardized, so that weights can be compared.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.lexicon import LexiconRanker

data = load_en_de()
spaces = {"source_space": data.source, "target_space": data.target}
words = data.train["source"], data.train["target"]
X_test, y_test = data.test["source"], data.test["target"]

# %%
# With and without characters: names and cognates are easy by their spelling, other words are not.

rankers = {}
for name, features in {
    "maps": ["geometry", "bands", "mean", "frequency", "headwords", "anchors"],
    "everything": None,
}.items():
    ranker = LexiconRanker(features=features, random_state=0).fit(*words, **spaces)
    rankers[name] = ranker
    print(f"{name}: P@1 {ranker.score(X_test, y_test):.3f}")

# %%
# The largest weights of the second one.

importances = rankers["everything"].feature_importances()
print(importances.head(12))

values = importances.head(12)[::-1]
names = values["group"] + ": " + values["feature"]
figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.barh(
    np.arange(len(values)),
    values["coefficient"],
    color=np.where(values["coefficient"] > 0, "#0072B2", "#D55E00"),
)
ax.set_yticks(np.arange(len(values)), labels=names)
ax.axvline(0, color="#808080", linewidth=1)
ax.set_xlabel("Weight of the standardized feature")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
