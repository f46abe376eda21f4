"""How many pairs of a dictionary are found, by the number of words read."""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_instamap.datasets import load_en_de

data = load_en_de()
pairs = data.train
ranks = np.maximum(
    [data.source.index(word) for word in pairs["source"]],
    [data.target.index(word) for word in pairs["target"]],
)
n_words = np.arange(100, 5001, 100)
found = [100 * np.mean(ranks < n) for n in n_words]
figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
ax.plot(n_words, found, color="#0072B2", linewidth=2)
ax.set_xscale("log")
ticks = [100, 200, 500, 1000, 2000, 5000]
ax.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
ax.minorticks_off()
ax.set_xlabel("Words read on each side (max_words)")
ax.set_ylabel("Pairs with both words (%)")
ax.grid(axis="y", color="0.9")
ax.spines[["top", "right"]].set_visible(False)
