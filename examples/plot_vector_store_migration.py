"""
Moving an index while it serves: Qdrant
=======================================

First all vectors are mapped, then they are replaced by re-embedded ones, and search never stops.
"""

# %%
# The documents are paragraphs of the documentation of SciPy, scikit-learn and pandas, the queries
# the sentences before them. The two "models" are made of scikit-learn's parts, so that this runs
# everywhere: the old one counts words, the new one parts of words.

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas
import scipy
import sklearn.metrics
import sklearn.preprocessing
from qdrant_client import QdrantClient, models
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from sklearn_instamap import transform_batches
from sklearn_instamap.linear import RidgeAligner
from sklearn_instamap.metrics import confidence_interval

PLACES = (
    *(scipy.signal, scipy.stats, scipy.special, scipy.optimize, scipy.ndimage, scipy.linalg),
    *(scipy.sparse, scipy.spatial, pandas, pandas.DataFrame, pandas.Series, pandas.DatetimeIndex),
    *(sklearn.metrics, sklearn.preprocessing),
)
texts = {}
for place in PLACES:
    for name in dir(place):
        docstring = inspect.getdoc(getattr(place, name, None)) or ""
        parts = [" ".join(part.split()) for part in docstring.split("\n\n")]
        parts = parts[1:] if parts[0].startswith(f"{name}(") else parts
        if not name.startswith("_") and len(parts) > 1 and len(parts[1]) > 80:
            texts.setdefault(parts[0], parts[1][:300])
queries, documents = list(texts), list(texts.values())


def model(analyzer, n_components, **options):
    return make_pipeline(
        TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, **options),
        TruncatedSVD(n_components, random_state=0),
        Normalizer(),
    ).fit(documents)


old = model("word", 128)
new = model("char_wb", 256, ngram_range=(2, 5))
rng = np.random.default_rng(0)
asked = rng.choice(len(documents), 200, replace=False)
old_vectors, new_vectors = (np.float32(each.transform(documents)) for each in (old, new))
old_queries, new_queries = (
    np.float32(each.transform([queries[row] for row in asked])) for each in (old, new)
)
print(f"{len(documents)} documents, {len(asked)} queries")

# %%
# A collection of vectors for each space, in Qdrant's local mode, which needs no server. Only
# documents which no query asks for are embedded by both models to learn from: 500 of them.

store = QdrantClient(":memory:")
for name, width in (("old", 128), ("new", 256)):
    store.create_collection(name, models.VectorParams(size=width, distance=models.Distance.COSINE))


def write(collection, rows, vectors):
    """Insert or replace some vectors."""
    ids = [int(row) for row in rows]
    store.upsert(collection, models.Batch(ids=ids, vectors=vectors.tolist()))


def recall_at_10(collection, vectors):
    """Whether each query finds its document among the first ten."""
    requests = [models.QueryRequest(query=vector.tolist(), limit=10) for vector in vectors]
    answers = store.query_batch_points(collection, requests)
    found = [{point.id for point in answer.points} for answer in answers]
    return np.array([row in ids for row, ids in zip(asked, found, strict=True)])


everything = np.arange(len(documents))
write("old", everything, old_vectors)
pairs = rng.choice(np.setdiff1d(everything, asked), 500, replace=False)
before = recall_at_10("old", old_queries)

# %%
# **Bridge.** From the first minute, queries of the new model are mapped into the old index.

to_old = RidgeAligner().fit(new_vectors[pairs], old_vectors[pairs])
bridged = recall_at_10("old", to_old.transform(new_queries))

# %%
# **Map.** Batch by batch the stored vectors are mapped into the new model's space. As long as not
# all are there, the bridge answers.

to_new = RidgeAligner().fit(old_vectors[pairs], new_vectors[pairs])
start = 0
for batch in transform_batches(to_new, old_vectors, batch_size=256):
    write("new", range(start, start + len(batch)), batch)
    start += len(batch)
assert start == len(documents)

# %%
# **Re-embed.** Now the new collection answers, with the new model's own queries. Documents are
# embedded again one batch after the other, in any order, and replace their mapped vectors: both
# kinds stand in the same space.

shares, recalls = [0.0], [recall_at_10("new", new_queries)]
order = rng.permutation(len(documents))
for part in np.array_split(order, 8):
    write("new", part, new_vectors[part])
    shares.append(shares[-1] + len(part) / len(documents))
    recalls.append(recall_at_10("new", new_queries))
after = recalls[-1]
for name, found in (
    ("old model throughout", before),
    ("bridged", bridged),
    ("index mapped", recalls[0]),
    ("half of it re-embedded", recalls[4]),
    ("new model throughout", after),
):
    low, high = confidence_interval(found)
    print(f"{name:24} recall@10 {found.mean():.3f} ({low:.3f} to {high:.3f})")
store.close()

# %%
# While mapped and embedded vectors stand side by side, the embedded ones have an advantage: they
# are nearer to the queries, right or wrong. How much that costs in between, the curve shows.

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
means = np.array([found.mean() for found in recalls])
ends = np.array([confidence_interval(found) for found in recalls])
ax.fill_between(shares, ends[:, 0], ends[:, 1], color="#0072B2", alpha=0.2)
ax.plot(shares, means, marker="o", color="#0072B2")
lines = [("the new collection", means[-1], "#0072B2")]
for name, found, color in (("old model", before, "#000000"), ("bridge", bridged, "#A84A00")):
    ax.plot(shares, np.full(len(shares), found.mean()), color=color, linestyle="--")
    lines.append((name, found.mean(), color))
# Names stand at the ends of the lines, a line of text apart.
heights = sorted(lines, key=lambda line: line[1])
for place, (name, height, color) in enumerate(heights):
    near = place and height - heights[place - 1][1] < 0.03
    ax.annotate(
        name,
        (1, height),
        (9, 5 if near else -3),
        textcoords="offset points",
        color=color,
        annotation_clip=False,
    )
ax.set_xlabel("Share of the documents embedded again")
ax.set_ylabel("Recall@10")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
