"""Which files are found, and which cells they make."""

from __future__ import annotations

import pytest

from sklearn_instamap.benchmark._layout import find_dictionaries, find_space, turned_pair
from sklearn_instamap.benchmark._plan import make_plan
from sklearn_instamap.linear import ProcrustesAligner, RCSLSAligner
from sklearn_instamap.results._overview import size_order

METHODS = {"PROC": ProcrustesAligner(), "RCSLS": RCSLSAligner()}


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def dictionaries(pair, *sizes):
    return [f"yacle.test.freq.2k.{pair}.tsv", *(f"yacle.train.freq.{s}.{pair}.tsv" for s in sizes)]


@pytest.fixture
def plan(tmp_path):
    touch(tmp_path / "spaces", "en.npy", "en.words", "wiki.de.vec", "cc.fi.300.vec.gz")
    touch(tmp_path / "xling", *dictionaries("en-de", "5k", "500"), *dictionaries("de-fi", "5k"))
    touch(tmp_path / "xling", *dictionaries("de-hr", "5k"))

    def make(**options):
        options = {
            "language_pairs": None,
            "methods": METHODS,
            "sizes": ["5k"],
            "directions": "forward",
            "seeds": (0,),
        } | options
        return make_plan(tmp_path / "spaces", tmp_path / "xling", **options)

    return make


def test_all_pairs_whose_files_are_there(plan):
    found = plan()
    assert list(found.pairs) == ["de-fi", "en-de"]
    assert list(found.skipped) == ["de-hr"]
    assert "no vectors of hr" in found.skipped["de-hr"]
    assert {language: path.name for language, path in found.spaces.items()} == {
        "de": "wiki.de.vec",
        "en": "en.npy",
        "fi": "cc.fi.300.vec.gz",
    }


def test_pairs_without_the_size_are_left_out_of_all(plan):
    found = plan(sizes=["500"])
    assert list(found.pairs) == ["en-de"]
    assert "no training dictionary of de-fi of size 500; there are 5k" in found.skipped["de-fi"]


def test_cells_pair_by_pair(plan):
    cells = plan(language_pairs=["en-de"], sizes=None, directions="both").cells
    assert [str(cell) for cell in cells] == [
        "en-de, PROC, 500",
        "en-de, RCSLS, 500",
        "en-de, PROC, 5k",
        "en-de, RCSLS, 5k",
        "de-en, PROC, 500",
        "de-en, RCSLS, 500",
        "de-en, PROC, 5k",
        "de-en, RCSLS, 5k",
    ]
    assert {cell.language_pair for cell in cells} == {"en-de"}
    assert [cell.direction for cell in cells] == ["forward"] * 4 + ["backward"] * 4


def test_seeds_multiply_only_what_is_random(plan):
    cells = plan(language_pairs=["en-de"], seeds=[3, 4]).cells
    assert [(cell.method, cell.seed) for cell in cells] == [("PROC", 3), ("RCSLS", 3), ("RCSLS", 4)]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"language_pairs": ["de-en"]}, OSError, "ask for en-de with directions='backward'"),
        (
            {"language_pairs": ["en-tr"]},
            OSError,
            "no dictionaries of en-tr; there are de-fi, de-hr, en-de",
        ),
        (
            {"language_pairs": ["de-hr"]},
            OSError,
            "no vectors of hr; their name has to be like hr.npy",
        ),
        (
            {"language_pairs": ["de-fi"], "sizes": ["1k"]},
            OSError,
            "of de-fi of size 1k; there are 5k",
        ),
        ({"language_pairs": []}, OSError, "language_pairs is empty"),
        ({"directions": "sideways"}, ValueError, "'directions' parameter must be"),
        ({"seeds": []}, ValueError, "seeds is empty"),
        ({"seeds": [-1]}, ValueError, "'seeds' parameter must be an int in the range .* Got -1"),
        ({"sizes": ["9k"]}, OSError, "There is no pair to run"),
    ],
)
def test_refused(plan, options, error, message):
    with pytest.raises(error, match=message):
        plan(**options)


def test_xling_eval_has_a_folder_for_each_pair(tmp_path):
    """English and French are there in both orders, in one folder."""
    touch(tmp_path / "bli_datasets/en-fr", *dictionaries("en-fr", "500", "5k"))
    touch(tmp_path / "bli_datasets/en-fr", *dictionaries("fr-en", "5k"))
    touch(tmp_path / "bli_datasets/en-de", *dictionaries("en-de", "5k"), "README.md")
    found = find_dictionaries(tmp_path)
    assert list(found) == ["en-de", "en-fr"]
    assert list(found["en-fr"].train) == ["500", "5k"]


def test_dictionary_in_two_places(tmp_path):
    touch(tmp_path, *dictionaries("en-de"), *(f"old/{name}" for name in dictionaries("en-de")))
    with pytest.raises(ValueError, match=r"en-de\.tsv: is found in .* too; keep one of the two\."):
        find_dictionaries(tmp_path)


def test_no_dictionaries(tmp_path):
    with pytest.raises(ValueError, match=r"names have to be like yacle\.train\.freq\.5k"):
        find_dictionaries(tmp_path)
    with pytest.raises(OSError, match="there is no such folder"):
        find_dictionaries(tmp_path / "nowhere")


def test_two_spaces_of_one_language(tmp_path):
    touch(tmp_path, "en.vec", "wiki.en.vec")
    with pytest.raises(ValueError, match=r"has en\.vec and wiki\.en\.vec, all of language en"):
        find_space(tmp_path, "en")


def test_sizes_are_ordered_by_size():
    assert sorted(["all", "5k", "1k", "500", "3k"], key=size_order) == [
        "500",
        "1k",
        "3k",
        "5k",
        "all",
    ]


def test_names_of_muse(tmp_path):
    names = (
        "en-de.txt", "en-de.0-5000.txt", "en-de.5000-6500.txt", "de-en.0-5000.txt",
        "de-en.5000-6500.txt", "en-fr.0-750.txt", "README.txt",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    found = find_dictionaries(tmp_path)
    assert list(found) == ["de-en", "en-de", "en-fr"]
    assert found["en-de"].train == {"5k": tmp_path / "en-de.0-5000.txt"}
    assert found["en-de"].test == tmp_path / "en-de.5000-6500.txt"
    assert list(found["en-fr"].train) == ["750"]
    assert found["en-fr"].test is None
    (tmp_path / "yacle.train.freq.5k.en-de.tsv").touch()
    with pytest.raises(ValueError, match=r"a second training dictionary of size 5k of en-de, besi"):
        find_dictionaries(tmp_path)


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("en-de.0-5000.txt", "en-de"), ("EN-DE.0-5000.TXT", "EN-DE"), ("en-de.train.txt", "en-de"),
        ("eng-deu.0-5000.txt.gz", "eng-deu"), ("zh-Hans-en.0-5000.txt", "zh-Hans-en"),
        ("en-zh-Hans.0-5000.txt", "en-zh-Hans"), ("en-pt_BR.0-5000.txt", "en-pt_BR"),
        ("yacle.train.freq.5k.pt-BR-zh_min_nan.tsv", "pt-BR-zh_min_nan"),
        (".trash/en-de.0-5000.txt", None), ("__MACOSX/en-de.0-5000.txt", None),
        ("en-de.0-5000.txt~", None), ("._en-de.0-5000.txt", None), ("en-de.0-0.txt", None),
        ("en-de.5000-0.txt", None), ("en-de.0-5000 (1).txt", None),
    ],
)  # fmt: skip
def test_names_of_languages_and_of_other_files(tmp_path, name, pair):
    touch(tmp_path, "a-b.0-5.txt", name)
    found = find_dictionaries(tmp_path)
    assert list(found) == ["a-b", *([pair] if pair else [])] or list(found) == [pair, "a-b"]
    if pair:
        assert list(found[pair].train.values()) == [tmp_path / name]
        assert turned_pair(turned_pair(pair)) == pair != turned_pair(pair)


def test_a_training_dictionary_that_holds_the_test_is_left_out(tmp_path):
    touch(tmp_path, "en-de.0-5000.txt", "en-de.0-6500.txt", "en-de.5000-6500.txt")
    with pytest.warns(UserWarning, match=r"0-6500\.txt: holds words of .*5000-6500\.txt, by which"):
        found = find_dictionaries(tmp_path)
    assert list(found["en-de"].train) == ["5k"]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["wiki.multi.en.vec"], "wiki.multi.en.vec"),
        (["en.emb.txt", "._en.vec", "en.vec~"], "en.emb.txt"),
        (["EN.vec", "sen.vec"], "EN.vec"),
        (["en.vec", "EN.vec", "en.npz", "wiki.en.bin"], "en.vec"),
        (["en.vec.xz"], "en.vec.xz"),
        (["en.bin", "en.words"], None),
    ],
)
def test_names_of_spaces(tmp_path, names, name):
    touch(tmp_path, *names)
    assert find_space(tmp_path, "en") == (name and tmp_path / name)
