"""``instamap align``."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.linear import (
    ContrastiveAligner,
    ProcrustesAligner,
    RCSLSAligner,
    VecMapAligner,
)

INPUTS = ("en.vec", "de.npy", "train.tsv")
OUTPUTS = ("-s", "a.vec", "-t", "b.npy")


def listing(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def by_hand(aligner, data):
    return aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)


def assert_aligned(folder, expected):
    for name, space in zip(("a.vec", "b.npy"), expected, strict=True):
        written = read_vectors(folder / name)
        assert written.words == space.words
        # Text has five significant digits, unless more are asked for.
        rtol = 5e-5 if name.endswith(".vec") else 0
        np.testing.assert_allclose(written.vectors, space.vectors, rtol=rtol)


def test_default_is_the_recommended_method(instamap, files, data):
    before = listing(files)
    result = instamap("align", *INPUTS, *OUTPUTS)
    assert result.code == 0
    assert "Dictionary: 80 of 80 pairs found (100.0 %)." in result.err
    assert "Wrote a.vec: 200 words, 10 dimensions.\nWrote b.npy: 200 words" in result.err
    assert result.out == ""
    assert listing(files) - before == {"a.vec", "b.npy", "b.words"}
    recommended = make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint"))
    assert_aligned(files, by_hand(recommended, data))


def unit_center_unit():
    return Normalizer(), StandardScaler(with_std=False), Normalizer()


METHODS = {
    ("-m", "rotation"): make_aligner_pipeline(*unit_center_unit(), KabschRotation()),
    ("-m", "procrustes"): make_aligner_pipeline(*unit_center_unit(), ProcrustesAligner()),
    ("-m", "PROC", "--normalization", "none"): ProcrustesAligner(),
    ("-m", "VecMap"): VecMapAligner(),
    ("-m", "rcsls"): RCSLSAligner(),
    ("-m", "im-vecmap"): make_aligner_pipeline(VecMapAligner(), InstaMapAligner()),
    ("-m", "IM∘VM"): make_aligner_pipeline(VecMapAligner(), InstaMapAligner()),
    ("-m", "instamap"): make_aligner_pipeline(*unit_center_unit(), InstaMapAligner()),
    ("-m", "instamap", "--preset", "paper"): InstaMapAligner(),
    ("-m", "instamap", "--preset", "midpoint"): InstaMapAligner.from_preset("midpoint"),
    ("-m", "InstaMap (midpoint)"): InstaMapAligner.from_preset("midpoint"),
    ("--preset", "paper"): make_aligner_pipeline(VecMapAligner(), InstaMapAligner()),
    ("-m", "im-procrustes"): make_aligner_pipeline(
        *unit_center_unit(), ProcrustesAligner(), InstaMapAligner()
    ),
}


@pytest.mark.parametrize("options", METHODS)
def test_methods(instamap, files, data, options):
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    assert_aligned(files, by_hand(METHODS[options], data))


def test_the_program_s_preset_goes_to_instamap(instamap, files, data):
    options = ("-m", "im-vm", "--preset", "program", "--n-components", 8, "-K", 20)
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    program = InstaMapAligner.from_preset("program", n_components=8, n_neighbors=20)
    assert_aligned(files, by_hand(make_aligner_pipeline(VecMapAligner(), program), data))


def test_words_that_are_spelled_alike_are_a_seed(instamap, files, data):
    target = data.target.vectors
    # The generated languages have no word in common: give the target the source's words.
    space = EmbeddingSpace(data.source.words, target)
    write_vectors(files / "de.npy", space)
    result = instamap("align", *INPUTS[:2], *OUTPUTS, "--seed-dictionary", "identical")
    assert result.code == 0
    assert "Dictionary: 200 of 200 pairs found" in result.err
    X, y = data.source.vectors, target
    aligner = VecMapAligner(self_learning=True, random_state=0)
    assert_aligned(files, aligner.fit_transform_spaces(X, y, data.source, space))


def test_parameters_of_other_methods(instamap, files, data):
    options = ("--set", "n_loops=1", "--set", "n_steps=3", "--set=n_negatives=20")
    assert instamap("align", *INPUTS, *OUTPUTS, "-m", "contrastive", *options).code == 0
    aligner = ContrastiveAligner(n_loops=1, n_steps=3, n_negatives=20)
    assert_aligned(files, by_hand(aligner, data))


def test_parameters_that_are_words(instamap, files, data):
    options = ("-m", "vecmap", "--set", "normalization=['unit']", "--set", "whiten=False")
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    assert_aligned(files, by_hand(VecMapAligner(normalization=["unit"], whiten=False), data))


def test_every_option_of_instamap(instamap, files, data):
    options = (
        *("--n-neighbors", 9, "--n-iter", 3, "--centering", "pca", "--n-components", 8),
        *("--dictionary-update", "replace", "--mutual-similarity", "csls", "--step", 0.5),
        *("--normalization", "unit,center,unit", "--n-jobs", 1, "-m", "instamap"),
    )
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    aligner = InstaMapAligner(
        9,
        3,
        n_components=8,
        dictionary_update="replace",
        mutual_similarity="csls",
        step=0.5,
    )
    unit = Normalizer(), StandardScaler(with_std=False), Normalizer()
    assert_aligned(files, by_hand(make_aligner_pipeline(*unit, aligner), data))


def test_no_dictionary_update(instamap, files, data):
    options = (
        "--dictionary-update",
        "none",
        "--centering",
        "mean",
        "-m",
        "IM",
        "--preset",
        "paper",
    )
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    aligner = InstaMapAligner(dictionary_update=None, centering="mean")
    assert_aligned(files, by_hand(aligner, data))


def test_instamap_options_go_to_instamap_on_top(instamap, files, data):
    assert instamap("align", *INPUTS, *OUTPUTS, "-m", "im-vecmap", "-K", 7, "-T", 1).code == 0
    aligner = make_aligner_pipeline(VecMapAligner(), InstaMapAligner(7, 1))
    assert_aligned(files, by_hand(aligner, data))


def test_seed_reaches_what_is_random(instamap, files, data):
    options = ("-m", "vecmap", "--set", "self_learning=True", "--seed", 3)
    assert instamap("align", *INPUTS, *OUTPUTS, *options).code == 0
    assert_aligned(files, by_hand(VecMapAligner(self_learning=True, random_state=3), data))


def test_text_formats(instamap, files):
    outputs = ("-s", "a.vec.gz", "-t", "b.txt", "--no-header", "--precision", 3)
    assert instamap("align", *INPUTS, *outputs, "-T", 1).code == 0
    packed = gzip.decompress((files / "a.vec.gz").read_bytes()).decode().splitlines()
    plain = (files / "b.txt").read_text().splitlines()
    assert len(packed) == len(plain) == 200
    digits = [value.strip("-0.").replace(".", "") for value in plain[0].split()[1:]]
    assert max(len(value.split("e")[0]) for value in digits) <= 3


def test_fewer_words(instamap, files, data):
    assert instamap("align", *INPUTS, *OUTPUTS, "--max-words", 150, "-T", 1).code == 0
    assert read_vectors(files / "a.vec").words == data.source.words[:150]


def test_casing(instamap, fails, files):
    upper = (files / "train.tsv").read_text().upper()
    (files / "train.tsv").write_text(upper)
    assert instamap("align", *INPUTS, *OUTPUTS, "-T", 1).code == 0
    arguments = ("align", *INPUTS, *OUTPUTS, "-T", 1, "--force", "--no-lowercase")
    assert "No pair of the dictionary is in the two spaces" in fails(*arguments)
    text = (files / "en.vec").read_text().upper()
    (files / "en.vec").write_text(text)
    assert "80 source words missing" in fails(*arguments[:-1])
    assert instamap(*arguments[:-1], "--lowercase-vectors").code == 0
    assert read_vectors(files / "a.vec").words[0].islower()


def test_poor_coverage_is_said(instamap, files):
    with open(files / "train.tsv", "a") as stream:
        stream.writelines(f"nothing{i}\tnichts{i}\n" for i in range(100))
    err = instamap("align", *INPUTS, *OUTPUTS, "-T", 1).err
    assert "80 of 180 pairs found (44.4 %)" in err
    assert "100 source words missing ('nothing0', " in err
    assert "check that these are the right languages" in err


def test_warnings_are_plain_sentences(instamap, files, data):
    with open(files / "train.tsv", "a") as stream:
        stream.write((files / "train.tsv").read_text().splitlines()[0] + "\n")
    err = instamap("align", *INPUTS, *OUTPUTS, "-T", 1, "-K", 100).err
    assert "Warning: train.tsv: 1 pair repeats an earlier one" in err
    assert (
        "Warning: --n-neighbors 100 is more than the number of pairs in the dictionary, 80;" in err
    )
    assert ".py" not in err
    write_vectors(files / "long.npy", data.target.with_vectors(9 * data.target.vectors))
    inputs = ("en.vec", "long.npy", "train.tsv")
    raw = ("--method", "instamap", "--preset", "paper", "-T", 1, "--force")
    err = instamap("align", *inputs, *OUTPUTS, *raw).err
    assert "pass --normalization unit,center,unit, or" in err


def test_verbose_reports_iterations(instamap, files):
    err = instamap("align", *INPUTS, *OUTPUTS, "-T", 2, "--verbose").err
    assert "iteration 1 of 2: 80 pairs, mean cosine 0." in err
    assert "iteration 2 of 2: " in err
    quiet = instamap("align", *INPUTS, *OUTPUTS, "-T", 2, "--force").err
    assert "iteration" not in quiet


def test_outputs_are_replaced_only_by_force(instamap, fails, files):
    (files / "b.words").write_text("mine")
    os.chmod(files / "b.words", 0o640)
    message = fails("align", *INPUTS, *OUTPUTS)
    assert message == "b.words: exists already; pass --force to replace it."
    assert (files / "b.words").read_text() == "mine"
    assert instamap("align", *INPUTS, *OUTPUTS, "--force", "-T", 1).code == 0
    assert read_vectors(files / "b.npy").n_words == 200
    assert (files / "b.words").stat().st_mode & 0o777 == 0o640


def test_links_are_followed(instamap, files):
    elsewhere = files / "elsewhere"
    elsewhere.mkdir()
    (files / "a.vec").symlink_to(elsewhere / "real.vec")
    assert instamap("align", *INPUTS, *OUTPUTS, "-T", 1).code == 0
    assert (files / "a.vec").is_symlink()
    assert read_vectors(elsewhere / "real.vec").n_words == 200
