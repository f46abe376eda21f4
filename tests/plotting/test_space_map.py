"""The two-dimensional picture of two spaces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.preprocessing import Normalizer
from sklearn.utils import Bunch

from sklearn_instamap import InstaMapAligner, KabschRotation, make_aligner_pipeline
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.plotting import SpaceMapDisplay
from sklearn_instamap.plotting._projection import SpacePanel


@pytest.fixture(scope="module")
def data() -> Bunch:
    return make_bilingual_spaces(n_words=300, n_features=12, n_train=80, n_test=60)


def fitted(aligner, data):
    return aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)


def show(aligner, data, **options):
    return SpaceMapDisplay.from_estimator(
        fitted(aligner, data), data.source, data.target, data.test, **options
    )


def mean_cosine(source, target):
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target)]
    return (unit[0] * unit[1]).sum(axis=1).mean()


def test_panels_follow_the_iterations(data):
    aligner = InstaMapAligner(n_iter=3, n_neighbors=10)
    panels = show(aligner, data).panels
    assert [panel.title for panel in panels] == [
        "Before",
        "Rotated",
        "Translated",
        "After 3 iterations",
    ]
    X, y, _ = lookup_pairs(data.test, data.source, data.target)
    (after_1, *_, last), (target_after_1, *_, target_last) = (
        list(aligner.staged_transform(X)),
        list(aligner.staged_transform_target(y)),
    )
    assert panels[2].mean_cosine == pytest.approx(mean_cosine(after_1, target_after_1), abs=1e-5)
    assert panels[3].mean_cosine == pytest.approx(mean_cosine(last, target_last), abs=1e-5)
    assert all(panel.n_pairs == len(X) for panel in panels)


def test_points_are_as_near_as_in_the_aligned_spaces(data):
    """In two-dimensional spaces the picture loses nothing: all distances are real."""
    flat = make_bilingual_spaces(n_words=200, n_features=2, n_train=80, n_test=40)
    aligner = InstaMapAligner(n_iter=2, n_neighbors=10)
    panel = show(aligner, flat, n_pairs=100).panels[-1]
    X, y, _ = lookup_pairs(flat.test, flat.source, flat.target)
    real = np.linalg.norm(aligner.transform(X) - aligner.transform_target(y), axis=1)
    drawn = np.linalg.norm(panel.source - panel.target, axis=1)
    np.testing.assert_allclose(drawn, real, atol=1e-4)
    assert panel.explained == pytest.approx(1)


def test_what_does_not_move_stays_in_place_within_one_basis(data):
    """A translation by nothing leaves the picture as the rotation left it."""
    _, rotated, translated = show(InstaMapAligner(n_iter=1, step=0.0), data).panels
    np.testing.assert_allclose(translated.source, rotated.source, atol=1e-5)
    np.testing.assert_allclose(translated.target, rotated.target, atol=1e-5)


def test_panels_lie_the_same_way_round(data):
    """The bases of two iterations differ, but the pictures are turned to each other."""
    *_, translated, last = show(InstaMapAligner(n_iter=2, n_neighbors=10), data).panels
    first, second = (np.vstack([p.source, p.target]) for p in (translated, last))
    for axis in (0, 1):
        assert np.corrcoef(first[:, axis], second[:, axis])[0, 1] > 0.8


@pytest.mark.parametrize(
    ("aligner", "titles"),
    [
        (KabschRotation(), ["Before", "Rotated"]),
        (ProcrustesAligner(), ["Before", "Procrustes"]),
        (InstaMapAligner(n_iter=1), ["Before", "Rotated", "Translated"]),
        (
            make_aligner_pipeline(Normalizer(), ProcrustesAligner(), InstaMapAligner(n_iter=2)),
            ["Before", "Procrustes", "Rotated", "Translated", "After 2 iterations"],
        ),
    ],
    ids=["rotation", "procrustes", "one iteration", "pipeline"],
)
def test_one_panel_for_each_station(data, aligner, titles):
    display = show(aligner, data)
    assert [panel.title for panel in display.panels] == titles
    assert [axis.get_title(loc="left") for axis in display.axes_] == titles
    assert len(display.figure_.axes) == len(titles)


def test_normalization_belongs_to_before(data):
    before = show(make_aligner_pipeline(Normalizer(), KabschRotation()), data).panels[0]
    X, y, _ = lookup_pairs(data.test, data.source, data.target)
    assert before.mean_cosine == pytest.approx(mean_cosine(X, y), abs=1e-5)
    both = np.vstack([before.source, before.target])
    # Unit vectors, less their mean, are within the disc of radius 2.
    assert np.linalg.norm(both, axis=1).max() <= 2


def test_rectangular_spaces():
    data = make_bilingual_spaces(
        n_words=200, n_features=10, n_target_features=7, n_train=60, n_test=40
    )
    display = show(KabschRotation(), data)
    assert display.panels[1].mean_cosine > display.panels[0].mean_cosine


def test_pairs_are_chosen_before_the_alignment(data):
    """The same pairs whatever the aligner does to them, all different, as many as wanted."""
    shown = [
        list(zip(display.source_words, display.target_words, strict=True))
        for display in (
            show(KabschRotation(), data, n_pairs=20),
            show(KabschRotation(allow_reflection=True), data, n_pairs=20),
        )
    ]
    assert shown[0] == shown[1]
    assert len(set(shown[0])) == 20
    given = set(data.test.itertuples(index=False, name=None))
    assert set(shown[0]) <= given


def test_small_dictionary_is_shown_whole(data):
    display = SpaceMapDisplay.from_estimator(
        fitted(KabschRotation(), data), data.source, data.target, data.test.head(3)
    )
    assert display.source_words == data.test["source"].head(3).tolist()
    assert display.panels[0].source.shape == (3, 2)


def test_dataframes_are_spaces(data):
    display = SpaceMapDisplay.from_estimator(
        fitted(KabschRotation(), data), data.source.to_frame(), data.target.to_frame(), data.test
    )
    expected = show(KabschRotation(), data)
    np.testing.assert_array_equal(display.panels[1].source, expected.panels[1].source)


def test_points_lines_and_legend(data):
    display = show(KabschRotation(), data, n_pairs=12, source_name="English", target_name="German")
    for axis, panel in zip(display.axes_, display.panels, strict=True):
        source, target = (np.asarray(each.get_offsets()) for each in axis.collections)
        np.testing.assert_allclose(source, panel.source)
        np.testing.assert_allclose(target, panel.target)
        ends = np.array([line.get_xydata() for line in axis.lines])
        np.testing.assert_allclose(ends, np.stack([panel.source, panel.target], axis=1))
        left, right = axis.get_xlim()
        assert left < source[:, 0].min()
        assert source[:, 0].max() < right
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert texts == ["English", "German"]


def test_given_axes(data):
    axes = Figure(figsize=(8, 4)).subplots(1, 2)
    display = show(KabschRotation(), data, ax=axes)
    assert display.figure_ is axes[0].figure
    assert list(display.axes_) == list(axes)
    with pytest.raises(ValueError, match="2 panels for 3 axes"):
        display.plot(ax=Figure().subplots(1, 3))


def boxes(axis):
    return [(text.get_text(), text.get_window_extent()) for text in axis.texts]


def test_names_do_not_overlap_and_stay_inside(data):
    display = show(InstaMapAligner(n_iter=2, n_neighbors=10), data, n_pairs=24)
    for axis in display.axes_:
        named = boxes(axis)
        assert len(named) > 10
        frame = axis.get_window_extent()
        points = axis.transData.transform(np.vstack([c.get_offsets() for c in axis.collections]))
        for number, (name, box) in enumerate(named):
            assert frame.x0 <= box.x0 < box.x1 <= frame.x1, name
            assert frame.y0 <= box.y0 < box.y1 <= frame.y1, name
            assert not any(box.contains(*point) for point in points), name
            for other, another in named[number + 1 :]:
                assert not (
                    box.x0 < another.x1
                    and another.x0 < box.x1
                    and box.y0 < another.y1
                    and another.y0 < box.y1
                ), (name, other)


def test_names_stand_on_the_side_away_from_the_partner():
    panel = SpacePanel("Before", np.array([[-1.0, 0]]), np.array([[1.0, 0]]), 0.0, 1, 1.0)
    axis = (
        SpaceMapDisplay([panel], ["left"], ["right"])
        .plot(ax=[Figure(figsize=(6, 3)).subplots()])
        .axes_[0]
    )
    (left, left_box), (right, right_box) = boxes(axis)
    assert (left, right) == ("left", "right")
    points = axis.transData.transform([[-1, 0], [1, 0]])
    assert left_box.x1 < points[0, 0]
    assert right_box.x0 > points[1, 0]


def test_names_without_room_are_left_out():
    """Twenty pairs in one place: the first are named, in order, the others are not."""
    rng = np.random.default_rng(0)
    crowd = 0.01 * rng.standard_normal((20, 2))
    crowd[-1] = 1, 1
    panel = SpacePanel("Before", crowd, crowd + 0.001, 0.0, 20, 1.0)
    words = [f"rather-long-word-{i}" for i in range(20)]
    axis = (
        SpaceMapDisplay([panel], words, words).plot(ax=[Figure(figsize=(4, 4)).subplots()]).axes_[0]
    )
    named = {text.get_text() for text in axis.texts}
    assert "rather-long-word-0" in named
    assert 0 < len(named) < 20


def test_words_are_never_read_as_formulas():
    words = [r"$\nosuchcommand$", "$5$", "_a_"]
    frame = pd.DataFrame(np.eye(3), index=words)
    aligner = KabschRotation().fit(np.eye(3), np.eye(3))
    display = SpaceMapDisplay.from_estimator(aligner, frame, frame, zip(words, words, strict=True))
    display.figure_.draw_without_rendering()
    assert r"$\nosuchcommand$" in {text.get_text() for text in display.axes_[0].texts}
