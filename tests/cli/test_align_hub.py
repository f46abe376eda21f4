"""``instamap align --hub``: several languages into one that stays."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, load, make_aligner_pipeline
from sklearn_instamap.io import read_vectors, write_dictionary, write_vectors
from sklearn_instamap.linear import ProcrustesAligner, RCSLSAligner, VecMapAligner
from sklearn_instamap.metrics import evaluate_bli

HUB = ("--hub", "en.npy")
SOURCES = ("de.vec", "fr.npy")
DICTIONARIES = ("--dictionary", "fr=fr-en.tsv", "--dictionary", "de=de-en.tsv")
ALL = (*HUB, *SOURCES, *DICTIONARIES, "-s", "in-en/{}.npy")
N_TRAIN = 80


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Three turned copies of one space as files, and the spaces by name."""
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((200, 10)) + 0.3
    spaces = {}
    for name in ("en", "de", "fr"):
        turned = meaning @ np.linalg.qr(rng.standard_normal((10, 10)))[0]
        vectors = np.float32(turned + 0.1 * rng.standard_normal((200, 10)))
        spaces[name] = EmbeddingSpace([f"{name}{row}" for row in range(200)], vectors)
    write_vectors(tmp_path / "en.npy", spaces["en"])
    write_vectors(tmp_path / "fr.npy", spaces["fr"])
    write_vectors(tmp_path / "de.vec", spaces["de"], precision=9)
    for name in ("de", "fr"):
        pairs = [(f"{name}{row}", f"en{row}") for row in range(N_TRAIN)]
        write_dictionary(tmp_path / f"{name}-en.tsv", pairs)
    (tmp_path / "in-en").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path, spaces


@pytest.fixture
def refused(fails, world):
    """Run it, expect it to refuse, and to leave no file behind."""

    def run(*args):
        before = sorted(world[0].rglob("*"))
        message = fails("align", *args)
        assert sorted(world[0].rglob("*")) == before
        return message

    return run


def by_hand(aligner, spaces, name):
    X, y = (spaces[each].vectors[:N_TRAIN] for each in (name, "en"))
    return aligner.fit_transform_spaces(X, y, spaces[name], spaces["en"])


def assert_same(one, other):
    assert one.words == other.words
    np.testing.assert_array_equal(one.vectors, other.vectors)


def unit_center_unit():
    return Normalizer(), StandardScaler(with_std=False), Normalizer()


def test_the_hub_stays_and_all_meet_in_it(instamap, world):
    folder, spaces = world
    result = instamap("align", *ALL, "-t", "in-en/en.npy", "--save-model", "{}-en.model")
    assert result.code == 0, result.err
    assert "Dictionary: de-en.tsv: 80 of 80 pairs found" in result.err
    assert result.err.splitlines()[-5:] == [
        "Wrote in-en/de.npy: 200 words, 10 dimensions.",
        "Wrote in-en/fr.npy: 200 words, 10 dimensions.",
        "Wrote in-en/en.npy: 200 words, 10 dimensions.",
        "Wrote de-en.model: the model, for instamap apply.",
        "Wrote fr-en.model: the model, for instamap apply.",
    ]
    hub = read_vectors(folder / "in-en" / "en.npy")
    assert_same(hub, spaces["en"])
    written = {name: read_vectors(folder / "in-en" / f"{name}.npy") for name in ("de", "fr")}
    target = make_aligner_pipeline(
        VecMapAligner(shared_space="target"), InstaMapAligner.from_preset("target")
    )
    for name, space in written.items():
        expected, _ = by_hand(target, spaces, name)
        assert_same(space, expected)
        model = load(folder / f"{name}-en.model")
        np.testing.assert_array_equal(model.transform_target(spaces["en"]).vectors, hub.vectors)
        np.testing.assert_array_equal(model.transform(spaces[name]).vectors, space.vectors)
    test = [(f"de{row}", f"fr{row}") for row in range(N_TRAIN, 200)]
    table = evaluate_bli(
        written["de"], written["fr"], test_dictionary=test, retrieval="csls", metric="P@1"
    )
    assert table["P@1"].iloc[0] > 0.9


METHODS = {
    ("-m", "procrustes"): make_aligner_pipeline(
        *unit_center_unit(), ProcrustesAligner(), shared_space="target"
    ),
    ("-m", "procrustes", "--normalization", "none"): ProcrustesAligner(),
    ("-m", "vecmap"): VecMapAligner(shared_space="target"),
    ("-m", "rcsls"): RCSLSAligner(normalization=("unit",)),
    ("-m", "im-procrustes"): make_aligner_pipeline(
        *unit_center_unit(),
        ProcrustesAligner(),
        InstaMapAligner.from_preset("target"),
        shared_space="target",
    ),
    ("--preset", "target", "-K", "9"): make_aligner_pipeline(
        VecMapAligner(shared_space="target"), InstaMapAligner.from_preset("target", n_neighbors=9)
    ),
}


@pytest.mark.parametrize("options", METHODS)
def test_methods(instamap, world, options):
    folder, spaces = world
    assert instamap("align", *ALL, "-t", "hub.npy", *options).code == 0
    images = []
    for name in ("de", "fr"):
        expected, hub = by_hand(METHODS[options], spaces, name)
        found = read_vectors(folder / "in-en" / f"{name}.npy")
        np.testing.assert_array_equal(found.vectors, expected.vectors)
        images.append(hub)
    # However a source is mapped: the hub is one and the same.
    written = read_vectors(folder / "hub.npy")
    assert_same(images[0], written)
    assert_same(images[1], written)


def test_one_source_and_no_copy_of_the_hub(instamap, world):
    folder, spaces = world
    args = (*HUB, "de.vec", "--dictionary", "de=de-en.tsv", "-s", "mapped.npy", "-m", "vecmap")
    before = (folder / "en.npy").read_bytes()
    assert instamap("align", *args).code == 0
    assert (folder / "en.npy").read_bytes() == before
    expected, _ = by_hand(VecMapAligner(shared_space="target"), spaces, "de")
    np.testing.assert_array_equal(read_vectors(folder / "mapped.npy").vectors, expected.vectors)


def test_without_hub_the_preset_is_a_method_like_others(instamap, world):
    folder, spaces = world
    args = ("de.vec", "en.npy", "de-en.tsv", "-s", "a.npy", "-t", "b.npy")
    assert instamap("align", *args, "-m", "im-vm-target").code == 0
    assert_same(read_vectors(folder / "b.npy"), spaces["en"])
    assert instamap("align", *args, "--preset", "target", "--force").code == 0
    assert_same(read_vectors(folder / "b.npy"), spaces["en"])


def test_words_spelled_alike_in_place_of_dictionaries(instamap, world):
    folder, spaces = world
    for name, path in (("de", "de.vec"), ("fr", "fr.npy")):
        renamed = EmbeddingSpace(spaces["en"].words, spaces[name].vectors)
        write_vectors(folder / path, renamed)
    options = ("--seed-dictionary", "identical", "--set", "max_iter=2")
    result = instamap("align", *HUB, *SOURCES, "-s", "in-en/{}.npy", *options)
    assert result.code == 0, result.err
    assert "Dictionary: fr.npy: 200 of 200 pairs found" in result.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            (*HUB, *SOURCES, "-s", "{}.npy"),
            "The dictionary of de is missing; pass --dict",
        ),
        (
            (*HUB, *SOURCES, *DICTIONARIES[:2], "-s", "{}.npy"),
            "The dictionary of de is missing; .*words of en.npy, or --seed",
        ),
        ((*ALL, "--dictionary", "ru=ru.tsv"), "NAME is one of de, fr, .*got 'ru=ru.tsv'"),
        ((*ALL, "--dictionary", "de-en.tsv"), "--dictionary takes NAME=FILE"),
        ((*ALL, "--dictionary", "de="), "--dictionary takes NAME=FILE"),
        ((*ALL, "--dictionary", "de=x.tsv"), "de=x.tsv: de already has the dictionary de-en.tsv"),
        ((*ALL, "--seed-dictionary", "identical"), "no dictionary is read with --seed-dictionary"),
        ((*ALL, "-m", "im-vm-midpoint"), "--preset midpoint moves the vectors of the hub; take"),
        ((*ALL, "--preset", "program"), "--preset program moves the vectors of the hub"),
        (
            (*ALL, "--set", "vecmapaligner__shared_space=both"),
            "--set vecmapaligner__shared_space=both: moves the vectors of the hub",
        ),
        (
            (*ALL, "-m", "procrustes", "--set", "shared_space=both"),
            "both: moves the vectors of the",
        ),
        ((*HUB, *SOURCES, *DICTIONARIES, "-s", "x.npy"), "x.npy: each source needs a file of its"),
        ((*ALL, "--save-model", "x.model"), "--save-model x.model: each source needs a file"),
        ((*HUB, "en.npy", "-s", "x.npy"), "en.npy: is the hub itself"),
        ((*HUB, "de.vec", "in-en/../de.vec", "-s", "{}.npy"), "two sources have the name de"),
        ((*ALL, "-t", "in-en/fr.npy"), "in-en/fr.npy: is the same file as in-en/fr.npy"),
        (("de.vec", "en.npy", "-s", "a.npy", *DICTIONARIES[:2]), "--dictionary goes with --hub"),
        (
            ("de.vec", "en.npy", "de-en.tsv", "-s", "a.npy"),
            "Missing option '--output-target'",
        ),
        (("a", "b", "c", "d", "-s", "a.npy"), r"Got unexpected extra argument \(d\)"),
        ((*HUB, "-s", "{}.npy"), "Missing argument"),
    ],
)
def test_refused(refused, args, message):
    assert re.search(message, refused(*args))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("fr-en.tsv", b"a\tb\n", "^fr-en.tsv: No pair of the dictionary is in the two spaces"),
        ("fr-en.tsv", b"a b c\n", "fr-en.tsv, line 1: 'a b c' has 3 columns"),
        ("fr.npy", b"nothing", "fr.npy: is not a complete .npy file"),
        ("fr.npy", None, "fr.npy: there is no such file"),
        ("fr-en.tsv", None, "fr-en.tsv: there is no such file"),
    ],
)
def test_the_last_source_is_checked_before_the_first_is_fitted(
    refused, world, monkeypatch, file, content, message
):
    def work(*args):
        raise AssertionError("not everything was read first")

    monkeypatch.setattr(VecMapAligner, "_fit_pairs", work)
    if content is None:
        (world[0] / file).unlink()
    else:
        (world[0] / file).write_bytes(content)
    assert re.search(message, refused(*ALL))


def test_failing_at_the_last_language_leaves_nothing_of_the_first(refused, monkeypatch):
    fit, fitted = VecMapAligner._fit_pairs, []

    def second_fails(self, *args):
        if fitted:
            raise ValueError("fr: enough.")
        fitted.append(self)
        fit(self, *args)

    monkeypatch.setattr(VecMapAligner, "_fit_pairs", second_fails)
    assert refused(*ALL, "--save-model", "{}.model") == "fr: enough."
    assert fitted
