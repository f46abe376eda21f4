"""XLing-Eval's dictionaries from a server on this machine, and where fetched data are kept."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from sklearn_instamap.datasets import _xling_eval, fetch_xling_eval, get_data_home
from sklearn_instamap.progress import PartDone, report_to

PAIRS = ("de-tr", "en-de")
KINDS = {
    "500": "train.freq.500",
    "1k": "train.freq.1k",
    "3k": "train.freq.3k",
    "5k": "train.freq.5k",
    "test": "test.freq.2k",
}


def content_of(pair, size):
    return f"{pair}a\tWort{size}\n{pair}b\tKatze\n{pair}b\tkatze\n".encode()


@pytest.fixture
def fetch(server, tmp_path, monkeypatch):
    """Fetch two pairs of small dictionaries, which stand in for the published ones."""
    lines = []
    for pair in PAIRS:
        for size, kind in KINDS.items():
            name, content = f"{pair}/yacle.{kind}.{pair}.tsv", content_of(pair, size)
            server.files[f"/{name}"] = content
            lines.append(f"{name} sha256:{hashlib.sha256(content).hexdigest()}")
    (tmp_path / "registry.txt").write_text("\n".join(lines))
    (tmp_path / "DESCR.md").write_text("stand-in")
    monkeypatch.setattr(_xling_eval, "_DATA", tmp_path)

    def run(pairs=None, **options):
        return fetch_xling_eval(pairs, data_home=tmp_path / "home", base_url=server.url, **options)

    return run


def test_every_pair_and_size(fetch, server, tmp_path):
    data = fetch()
    assert data.language_pairs == PAIRS
    assert list(data.train) == list(data.test) == list(PAIRS)
    assert list(data.train["en-de"]) == ["500", "1k", "3k", "5k"]
    assert data.train["en-de"]["3k"].values.tolist() == [
        ["en-dea", "wort3k"],
        ["en-deb", "katze"],
        ["en-deb", "katze"],
    ]
    assert data.test["de-tr"]["target"].tolist() == ["worttest", "katze", "katze"]
    assert data.DESCR == "stand-in"
    assert data.folder == tmp_path / "home" / "xling-eval"
    assert len(list(data.folder.glob("*/*.tsv"))) == len(server.requests) == 10


def test_capitals(fetch):
    assert fetch("de-tr", lowercase=False).test["de-tr"]["target"][0] == "Worttest"


def test_some_pairs_and_only_those(fetch, server):
    assert fetch("en-de").language_pairs == ("en-de",)
    assert fetch(["en-de", "en-de"]).language_pairs == ("en-de",)
    assert len(server.requests) == 5


def test_the_second_time_nothing_is_asked(fetch, server):
    fetch()
    server.stop()
    assert fetch(download_if_missing=False).language_pairs == PAIRS


def test_files_are_checked_whenever_they_are_used(fetch, server):
    folder = fetch("en-de").folder
    damaged = folder / "en-de" / "yacle.test.freq.2k.en-de.tsv"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(FileNotFoundError, match="is missing or damaged"):
        fetch("en-de", download_if_missing=False)
    with pytest.warns(UserWarning, match="fetched again"):
        assert len(fetch("en-de").test["en-de"]) == 3


def test_a_file_that_is_not_the_published_one(fetch, server):
    server.files["/en-de/yacle.train.freq.1k.en-de.tsv"] = b"house\thouse\n"
    with pytest.raises(OSError, match=r"1k\.en-de\.tsv: what was downloaded is damaged"):
        fetch()
    # The others stay.
    server.files["/en-de/yacle.train.freq.1k.en-de.tsv"] = content_of("en-de", "1k")
    server.requests.clear()
    fetch()
    assert len(server.requests) == 4


def test_progress(fetch):
    events = []
    with report_to(events.append):
        fetch()
    assert [event for event in events if isinstance(event, PartDone)] == [
        PartDone("dictionaries", 1, 2, "de-tr"),
        PartDone("dictionaries", 2, 2, "en-de"),
    ]


@pytest.mark.parametrize(
    ("pair", "hint"),
    [("de-en", "ask for 'en-de', or one of de-tr"), (5, "there are de-tr")],
)
def test_pairs_there_are_not(fetch, pair, hint):
    with pytest.raises(ValueError, match=re.escape(f"no dictionaries of {pair!r}")) as caught:
        fetch([pair])
    assert hint in str(caught.value)


def test_the_registry_names_28_pairs_of_a_fixed_version():
    registry = (_xling_eval._DATA / "registry.txt").read_text(encoding="utf-8")
    lines = registry.splitlines()
    assert len(lines) == 28 * 5
    names, hashes = zip(*(line.split(" ") for line in lines), strict=True)
    pairs = {name.partition("/")[0] for name in names}
    assert len(pairs) == 28
    assert set(names) == {f"{p}/yacle.{kind}.{p}.tsv" for p in pairs for kind in KINDS.values()}
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes)
    assert len(set(hashes)) == len(hashes)
    commit = re.search("/([0-9a-f]{40})/", _xling_eval._BASE_URL)
    assert commit is not None
    assert commit[1] in (_xling_eval._DATA / "DESCR.md").read_text(encoding="utf-8")


def test_the_published_files_have_their_hashes(server, shared_dir, tmp_path):
    for path in (shared_dir / "data" / "xling").glob("*.en-de.tsv"):
        server.files[f"/en-de/{path.name}"] = path.read_bytes()
    data = fetch_xling_eval("en-de", data_home=tmp_path, base_url=server.url)
    sizes = {size: len(pairs) for size, pairs in data.train["en-de"].items()}
    assert sizes == {"500": 500, "1k": 1000, "3k": 3000, "5k": 5000}
    assert len(data.test["en-de"]) == 2000
    assert data.train["en-de"]["5k"].iloc[0].tolist() == ["of", "von"]


class TestDataHome:
    def test_given(self, tmp_path):
        assert get_data_home(tmp_path / "a" / "b") == tmp_path / "a" / "b"
        assert (tmp_path / "a" / "b").is_dir()

    def test_from_the_environment(self, tmp_path, monkeypatch):
        monkeypatch.setenv("INSTAMAP_DATA", str(tmp_path / "data"))
        assert get_data_home() == tmp_path / "data"

    @pytest.mark.parametrize("value", [None, ""])
    def test_in_the_home(self, tmp_path, monkeypatch, value):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.delenv("INSTAMAP_DATA", raising=False)
        if value is not None:
            monkeypatch.setenv("INSTAMAP_DATA", value)
        assert get_data_home() == Path(tmp_path) / "sklearn_instamap_data"
        assert get_data_home("~/x") == Path(tmp_path) / "x"

    def test_a_file_in_its_place(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(OSError, match="name another by data_home or INSTAMAP_DATA"):
            get_data_home(tmp_path / "file")
