"""
Hubs, and what retrieval does about them
========================================

Some target words are near everything. CSLS takes that into account.
"""

# %%
# In spaces of many dimensions a few words are near very many others: hubs.
# A look-up by cosine returns them as answers, right or wrong.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import evaluate_bli, hubness_report, k_occurrence, translate

data = load_en_de()
english, german = ProcrustesAligner().fit_transform_spaces(data.X, data.y, data.source, data.target)

# %%
# The report counts how often each German word is among the ten nearest of the English words.

print(hubness_report(english, german, k=10))
counts = k_occurrence(english, german, k=10)
order = np.argsort(-counts, kind="stable")
print([(german.words[row], int(counts[row])) for row in order[:5]])

# %%
# The same test pairs, looked up by cosine and by CSLS, which takes off each word's mean similarity
# to its neighbors.

table = evaluate_bli(
    english,
    german,
    test_dictionary=data.test,
    retrieval=("cosine", "csls"),
    metric=("P@1", "P@5", "MRR"),
)
print(table[["P@1", "P@5", "MRR"]].round(3))

# %%
# First answers for all English words: how often is each German word one?

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for retrieval, color in (("cosine", "#D55E00"), ("csls", "#0072B2")):
    answers = translate(english, english, german, n_best=1, retrieval=retrieval)["translation"]
    times = np.sort(answers.value_counts().to_numpy())[::-1]
    ax.loglog(np.arange(1, len(times) + 1), times, color=color)
    ax.annotate(
        {"cosine": "cosine", "csls": "CSLS"}[retrieval],
        (1, times[0]),
        xytext=(8, 7),
        textcoords="offset points",
        va="center",
        color=color,
    )
ax.set_xlabel("German words, the most frequent answer first")
ax.set_ylabel("English words it is the answer to")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
