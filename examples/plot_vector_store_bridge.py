"""
A new embedding model on an old index: LanceDB
==============================================

Queries of the new model are mapped into the space of the old one, and the index stays as it is.
"""

# %%
# If you change the model that embeds texts, you have to embed every document again. Until that is
# done the new model's queries find nothing. A map learned from some documents that both models
# have embedded bridges the time between.
#
# The documents here are paragraphs of the documentation of NumPy, SciPy, scikit-learn and pandas;
# the queries are the sentences before them. The two "models" are made of scikit-learn's parts, so
# that this runs everywhere: the old one counts words, the new one parts of words.

import inspect
import tempfile

import lancedb
import matplotlib.pyplot as plt
import numpy as np
import pandas
import pyarrow as pa
import scipy
import sklearn.cluster
import sklearn.linear_model
import sklearn.preprocessing
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from sklearn_instamap import InstanceTranslator, make_aligner_pipeline, transform_batches
from sklearn_instamap.linear import LowRankAligner, RidgeAligner, ScaledProcrustesAligner
from sklearn_instamap.metrics import confidence_interval

PLACES = (
    *(np, np.linalg, np.fft, np.ndarray, scipy.signal, scipy.stats, scipy.special, scipy.optimize),
    *(scipy.ndimage, scipy.linalg, scipy.sparse, scipy.interpolate, pandas, pandas.DataFrame),
    *(pandas.Series, pandas.Index, sklearn.linear_model, sklearn.cluster, sklearn.preprocessing),
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
rows = np.random.default_rng(0).permutation(len(documents))
n_test = len(rows) // 4
test, pairs = rows[:n_test], rows[n_test:]
print(f"{len(documents)} documents, {len(pairs)} of them embedded by both, {len(test)} queries")

# %%
# The index as it is today: vectors of the old model, and its queries.

folder = tempfile.TemporaryDirectory()
store = lancedb.connect(folder.name)


def add_table(name, batches):
    """Fill a table from batches of vectors, of which one is in memory at a time."""
    table, start = None, 0
    for batch in batches:
        rows = pa.table(
            {
                "id": np.arange(start, start + len(batch)),
                "vector": pa.FixedSizeListArray.from_arrays(
                    pa.array(np.float32(batch).ravel()), batch.shape[1]
                ),
            }
        )
        start += len(batch)
        if table is None:
            table = store.create_table(name, rows)
        else:
            table.add(rows)
    return table


def recall_at_10(table, vectors):
    """Whether each test query finds its document among the first ten."""
    found = [
        table.search(vector).distance_type("cosine").limit(10).to_arrow()["id"].to_pylist()
        for vector in vectors
    ]
    return np.array([row in ids for row, ids in zip(test, found, strict=True)])


index = add_table("old", [old.transform(documents)])
asked = [queries[row] for row in test]
outcomes = {"old model throughout": recall_at_10(index, np.float32(old.transform(asked)))}

# %%
# The bridge: a map from the new model's space into the old one's, learned from the pairs. Its
# results stand in the old space itself, means and lengths included, so that the index is searched
# as before.

new_documents, old_documents = (
    np.float32(each.transform([documents[row] for row in pairs])) for each in (new, old)
)
new_queries = np.float32(new.transform(asked))
maps = {
    "scaled Procrustes": ScaledProcrustesAligner(),
    "low rank": LowRankAligner(64),
    "ridge": RidgeAligner(),
    "ridge, then InstaMap": make_aligner_pipeline(
        RidgeAligner(), InstanceTranslator(30, move="source")
    ),
}
for name, aligner in maps.items():
    aligner.fit(new_documents, old_documents)
    outcomes[f"bridged: {name}"] = recall_at_10(index, aligner.transform(new_queries))

# %%
# And the other way around: the stored vectors are read in batches of Arrow, mapped into the space
# of the new model and written into a second table, while the first one serves. No text is needed.

ridge = RidgeAligner().fit(old_documents, new_documents)
stored = index.to_arrow().select(["vector"])
moved = add_table("moved", transform_batches(ridge, stored, batch_size=256))
outcomes["index mapped: ridge"] = recall_at_10(moved, new_queries)

# %%
# What all this stands beside: everything embedded again.

again = add_table("new", [new.transform(documents)])
outcomes["new model throughout"] = recall_at_10(again, new_queries)
for name, found in outcomes.items():
    low, high = confidence_interval(found)
    print(f"{name:32} recall@10 {found.mean():.3f} ({low:.3f} to {high:.3f})")
folder.cleanup()

# %%
# A map is a bridge, a measurement of how much two models agree, and a last resort where the texts
# are gone. It does not replace embedding the documents again.

figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
means = np.array([found.mean() for found in outcomes.values()])
ends = np.array([confidence_interval(found) for found in outcomes.values()])
ax.errorbar(
    means, range(len(means)), xerr=np.abs(ends.T - means), fmt="o", color="#0072B2", capsize=3
)
ax.set_yticks(range(len(means)), labels=list(outcomes))
ax.invert_yaxis()
ax.set_xlabel("Recall@10, and its interval of 95 %")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
