"""Saved models: the same estimator comes back, and nothing else is read or run."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import (
    AlignerPipeline,
    InstaMapAligner,
    InstaMapAlignerCV,
    KabschRotation,
    TwoSidedTransformer,
    _models,
    all_estimators,
    load,
    make_aligner_pipeline,
)
from sklearn_instamap._models import is_model, read_model_info
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.linear import ProcrustesAligner


@pytest.fixture(scope="module")
def data():
    return make_bilingual_spaces(300, 8, n_train=100, n_test=50)


def make(cls):
    if cls is AlignerPipeline:
        return make_aligner_pipeline(
            Normalizer(), StandardScaler(with_std=False), InstaMapAligner(5, 2)
        )
    if cls is TwoSidedTransformer:
        return cls(StandardScaler())
    if cls is InstaMapAlignerCV:
        return cls([5, 10], [1, 2])
    return cls()


ALIGNERS = [cls for _, cls in all_estimators() if issubclass(cls, AlignerMixin)]


@pytest.mark.parametrize("mmap_mode", [None, "r", "c"])
@pytest.mark.parametrize("cls", ALIGNERS, ids=lambda cls: cls.__name__)
def test_every_aligner_comes_back(cls, mmap_mode, data, tmp_path):
    if cls.__name__ == "BLISSAligner":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        aligner = make(cls).fit(data.X, data.y, source_space=data.source, target_space=data.target)
    aligner.save(tmp_path / "model")
    again = load(tmp_path / "model", mmap_mode=mmap_mode)
    assert repr(again) == repr(aligner)
    assert repr(clone(again)) == repr(clone(aligner))
    for name in ("transform", "transform_target"):
        rows = data.X if name == "transform" else data.y
        np.testing.assert_array_equal(getattr(again, name)(rows), getattr(aligner, name)(rows))
    assert vars(again).keys() == vars(aligner).keys()
    # What is saved again is the same file.
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def test_values_of_all_kinds(tmp_path):
    aligner = ProcrustesAligner().fit(np.eye(3) + 1, np.eye(3))
    values = {
        "nothing_": None,
        "nan_": np.nan,
        "infinite_": [-np.inf, np.inf],
        "tuple_": (1, ("a", 2.5), [True]),
        "dict_": {1: "one", "two": 2, (3, 4): None},
        "names_": np.array(["ä", "b"], dtype=object),
        "texts_": np.array(["x", "yy"]),
        "scalars_": [np.float32(1.5), np.int64(3), np.bool_(True)],
        "masked_": np.ma.MaskedArray([1.0, 2.0], mask=[False, True]),
        "fortran_": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty_": np.empty((0, 4), dtype=np.float32),
    }
    vars(aligner).update(values)
    aligner.save(tmp_path / "model")
    again = load(tmp_path / "model")
    for name, value in values.items():
        found = getattr(again, name)
        assert type(found) is type(value), name
        if isinstance(value, np.ndarray):
            assert found.dtype.kind == value.dtype.kind, name
            np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(value))
        np.testing.assert_equal(found, value)


def test_arrays_shared_by_objects_are_written_once(data, tmp_path):
    pipeline = make_aligner_pipeline(ProcrustesAligner()).fit(data.X, data.y)
    pipeline.twice_ = pipeline.steps_[0][1].once_ = np.arange(3.0)
    pipeline.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.twice_ is again.steps_[0][1].once_


def test_routing_requests_come_back(data, tmp_path):
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        aligner = KabschRotation().set_fit_request(source_space=True)
        aligner.fit(data.X, data.y).save(tmp_path / "model")
        again = load(tmp_path / "model")
        assert again.get_metadata_routing().fit.requests["source_space"] is True


def test_metadata_and_what_a_model_says_of_itself(data, tmp_path):
    aligner = InstaMapAligner(7, 2).fit(data.X, data.y)
    aligner.save(tmp_path / "model", metadata={"n_found": 100, "sha256": {"en.vec": "ab"}})
    info = read_model_info(tmp_path / "model")
    assert info["class"] == "sklearn_instamap.InstaMapAligner"
    assert info["parameters"]["n_neighbors"] == 7
    assert info["metadata"] == {"n_found": 100, "sha256": {"en.vec": "ab"}}
    assert info["format_version"] == (1, 0)
    assert is_model(tmp_path / "model")
    with pytest.raises(TypeError, match="metadata must consist of"):
        aligner.save(tmp_path / "model", metadata={"n": object()})
    with pytest.raises(TypeError, match="metadata must consist of"):
        aligner.save(tmp_path / "model", metadata={"n": float("nan")})


def test_what_cannot_be_saved_is_named(data, tmp_path):
    with pytest.raises(NotFittedError):
        KabschRotation().save(tmp_path / "model")
    aligner = KabschRotation().fit(data.X, data.y)
    aligner.function_ = len
    with pytest.raises(TypeError, match=r"KabschRotation\.function_ is <built-in function len>"):
        aligner.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


class Third(AlignerMixin, BaseEstimator):
    """An aligner of somebody else."""

    def _fit_pairs(self, X, y, source, target):
        self.offset_ = y.mean(axis=0) - X.mean(axis=0)
        self._n_features_out = y.shape[1]

    def _map_source(self, X):
        return X + self.offset_.astype(X.dtype, copy=False)

    def _map_target(self, y):
        return y


def test_classes_of_others_are_read_only_if_trusted(data, tmp_path):
    Third().fit(data.X, data.y).save(tmp_path / "model")
    with pytest.raises(ValueError, match="if you trust it") as caught:
        load(tmp_path / "model")
    assert str(tmp_path / "model") in str(caught.value)
    again = load(tmp_path / "model", trusted=[Third])
    np.testing.assert_array_equal(again.transform(data.X), Third().fit_transform(data.X, data.y))


@pytest.fixture
def model(data, tmp_path):
    path = tmp_path / "model"
    make_aligner_pipeline(Normalizer(), InstaMapAligner(5, 2)).fit(data.X, data.y).save(path)
    return path


def rewritten(path, change):
    """Write a model again with another description."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    description = json.loads(files["model.json"])
    changed = change(description)
    files["model.json"] = json.dumps(description if changed is None else changed).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "sklearn.utils.Bunch",
        "sklearn.utils.all_estimators",
        "sklearn_instamap.__main__.main",
        "sklearn_instamap.nothing.Here",
        "builtins.eval",
        "sklearn..x",
        "",
        3,
        None,
        ["a"],
    ],
)
def test_no_other_class_is_made(model, name):
    rewritten(model, lambda d: d["objects"][0].update({"class": name}))
    with pytest.raises(ValueError, match=r"model: (holds|is a damaged model)"):
        load(model)


def test_newer_formats_are_refused_and_newer_details_are_not(model):
    rewritten(model, lambda d: d.update(format_version=[1, 7], further="detail"))
    load(model)
    rewritten(model, lambda d: d.update(format_version=[2, 0]))
    for read in (load, read_model_info):
        with pytest.raises(ValueError, match=r"in format 2\.0; this version reads"):
            read(model)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: [],
        lambda d: d.pop("objects") and None,
        lambda d: d.update(model={"object": 99}),
        lambda d: d.update(model={"what": 1}),
        lambda d: d.update(model={"array": 99}),
        lambda d: d.update(model={"scalar": ["O", 1]}),
        lambda d: d.update(model={"scalar": ["<f4", "x"]}),
        lambda d: d.update(model={}),
        lambda d: d.update(format_version="one"),
        lambda d: d.update(format_version=None),
        lambda d: d["objects"][0].update(state=[1]),
    ],
)
def test_forged_descriptions(model, change):
    rewritten(model, change)
    with pytest.raises(ValueError, match="model"):
        load(model)


def test_deep_descriptions(model):
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("model.json", "[" * 100_000)
    for read in (load, read_model_info):
        with pytest.raises(ValueError, match="model"):
            read(model)


def test_compressed_descriptions_are_refused(model):
    with zipfile.ZipFile(model, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", " " * (1 << 20))
    with pytest.raises(ValueError, match="too large or compressed"):
        load(model)


def test_other_files(tmp_path):
    for name, content in (
        ("empty", b""),
        ("text", b"the 1 2\n"),
        ("zip", b"PK\x05\x06" + bytes(18)),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name}: is not a saved model"):
            load(tmp_path / name)
        assert not is_model(tmp_path / name)
    buffer = io.BytesIO()
    np.savez(buffer, a=np.eye(2))
    (tmp_path / "a.npz").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r"a\.npz: is not a saved model"):
        load(tmp_path / "a.npz")
    with pytest.raises(FileNotFoundError, match="nowhere: there is no such file"):
        load(tmp_path / "nowhere")
    with pytest.raises(OSError, match=str(tmp_path)):
        load(tmp_path)
    if sys.platform != "win32":
        # Neither waited for nor read without end.
        os.mkfifo(tmp_path / "pipe")
        for path, what in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device")):
            assert not is_model(path)
            for function in (load, read_model_info):
                with pytest.raises(OSError, match=f"{path}: is {what}.*, not a regular file"):
                    function(path)
    with pytest.raises(ValueError, match="'mmap_mode' parameter must be"):
        load(tmp_path / "empty", mmap_mode="w+")


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_damaged_files_are_refused_or_change_nothing(model, data, mmap_mode):
    """A damaged byte is noticed, unless nothing that is read depends on it."""
    whole = model.read_bytes()
    expected = load(model).transform(data.X)
    draw, sentences = random.Random(0), []
    for _ in range(300):
        damaged = bytearray(whole)
        if draw.random() < 0.3:
            del damaged[draw.randrange(len(damaged)) :]
        else:
            for _ in range(draw.randint(1, 4)):
                damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        model.write_bytes(damaged)
        try:
            found = load(model, mmap_mode=mmap_mode).transform(data.X)
        except ValueError as error:
            sentences.append(str(error))
        else:
            np.testing.assert_array_equal(found, expected)
    assert len(sentences) > 150
    assert all(sentence.startswith(str(model)) for sentence in sentences)


@pytest.mark.parametrize("trusted", ["KabschRotation", [3], KabschRotation, ["KabschRotation"]])
def test_what_is_trusted_is_a_list_of_classes(model, trusted):
    with pytest.raises(ValueError, match="'trusted' parameter must be a list of classes"):
        load(model, trusted=trusted)


@pytest.mark.parametrize("version", [[True, None], [-1, 0], [0, 0], [1.5, 0], ["1", "0"]])
def test_versions_that_are_none(model, version):
    rewritten(model, lambda description: description.update(format_version=version))
    with pytest.raises(ValueError, match="is a damaged model"):
        load(model)


@pytest.mark.parametrize("name", ["transform", "__class__"])
def test_attributes_with_the_names_of_methods(model, name):
    rewritten(model, lambda about: about["objects"][0]["state"].update({name: "x"}))
    with pytest.raises(ValueError, match="an attribute has the name of a method"):
        load(model)


def test_a_model_without_one_of_its_parameters(tmp_path):
    rotation = KabschRotation().fit(np.eye(3), np.eye(3))
    del rotation.allow_reflection
    rotation.save(tmp_path / "model")
    with pytest.raises(ValueError, match="its KabschRotation has no parameter allow_reflection"):
        load(tmp_path / "model")


def test_descriptions_are_small_beside_the_arrays(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    small, large = (
        ProcrustesAligner().fit(rng.normal(size=(2 * n, n)), rng.normal(size=(2 * n, n)))
        for n in (2, 64)
    )
    notes = {"notes": "x" * 5000}
    small.save(tmp_path / "small", metadata=notes)
    monkeypatch.setattr(_models, "_SMALL_DESCRIPTION", 100)
    with pytest.raises(ValueError, match=r"small: .* its description is too large"):
        load(tmp_path / "small")
    with pytest.raises(ValueError, match=r"again: ProcrustesAligner holds .* bytes of texts"):
        small.save(tmp_path / "again", metadata=notes)
    assert not (tmp_path / "again").exists()
    large.save(tmp_path / "large", metadata=notes)
    assert load(tmp_path / "large").get_params() == large.get_params()
