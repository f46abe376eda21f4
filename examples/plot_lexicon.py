"""
A lexicon with confidence
=========================

Translations with a probability each, and an honest "no translation".
"""

# %%
# The ranker looks at the candidates of several maps, at their frequencies and their spelling. It
# learns from training pairs that were held out what all of this is worth.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.metrics import confidence_interval

data = load_en_de()
ranker = LexiconRanker(random_state=0).fit(
    data.train["source"],
    data.train["target"],
    source_space=data.source,
    target_space=data.target,
)
print(ranker.rank(["currency", "window", "gnome"], n_best=3).round(2))

# %%
# The first answers to the test words, the surest first: how many of them are right?

best = ranker.rank(data.test["source"].unique(), n_best=1)
right = set(zip(data.test["source"], data.test["target"], strict=True))
best["right"] = [pair in right for pair in zip(best["source"], best["target"], strict=True)]
best = best.sort_values("probability", ascending=False, ignore_index=True)
answered = np.arange(1, len(best) + 1)
precision = best["right"].cumsum() / answered
print(f"all answers: {precision.iloc[-1]:.2f} right")
print(f"the surer half: {precision.iloc[len(best) // 2]:.2f} right")

# %%
# Whoever wants fewer errors asks for a higher probability, and gets fewer answers.

figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
ax.plot(100 * answered / len(best), 100 * precision, color="#0072B2")
# The interval of 95 %, from ten answers on.
low, high = zip(*(confidence_interval(best["right"][:n]) for n in answered[9:]), strict=True)
band = 100 * np.array(low), 100 * np.array(high)
ax.fill_between(100 * answered[9:] / len(best), *band, color="#0072B2", alpha=0.12, linewidth=0)
for least in (0.9, 0.7, 0.5):
    n_sure = int((best["probability"] >= least).sum())
    if n_sure:
        x, y = 100 * n_sure / len(best), 100 * precision.iloc[n_sure - 1]
        ax.plot(x, y, "o", color="#0072B2")
        ax.annotate(f"probability from {least}", (x, y), xytext=(6, 6), textcoords="offset points")
ax.set_xlabel("Test words that are answered (%)")
ax.set_ylabel("Right among the answers (%)")
ax.set_ylim(top=101)
ax.spines[["top", "right"]].set_visible(False)
plt.show()
