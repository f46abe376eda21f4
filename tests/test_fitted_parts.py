"""A model whose parts do not fit together is refused where it is read, whatever part it is."""

from __future__ import annotations

import io
import json
import warnings
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler

from sklearn_instamap import (
    InstaMapAligner,
    InstaMapAlignerCV,
    InstanceTranslator,
    KabschRotation,
    load,
    make_aligner_pipeline,
)
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.linear import (
    ContrastiveAligner,
    LowRankAligner,
    ProcrustesAligner,
    RCSLSAligner,
    VecMapAligner,
)

WAYS = {
    "rotation": lambda: KabschRotation(),
    "translator": lambda: InstanceTranslator(5),
    "instamap": lambda: InstaMapAligner.from_preset("target", n_neighbors=5, n_iter=2),
    "pipeline": lambda: make_aligner_pipeline(
        Normalizer(), PCA(6), StandardScaler(), FunctionTransformer(), InstaMapAligner(5, 1)
    ),
    "cv": lambda: InstaMapAlignerCV([5], [1], cv=2),
    "procrustes": lambda: ProcrustesAligner(bootstrap=True),
    "low rank": lambda: LowRankAligner(3),
    "contrastive": lambda: ContrastiveAligner(n_loops=1, n_steps=2, shared_space="target"),
    "rcsls": lambda: RCSLSAligner(n_iter=1, normalization=("unit", "center", "unit")),
    "vecmap": lambda: VecMapAligner(shared_space="target", self_learning=True, max_iter=2),
    "both sides": lambda: VecMapAligner(),
}
# What tells of the course of a fit, and what no image depends on.
REPORTED = {
    "loss_history_",
    "learning_rate_history_",
    "mutual_pairs_",
    "induced_pairs_",
    "n_induced_pairs_",
    "singular_values_",
    "explained_variance_",
    "explained_variance_ratio_",
    "n_samples_seen_",
    "noise_variance_",
    "cv_results_",
    "_seen_source_",
    "_seen_target_",
}


@pytest.fixture(scope="module")
def data():
    return make_bilingual_spaces(80, 8, n_train=40, n_test=10)


def saved(aligner, data, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(files, number, array):
    """Put another array into a model, as somebody would who knows how models are written."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    name = f"arrays/{number}.npy"
    description = json.loads(files["model.json"])
    description["checksums"][number] = zipfile.crc32(buffer.getvalue())
    new = {**files, name: buffer.getvalue(), "model.json": json.dumps(description).encode()}
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for each, content in new.items():
            archive.writestr(each, content)
    return output.getvalue()


def places(value, number, name=""):
    """Yield the names of the attributes that an array is the value of."""
    if isinstance(value, dict):
        if value == {"array": number}:
            yield name
        for key, each in value.items():
            yield from places(each, number, key if key.endswith("_") or key[0] == "_" else name)
    elif isinstance(value, list):
        # A mapping is a list of pairs.
        for each in value:
            yield from places(each, number, name)


def others(array):
    """Yield arrays that cannot stand in the place of one."""
    yield array[:-1]
    yield np.concatenate([array, array[:1]])
    yield array[..., :1]
    yield array[None]
    yield array.astype("S4")
    if array.dtype.kind == "f":
        yield np.full_like(array, np.nan)


@pytest.mark.parametrize("way", WAYS)
def test_every_array_is_compared(way, data, tmp_path):
    path = tmp_path / "model"
    files = saved(WAYS[way](), data, path)
    description = json.loads(files["model.json"])
    compared = 0
    for number in range(len(files) - 1):
        names = set(places(description["objects"], number))
        assert names, number
        if names <= REPORTED:
            continue
        array = np.load(io.BytesIO(files[f"arrays/{number}.npy"]))
        alike = list(others(array))
        # Of models that consist of many parts one change of each array, another for each.
        chosen = alike if len(files) < 12 else [alike[number % len(alike)]]
        for other in chosen:
            path.write_bytes(forged(files, number, other))
            with pytest.raises(ValueError, match=r"model: is a damaged model"):
                load(path)
            compared += 1
    assert compared


@pytest.mark.parametrize(
    ("way", "place", "name", "value"),
    [
        ("rotation", 0, "n_features_in_", 7),
        ("rotation", 0, "n_features_in_", "8"),
        ("rotation", 0, "_n_features_out", 10**12),
        ("rotation", 0, "n_jobs", "all"),
        ("translator", 0, "n_neighbors_", -1),
        ("translator", 0, "n_neighbors_", 10**9),
        ("translator", 0, "step", 7.0),
        ("instamap", 0, "stages_", []),
        ("instamap", 0, "way_back_", None),
        ("pipeline", 0, "shared_space", "target"),
        ("pipeline", 0, "steps_", []),
        ("vecmap", 0, "_landing", {"tuple": [{"float": "nan"}, 0]}),
        ("vecmap", 0, "target_map_", {"array": 2}),
        ("rcsls", 0, "normalization", ["unit"]),
    ],
)
def test_numbers_are_compared(way, place, name, value, data, tmp_path):
    path = tmp_path / "model"
    files = saved(WAYS[way](), data, path)
    description = json.loads(files["model.json"])
    assert description["objects"][place]["state"][name] != value
    description["objects"][place]["state"][name] = value
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in (files | {"model.json": json.dumps(description)}).items():
            archive.writestr(each, content)
    with pytest.raises(ValueError, match=r"model: is a damaged model"):
        load(path)


def test_what_is_said(data, tmp_path):
    path = tmp_path / "model"
    files = saved(KabschRotation(), data, path)
    path.write_bytes(forged(files, 2, np.eye(8, 7)))
    with pytest.raises(ValueError, match="model: is a damaged model") as caught:
        load(path)
    assert str(caught.value).endswith(
        "its KabschRotation has rotation_ of shape (8, 7) and type float64, not finite numbers of "
        "shape (8, 8); save it again."
    )
    # Two whole arrays that have changed places.
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            swapped = {"arrays/0.npy": "arrays/1.npy", "arrays/1.npy": "arrays/0.npy"}
            archive.writestr(swapped.get(name, name), content)
    with pytest.raises(ValueError, match="array 0 is not the one that was saved"):
        load(path)


def test_indices_of_sparse_arrays_are_looked_at(tmp_path):
    rotation = KabschRotation().fit(np.eye(3), np.eye(3))
    sparse = csr_array(np.eye(3))
    sparse.indices[1] = 10**6
    rotation.sparse_ = sparse
    rotation.save(tmp_path / "model")
    with pytest.raises(ValueError, match="a sparse array has wrong indices"):
        load(tmp_path / "model")
