"""
Align your own vectors
======================

From two files of vectors and a file of pairs to two aligned files, and a look at whether it worked.
"""

# %%
# Stand-ins for your own files. Put the paths of yours in their place.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import (
    lookup_pairs,
    read_dictionary,
    read_vectors,
    write_dictionary,
    write_vectors,
)
from sklearn_instamap.metrics import evaluate_bli

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
generated = make_bilingual_spaces(n_words=1500, n_train=400, n_test=200, random_state=1)
write_vectors(folder / "source.vec", generated.source)
write_vectors(folder / "target.vec.gz", generated.target)
write_dictionary(folder / "train.tsv", generated.train)
write_dictionary(folder / "test.tsv", generated.test)

# %%
# Read, and see how many pairs both spaces have: if they are few, letter case is the usual reason.

source = read_vectors(folder / "source.vec", max_words=200_000)
target = read_vectors(folder / "target.vec.gz", max_words=200_000)
train, test = read_dictionary(folder / "train.tsv"), read_dictionary(folder / "test.tsv")
X, y, report = lookup_pairs(train, source, target)
print(report)

# %%
# Align, measure on pairs that were not learned from, and write both spaces.

aligner = InstaMapAligner(n_neighbors=20, n_iter=3)
source, target = aligner.fit_transform_spaces(X, y, source, target)
print(
    evaluate_bli(
        source, target, test_dictionary=test, train_dictionary=train, metric=("P@1", "P@5", "MRR")
    )
)
write_vectors(folder / "aligned.source.vec", source)
write_vectors(folder / "aligned.target.vec", target)
temporary.cleanup()

# %%
# Translations should be nearer to each other than to anything else: a bright diagonal.

queries, translations, report = lookup_pairs(test[:20], source, target)
queries = queries / (queries**2).sum(axis=1, keepdims=True) ** 0.5
translations = translations / (translations**2).sum(axis=1, keepdims=True) ** 0.5
figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
image = axes.imshow(queries @ translations.T, cmap="viridis")
axes.set_xticks(range(report.n_found), report.pairs["target"], rotation=90, fontsize="small")
axes.set_yticks(range(report.n_found), report.pairs["source"], fontsize="small")
figure.colorbar(image, label="cosine in the shared space")
plt.show()
