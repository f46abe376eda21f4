"""
Words that change their meaning: one language at two times
===========================================================

Two spaces of one language are aligned like two languages; what does not fit has changed.
"""

# %%
# A word's vectors of two times lie in two spaces that have nothing in common, until one is rotated
# onto the other. The dictionary is the vocabulary itself: most words stay what they are. How far a
# word then lies from itself measures its change.
#
# Every word lies some way from itself, because either corpus is a sample. How far is far, a *null*
# tells: the sentences of both times are shuffled and divided again, so that no word can have
# changed, and all is done over. We know what is true here, as we make the corpora ourselves.

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse.linalg import svds

from sklearn_instamap.linear import ProcrustesAligner

N_WORDS, N_TOPICS, N_SENTENCES, CHANGED = 240, 12, 6000, range(8)
rng = np.random.default_rng(0)
now = np.arange(N_WORDS) % N_TOPICS
before = now.copy()
before[CHANGED] = (before[CHANGED] + N_TOPICS // 2) % N_TOPICS
frequency = 1 / (1 + rng.permutation(N_WORDS) // 20)


def corpus(topics):
    """Sentences of ten words, each about one topic and a little about everything."""
    chances = np.array([np.where(topics == t, 1.0, 0.04) * frequency for t in range(N_TOPICS)])
    chances /= chances.sum(axis=1, keepdims=True)
    return np.array(
        [rng.choice(N_WORDS, 10, p=chances[t]) for t in rng.integers(N_TOPICS, size=N_SENTENCES)]
    )


def space(sentences):
    """Vectors of words from what they stand with: positive mutual information, and an SVD."""
    counts = np.zeros((len(sentences), N_WORDS))
    np.add.at(counts, (np.arange(len(sentences))[:, None], sentences), 1)
    together = counts.T @ counts + 0.1
    total = together.sum()
    expected = together.sum(axis=0) * together.sum(axis=1)[:, None] / total
    u, s, _ = svds(np.maximum(np.log(together / expected), 0), k=20, v0=np.ones(N_WORDS))
    vectors = u * np.sqrt(s)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def distances(first, second):
    """How far each word lies from itself once the first space is rotated onto the second."""
    old, new = space(first), space(second)
    turned = ProcrustesAligner().fit(old, new).transform(old)
    return 1 - (turned * new).sum(axis=1) / np.linalg.norm(turned, axis=1)


old, new = corpus(before), corpus(now)
observed = distances(old, new)

# %%
# The null: thirty divisions of the shuffled sentences. A word is said to have changed if it lies
# further from itself than *any* word does in 95 % of them, so that of all words together one is
# wrongly named in one of twenty studies.

both = np.concatenate([old, new])
shuffled = []
for _ in range(30):
    order = rng.permutation(len(both))
    shuffled.append(distances(both[order[:N_SENTENCES]], both[order[N_SENTENCES:]]))
shuffled = np.array(shuffled)
limit = np.quantile(shuffled.max(axis=1), 0.95)
found = np.flatnonzero(observed > limit)
print(f"changed: words {list(CHANGED)}; found beyond {limit:.2f}: words {found.tolist()}")
print(f"distance of those that stayed: {np.median(observed[len(CHANGED) :]):.3f} (median)")

# %%
# Without the null one would have to guess where to cut. A rotation is the map to use: a map with
# more freedom fits the changed words, too, and hides them.

figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
bins = np.linspace(0, max(observed.max(), shuffled.max()), 40)
stayed = np.setdiff1d(np.arange(N_WORDS), CHANGED)
ax.hist(shuffled.ravel(), bins, density=True, color="#BBBBBB")
highest, *_ = ax.hist(observed[stayed], bins, density=True, histtype="step", color="#0072B2")
ax.plot(observed[CHANGED], np.full(len(CHANGED), 0.5), "v", color="#D55E00")
ax.axvline(limit, color="#000000", linestyle="--", linewidth=1)
# Names stand beside what they name, in its color.
changed, top = observed[CHANGED].mean(), max(highest)
ax.text(changed, 1, "words that changed", color="#A84A00", ha="center", va="bottom")
ax.text(0.2 * limit, 0.8 * top, "words that stayed", color="#0072B2")
ax.text(0.2 * limit, 0.7 * top, "null: shuffled corpora", color="#666666")
ax.text(0.98 * limit, top, "limit over all words, 5 %", ha="right", va="top")
ax.set_xlabel("Cosine distance of a word to itself")
ax.set_ylabel("Density")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
