"""Where the shared space is: among the target's vectors as they are, for whoever says so."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import Normalizer, PolynomialFeatures, StandardScaler

from sklearn_instamap import (
    InstaMapAligner,
    InstaMapAlignerCV,
    InstanceTranslator,
    KabschRotation,
    SpaceCentering,
    load,
    make_aligner_pipeline,
)
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.linear import (
    ContrastiveAligner,
    LowRankAligner,
    ProcrustesAligner,
    RCSLSAligner,
    RidgeAligner,
    ScaledProcrustesAligner,
    VecMapAligner,
)
from sklearn_instamap.metrics import translation_ranks

TARGET = {"shared_space": "target"}
UNIT = ("unit", "center", "unit")


def unit_center_unit():
    return Normalizer(), StandardScaler(with_std=False), Normalizer()


ALIGNERS = {
    "rotation": KabschRotation(),
    "procrustes": ProcrustesAligner(),
    "ridge": RidgeAligner(),
    "low-rank": LowRankAligner(5),
    "scaled": ScaledProcrustesAligner(),
    "rcsls": RCSLSAligner(learning_rate=1.0, n_iter=2),
    "translator": InstanceTranslator(10, move="source"),
    "instamap": InstaMapAligner(10, 2, **TARGET),
    "instamap-mean": InstaMapAligner(10, 2, centering="mean", **TARGET),
    "instamap-replace": InstaMapAligner(10, 3, dictionary_update="replace", **TARGET),
    "instamap-preset": InstaMapAligner.from_preset("target", n_neighbors=10),
    "instamap-cv": InstaMapAlignerCV((5, 10), (1, 2), estimator=InstaMapAligner(**TARGET), cv=2),
    "vecmap": VecMapAligner(**TARGET),
    "vecmap-cut": VecMapAligner(n_components=8, **TARGET),
    "vecmap-raw": VecMapAligner(normalization=("center",), **TARGET),
    "contrastive": ContrastiveAligner(n_loops=1, n_steps=2, n_negatives=10, **TARGET),
    "im-vecmap": make_aligner_pipeline(VecMapAligner(**TARGET), InstaMapAligner(10, 2, **TARGET)),
    "unit": make_aligner_pipeline(Normalizer(), ProcrustesAligner(), "passthrough"),
    # Pipelines that bring the source back to where the target was before their transformers.
    "back": make_aligner_pipeline(*unit_center_unit(), ProcrustesAligner(), **TARGET),
    "back-max": make_aligner_pipeline(Normalizer("max"), KabschRotation(), **TARGET),
    "back-pca": make_aligner_pipeline(PCA(), StandardScaler(), RidgeAligner(), None, **TARGET),
    "back-centering": make_aligner_pipeline(
        SpaceCentering(), SpaceCentering("mean"), KabschRotation(), **TARGET
    ),
    "back-im-vecmap": make_aligner_pipeline(
        *unit_center_unit(), VecMapAligner(**TARGET), InstaMapAligner(10, 2, **TARGET), **TARGET
    ),
    "back-nested": make_aligner_pipeline(
        make_aligner_pipeline(*unit_center_unit()), ProcrustesAligner(), **TARGET
    ),
    "back-cv": InstaMapAlignerCV(
        (5, 10),
        (1, 2),
        estimator=make_aligner_pipeline(*unit_center_unit(), InstaMapAligner(**TARGET), **TARGET),
        cv=2,
    ),
}
ELSEWHERE = {
    "instamap": InstaMapAligner(10, 1),
    "vecmap": VecMapAligner(),
    "contrastive": ContrastiveAligner(n_loops=1, n_steps=1),
    "translator": InstanceTranslator(10),
    "rcsls": RCSLSAligner(normalization=("unit", "center")),
    "centered": make_aligner_pipeline(StandardScaler(with_std=False), ProcrustesAligner()),
    "cv": InstaMapAlignerCV((5,), (1,)),
    "pca": make_aligner_pipeline(PCA(3), KabschRotation()),
    "part": make_aligner_pipeline(StandardScaler(), KabschRotation(), **TARGET)[:1],
}


@pytest.fixture(scope="module")
def data():
    data = make_bilingual_spaces(
        n_words=300, n_features=12, n_train=120, n_test=60, noise=0.05, warp=0.1
    )
    # Centers and lengths that are not those of the other side.
    target = data.target.with_vectors(
        3 * data.target.vectors + 0.5 * np.arange(12, dtype="f4") / 12
    )
    rows = target.indices(data.train["target"])
    data.y, data.target = target.vectors[rows], target
    return data


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.filterwarnings("ignore:The source rows have a mean norm:UserWarning")
@pytest.mark.filterwarnings("ignore:The pairs have a mean cosine of:UserWarning")
@pytest.mark.filterwarnings("ignore:Mapped source rows are:UserWarning")
@pytest.mark.parametrize("name", ALIGNERS)
def test_candidates_are_the_raw_target_rows(name, data, tmp_path):
    aligner = ALIGNERS[name]
    assert aligner.shared_space_is_target
    aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    mapped = aligner.transform_target(data.target).vectors
    raw = data.target.vectors
    np.testing.assert_allclose(unit(mapped), unit(raw), atol=1e-6)
    if name not in ("rcsls", "unit"):
        np.testing.assert_array_equal(mapped, raw)
    gold = data.target.indices(data.test["target"])
    queries = aligner.transform(data.source.vectors[data.source.indices(data.test["source"])])
    assert queries.shape[1] == raw.shape[1] == len(aligner.get_feature_names_out())
    ranks = translation_ranks(queries, raw, gold)
    np.testing.assert_array_equal(ranks, translation_ranks(queries, mapped, gold))
    # They land where their translations are.
    assert np.mean(ranks == 1) > (0.01 if name == "translator" else 0.3)
    both = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
    np.testing.assert_array_equal(both[0].vectors, aligner.transform(data.source).vectors)
    np.testing.assert_array_equal(both[1].vectors, mapped)
    if name not in ("instamap-cv", "back-cv"):
        aligner.save(tmp_path / "model")
        again = load(tmp_path / "model").transform(data.X)
        # Products of scikit-learn's PCA have other last bits once its arrays lie otherwise.
        atol = 1e-6 if name == "back-pca" else 0
        np.testing.assert_allclose(again, aligner.transform(data.X), rtol=0, atol=atol)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_others_say_that_it_is_elsewhere(name):
    assert not ELSEWHERE[name].shared_space_is_target


@pytest.mark.parametrize(
    "name", ["instamap", "instamap-preset", "vecmap", "contrastive", "back", "back-im-vecmap"]
)
def test_means_and_lengths_are_the_targets_own(name, data):
    aligner = ALIGNERS[name]
    # The two languages differ in length, which only InstaMap without normalization warns of.
    warns = pytest.warns(UserWarning, match="mean norm") if name == "instamap" else nullcontext()
    with warns:
        aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    landed, raw = aligner.transform(data.source).vectors, data.target.vectors
    spread = np.linalg.norm(raw - raw.mean(axis=0), axis=1).mean()
    assert np.linalg.norm(landed.mean(axis=0) - raw.mean(axis=0)) < 0.3 * spread
    lengths = [np.linalg.norm(rows, axis=1).mean() for rows in (landed, raw)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.25)


def test_a_scale_that_a_rotation_does_not_change_is_mended_or_told(data):
    """Near the target's mean all rows look alike: a source too short finds nothing there."""
    y = 40 * data.y
    vecmap = VecMapAligner(normalization=("center",), whiten=False, **TARGET).fit(data.X, y)
    landed = vecmap.transform(data.X)
    lengths = [np.linalg.norm(rows - rows.mean(axis=0), axis=1).mean() for rows in (landed, y)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.01)
    center = StandardScaler(with_std=False)
    for unaware in (KabschRotation(), RCSLSAligner(learning_rate=1.0, n_iter=1)):
        pipeline = make_aligner_pipeline(center, unaware, **TARGET)
        with pytest.warns(UserWarning, match="Mapped source rows are .* take Procrustes"):
            pipeline.fit(data.X, y)
    make_aligner_pipeline(center, ProcrustesAligner(scale=True), **TARGET).fit(data.X, y)
    # What cannot be predicted a regression is right to leave out, however short that makes rows.
    y = y + 100 * np.random.default_rng(0).standard_normal(y.shape)
    make_aligner_pipeline(center, RidgeAligner(), **TARGET).fit(data.X, y)


def test_stages_land_too(data):
    spaces = {"source_space": data.source, "target_space": data.target}
    aligner = InstaMapAligner.from_preset("target", n_neighbors=10, n_iter=3)
    aligner.fit(data.X, data.y, **spaces)
    for n_iter, (rows, targets) in enumerate(
        zip(
            aligner.staged_transform(data.X),
            aligner.staged_transform_target(data.y),
            strict=True,
        ),
        start=1,
    ):
        shorter = InstaMapAligner.from_preset("target", n_neighbors=10, n_iter=n_iter)
        np.testing.assert_array_equal(rows, shorter.fit(data.X, data.y, **spaces).transform(data.X))
        np.testing.assert_array_equal(targets, data.y)


def test_a_single_way_back_is_exact_for_the_target_itself(data):
    """Centered and turned by a PCA, and back: the target's own rows land on themselves."""
    aligner = InstaMapAligner(5, 2, dictionary_update=None, **TARGET)
    y = data.target.vectors.astype(float)
    aligner.fit(y, y)
    np.testing.assert_allclose(aligner.transform(y), y, atol=1e-9)


@pytest.mark.parametrize("centering", ["pca", "mean"])
def test_what_transformers_did_is_undone_exactly(data, centering):
    y = data.target.vectors.astype(float)
    steps = SpaceCentering(centering), StandardScaler(), KabschRotation()
    np.testing.assert_allclose(make_aligner_pipeline(*steps, **TARGET).fit(y, y).transform(y), y)


def test_an_unit_length_is_undone_by_the_mean_length(data):
    y = data.target.vectors.astype(float)
    pipeline = make_aligner_pipeline(Normalizer(), KabschRotation(), **TARGET).fit(y, y)
    expected = np.linalg.norm(y, axis=1).mean() * unit(y)
    np.testing.assert_allclose(pipeline.transform(y), expected)


def test_parts_of_a_pipeline_are_where_its_steps_are(data):
    y = data.target.vectors.astype(float)
    pipeline = make_aligner_pipeline(StandardScaler(), KabschRotation(), **TARGET).fit(y, y)
    np.testing.assert_array_equal(pipeline[:].transform_target(y), y)
    np.testing.assert_allclose(pipeline[:1].transform_target(y), StandardScaler().fit_transform(y))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            VecMapAligner(),
            "the step 'vecmapaligner' .*, which VecMapAligner cannot; pass shared_sp",
        ),
        (InstaMapAligner(), "InstaMapAligner cannot; pass shared_space='target' to it"),
        (InstanceTranslator(), "InstanceTranslator cannot; pass move='source' to it"),
        (make_aligner_pipeline(VecMapAligner()), "AlignerPipeline cannot; pass shared_space="),
        (
            RCSLSAligner(normalization=("unit", "center")),
            "RCSLSAligner cannot; leave it out, or take another aligner",
        ),
        (PolynomialFeatures(), "PolynomialFeatures cannot; leave it out"),
    ],
)
def test_a_pipeline_names_the_step_that_moves_the_target(step, message):
    pipeline = make_aligner_pipeline(Normalizer(), step, **TARGET)
    with pytest.raises(ValueError, match=message):
        pipeline.fit(np.eye(4), np.eye(4))


def test_who_cannot_says_so():
    X = np.random.default_rng(0).standard_normal((20, 4))
    with pytest.raises(ValueError, match="X has 4 dimensions and y 3: rotate X"):
        InstanceTranslator(3, move="source").fit(X, X[:, :3])
    InstanceTranslator(3, move="source").fit(X[:, :3], X)


def test_new_pairs_among_frequent_words_only(data):
    spaces = {"source_space": data.source, "target_space": data.target}
    aligner = InstaMapAligner(10, 2, normalization=UNIT, vocabulary_cutoff=100)
    aligner.fit(data.X, data.y, **spaces)
    assert len(aligner.mutual_pairs_) > 0
    assert aligner.mutual_pairs_.max() < 100
    whole = InstaMapAligner(10, 2, normalization=UNIT).fit(data.X, data.y, **spaces)
    assert whole.mutual_pairs_.max() >= 100
