"""k-occurrences counted by hand, and what they amount to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import hubness_report, hubness_skewness, k_occurrence

# Unit vectors at these angles: nearest by cosine is nearest by angle.
QUERY_ANGLES = [5, 10, 15, 80]
CANDIDATE_ANGLES = [0, 12, 50, 90, 180]


def at(angles, dtype=np.float64):
    radians = np.radians(angles)
    return np.column_stack([np.cos(radians), np.sin(radians)]).astype(dtype)


def test_counts_by_hand():
    queries, candidates = at(QUERY_ANGLES), at(CANDIDATE_ANGLES)
    # 5° is nearest to 0°, 10° and 15° to 12°, 80° to 90°.
    assert k_occurrence(queries, candidates, 1).tolist() == [1, 2, 0, 1, 0]
    # The second ones: 12°; 0°; 0°; 50°.
    assert k_occurrence(queries, candidates, 2).tolist() == [3, 3, 1, 1, 0]
    assert k_occurrence(queries, candidates, 5).tolist() == [4] * 5


def test_lengths_do_not_count():
    queries = at(QUERY_ANGLES) * np.array([[1.0], [7.0], [0.1], [3.0]])
    assert k_occurrence(queries, 3 * at(CANDIDATE_ANGLES), 1).tolist() == [1, 2, 0, 1, 0]


def test_skewness_by_hand():
    # Counts 3, 3, 1, 1, 0: mean 1.6; squares 1.96 + 1.96 + .36 + .36 + 2.56 = 7.2;
    # cubes 2.744 + 2.744 - .216 - .216 - 4.096 = .96.
    expected = (0.96 / 5) / (7.2 / 5) ** 1.5
    assert hubness_skewness(at(QUERY_ANGLES), at(CANDIDATE_ANGLES), 2) == pytest.approx(expected)


def test_equal_counts_are_not_skewed():
    assert hubness_skewness(at([1, 91]), at([0, 90]), 1) == 0.0


def test_report_by_hand():
    report = hubness_report(at(QUERY_ANGLES), at(CANDIDATE_ANGLES), 1)
    assert (report.k, report.n_queries, report.n_candidates) == (1, 4, 5)
    assert report.antihub_share == 2 / 5
    assert (report.largest_hub, report.largest_occurrence) == (1, 2)
    assert str(report) == (
        f"skewness {report.skewness:.2f} of the 1-occurrences; 40.0 % of 5 candidates are "
        "nobody's neighbor, candidate 1 is one of 2 of 4 queries"
    )


def test_a_word_is_no_neighbor_of_its_own():
    # Among themselves: 0 -> 20, 20 -> 0, 50 -> 20.
    assert k_occurrence(at([0, 20, 50]), k=1).tolist() == [1, 2, 0]


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=12),
    st.integers(1, 11),
)
def test_copies_of_a_word_are_neighbors_and_the_word_itself_never_is(quarters, k):
    angles = [90 * quarter for quarter in quarters]
    if k >= len(angles):
        with pytest.raises(ValueError, match=f"k={k} needs at least as many"):
            k_occurrence(at(angles), k=k)
        return
    naive = np.zeros(len(angles), dtype=int)
    cosines = np.round(np.cos(np.radians(np.subtract.outer(angles, angles))))
    for row, similarities in enumerate(cosines):
        # By decreasing similarity, then increasing row.
        order = [i for i in np.argsort(-similarities, kind="stable") if i != row]
        naive[order[:k]] += 1
    vectors = np.rint(at(angles))
    assert k_occurrence(vectors, k=k).sum() == k * len(angles)
    np.testing.assert_array_equal(k_occurrence(vectors, k=k), naive)


def test_every_form_of_a_space():
    words = [f"w{i}" for i in range(5)]
    queries, candidates = at(QUERY_ANGLES), at(CANDIDATE_ANGLES, np.float32)
    expected = k_occurrence(queries, candidates, 2)
    for form in (EmbeddingSpace(words, candidates), pd.DataFrame(candidates, index=words)):
        np.testing.assert_array_equal(k_occurrence(queries.tolist(), form, 2), expected)


def test_a_space_with_a_planted_hub():
    rng = np.random.default_rng(0)
    candidates = rng.standard_normal((300, 20))
    queries = rng.standard_normal((200, 20)) + 3
    candidates[7] = 3
    report = hubness_report(queries, candidates, 5, n_jobs=2)
    assert report.largest_hub == 7
    assert report.largest_occurrence == 200
    assert report.skewness > hubness_skewness(queries - 3, candidates, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "'k' parameter must be an int in the range"),
        ({"k": 6}, "k=6 needs at least as many candidates"),
    ],
)
def test_bad_k(options, message):
    with pytest.raises(ValueError, match=message):
        k_occurrence(at(QUERY_ANGLES), at(CANDIDATE_ANGLES), **options)


def test_different_dimensions():
    with pytest.raises(ValueError, match="shared space"):
        hubness_skewness(np.eye(3), np.eye(4), 1)
