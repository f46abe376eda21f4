"""Which test pairs have words of the training dictionary, counted by hand and on the real ones."""

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import OverlapReport, dictionary_overlap, unseen_pairs

TRAIN = [("dog", "hund"), ("cat", "katze"), ("cat", "kater")]
# Source known; target known; both, of two pairs; both, of one pair; none; a source word that is
# known as a target only.
TEST = [
    ("dog", "köter"),
    ("hound", "hund"),
    ("dog", "katze"),
    ("cat", "kater"),
    ("tree", "baum"),
    ("hund", "hunt"),
]


def test_by_hand():
    assert dictionary_overlap(train_dictionary=TRAIN, test_dictionary=TEST) == OverlapReport(
        6, n_source=3, n_target=3, n_either=4, n_both=2
    )


def test_unseen_are_those_of_unseen_pairs():
    report = dictionary_overlap(train_dictionary=TRAIN, test_dictionary=TEST)
    assert report.n_unseen == unseen_pairs(test_dictionary=TEST, train_dictionary=TRAIN).sum() == 2


def test_in_vocabulary_by_hand():
    source = EmbeddingSpace(["dog", "cat", "tree"], np.eye(3))
    target = pd.DataFrame(np.eye(3), index=["köter", "kater", "baum"])
    report = dictionary_overlap(
        train_dictionary=TRAIN, test_dictionary=TEST, source_space=source, target_space=target
    )
    # dog köter, cat kater, tree baum.
    assert report.in_vocabulary == OverlapReport(3, n_source=2, n_target=1, n_either=2, n_both=1)
    one_side = dictionary_overlap(
        train_dictionary=TRAIN, test_dictionary=TEST, target_space=target
    ).in_vocabulary
    assert one_side.n_pairs == 3
    assert (
        dictionary_overlap(
            train_dictionary=TRAIN, test_dictionary=TEST, source_space=source
        ).in_vocabulary.n_pairs
        == 4
    )


def test_table_and_sentences():
    source = EmbeddingSpace(["dog", "tree"], np.eye(2))
    report = dictionary_overlap(train_dictionary=TRAIN, test_dictionary=TEST, source_space=source)
    table = report.to_frame()
    assert table.index.tolist() == ["all", "in vocabulary"]
    assert table.loc["all"].to_dict() == {
        "n_pairs": 6,
        "n_unseen": 2,
        "source": 3 / 6,
        "target": 3 / 6,
        "either": 4 / 6,
        "both": 2 / 6,
    }
    assert table.loc["in vocabulary", "either"] == 2 / 3
    assert str(report) == (
        "Of 6 test pairs 50.0 % have their source word in training, 50.0 % their target word, "
        "66.7 % at least one of them, 33.3 % both; 2 are unseen. "
        "Of 3 in vocabulary 66.7 % have their source word in training, 33.3 % their target word, "
        "66.7 % at least one of them, 33.3 % both; 1 are unseen."
    )


def test_nothing_in_vocabulary():
    report = dictionary_overlap(
        train_dictionary=TRAIN, test_dictionary=TEST, source_space=EmbeddingSpace(["cow"], [[1.0]])
    )
    assert report.in_vocabulary.n_pairs == 0
    assert np.isnan(report.in_vocabulary.source)
    assert str(report).endswith("Of 0 in vocabulary none has a word in training.")


def test_repeated_pairs_count_as_often():
    assert (
        dictionary_overlap(train_dictionary=TRAIN, test_dictionary=TEST[:1] * 3 + TEST[4:5]).source
        == 3 / 4
    )


def test_a_space_without_words():
    with pytest.raises(TypeError, match="source_space must be an EmbeddingSpace or a DataFrame"):
        dictionary_overlap(train_dictionary=TRAIN, test_dictionary=TEST, source_space=np.eye(3))


def test_bad_dictionaries():
    with pytest.raises(ValueError, match="train_dictionary must hold pairs"):
        dictionary_overlap(train_dictionary=[("dog",)], test_dictionary=TEST)
    with pytest.raises(ValueError, match="test_dictionary must hold pairs"):
        dictionary_overlap(train_dictionary=TRAIN, test_dictionary=["ab"])


def test_the_published_dictionaries_overlap(shared_dir):
    from sklearn_instamap.io import read_dictionary

    folder = shared_dir / "data" / "xling"
    shares = {}
    for path in sorted(folder.glob("yacle.test.freq.2k.*.tsv")):
        pair = path.name.split(".")[-2]
        train, test = (
            read_dictionary(folder / f"yacle.{part}.{pair}.tsv", duplicates="drop")
            for part in ("train.freq.5k", "test.freq.2k")
        )
        shares[pair] = (
            dictionary_overlap(train_dictionary=train, test_dictionary=test).to_frame().loc["all"]
        )
    table = pd.DataFrame(shares).T
    assert len(table) == 15
    english = table.index.str.startswith("en-")
    assert (table.loc[english, "source"] == 0).all()
    assert (table.loc[~english, "source"] > 0.1).all()
    # Over all 28 pairs they are 14, 17 and 26 %.
    assert table[["source", "target", "either"]].mean().tolist() == pytest.approx(
        [0.14, 0.17, 0.26], abs=0.03
    )
