"""fastText's vectors from a server on this machine: trusted on first use, kept as .npy."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from sklearn_instamap.datasets import fetch_fasttext

WORDS = [f"wort{i}" for i in range(30)]
VECTORS = np.random.default_rng(0).standard_normal((30, 4)).round(3).astype(np.float32)


def as_text(words=WORDS, vectors=VECTORS):
    # Values end in a blank, as in the published files.
    lines = [f"{len(words)} {vectors.shape[1]}"]
    lines += [
        " ".join([word, *map(str, row), ""])
        for word, row in zip(words, vectors.tolist(), strict=True)
    ]
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture
def fetch(server, tmp_path):
    """Fetch from a server which has the German vectors of both kinds."""
    server.files["/vectors-wiki/wiki.de.vec"] = as_text()
    server.files["/vectors-crawl/cc.de.300.vec.gz"] = gzip.compress(
        as_text(["Der", "der", *WORDS[2:]]), mtime=0
    )

    def run(language="de", **options):
        return fetch_fasttext(language, data_home=tmp_path, base_url=server.url, **options)

    return run


def test_words_and_vectors(fetch, server, tmp_path):
    data = fetch()
    assert data.space.words == tuple(WORDS)
    np.testing.assert_array_equal(data.space.vectors, VECTORS)
    assert data.space.vectors.dtype == np.float32
    assert data.path == tmp_path / "fasttext" / "wiki.de.200000.npy"
    assert data.url == f"{server.url}/vectors-wiki/wiki.de.vec"
    assert data.sha256 == hashlib.sha256(as_text()).hexdigest()
    assert "Wikipedia" in data.DESCR


def test_the_second_time_vectors_are_mapped_and_nothing_is_asked(fetch, server):
    fetch()
    server.stop()
    base = fetch().space.vectors
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert len(server.requests) == 1


def test_the_download_is_not_needed_afterwards(fetch, server, tmp_path):
    fetch()
    (tmp_path / "fasttext" / "wiki.de.vec").unlink()
    server.stop()
    assert fetch().space.n_words == 30


def test_limits_on_words_share_one_download(fetch, server):
    assert fetch(max_words=7).space.words == tuple(WORDS[:7])
    assert fetch(max_words=9).space.words == tuple(WORDS[:9])
    assert fetch(max_words=None).space.n_words == 30
    assert len(server.requests) == 1


def test_only_the_words_wanted_are_read(fetch, server):
    server.files["/vectors-wiki/wiki.de.vec"] = as_text()[:-200] + b"\xff no number\n"
    assert fetch(max_words=7).space.n_words == 7


def test_common_crawl_compressed_and_with_capitals(fetch):
    assert fetch(kind="cc").space.words[:2] == ("Der", "der")
    with pytest.warns(UserWarning, match="1 word repeats an earlier one after lower-casing"):
        lowered = fetch(kind="cc", lowercase=True)
    assert lowered.space.words[:2] == ("der", "wort2")
    np.testing.assert_array_equal(lowered.space.vectors[0], VECTORS[0])
    assert lowered.path.name == "cc.de.200000.lower.npy"


def test_trust_on_first_use(fetch, tmp_path):
    fetch()
    record = json.loads((tmp_path / "fasttext" / "wiki.de.vec.json").read_text())
    assert record["sha256"] == hashlib.sha256(as_text()).hexdigest()
    assert record["size"] == len(as_text())


def test_a_download_damaged_since(fetch, server, tmp_path):
    fetch(max_words=5)
    raw = tmp_path / "fasttext" / "wiki.de.vec"
    raw.write_bytes(as_text().replace(b"wort1 ", b"wert1 "))
    with pytest.warns(UserWarning, match=r"wiki\.de\.vec: its hash is .*; it is fetched again"):
        assert fetch(max_words=6).space.words == tuple(WORDS[:6])
    assert raw.read_bytes() == as_text()


def test_other_vectors_than_at_first(fetch, server, tmp_path):
    fetch(max_words=5)
    folder = tmp_path / "fasttext"
    (folder / "wiki.de.vec").unlink()
    server.files["/vectors-wiki/wiki.de.vec"] = as_text(WORDS[::-1])
    with pytest.raises(OSError, match="has changed"):
        fetch(max_words=6)
    assert fetch(max_words=5).space.words == tuple(WORDS[:5])
    # What the documentation says to do.
    (folder / "wiki.de.vec.json").unlink()
    assert fetch(max_words=5).space.words == tuple(WORDS[:-6:-1])


def test_known_hash(fetch, server):
    right = f"md5:{hashlib.md5(as_text()).hexdigest()}"
    with pytest.raises(OSError, match="was removed"):
        fetch(known_hash="md5:00")
    assert fetch(known_hash=right).space.n_words == 30
    stamp = os.stat(fetch().path).st_mtime_ns
    assert os.stat(fetch(known_hash=right).path).st_mtime_ns == stamp
    assert fetch(known_hash=fetch().sha256).space.n_words == 30
    assert len(server.requests) == 2


def test_a_known_hash_that_the_first_download_had_not(fetch, server):
    fetch()
    with (
        pytest.warns(UserWarning, match="it is fetched again"),
        pytest.raises(OSError, match="was removed"),
    ):
        fetch(known_hash="md5:00")
    assert fetch().space.n_words == 30


def test_put_there_by_hand(fetch, server, tmp_path):
    server.stop()
    with pytest.raises(ConnectionError) as caught:
        fetch()
    Path(str(caught.value).rpartition(" ")[2].removesuffix(".")).write_bytes(as_text())
    assert fetch().space.n_words == 30
    assert fetch().sha256 == hashlib.sha256(as_text()).hexdigest()


@pytest.mark.parametrize("content", [b"<html>Please log in</html>\n", as_text()[:50]])
def test_what_is_no_vectors_is_not_trusted(fetch, server, tmp_path, content):
    server.files["/vectors-wiki/wiki.de.vec"] = content
    with pytest.raises(ValueError, match=r"Remove the file to fetch it again\.$"):
        fetch()
    folder = tmp_path / "fasttext"
    assert sorted(path.name for path in folder.iterdir()) == [".wiki.de.vec.lock", "wiki.de.vec"]


@pytest.mark.parametrize("fault", ["drop", "corrupt"])
def test_faults_leave_nothing_that_is_used(fetch, server, tmp_path, fault):
    server.faults = [fault] * 5
    with pytest.raises(OSError, match=r"broke off|was removed"):
        fetch(known_hash=hashlib.sha256(as_text()).hexdigest())
    assert not list((tmp_path / "fasttext").glob("*.npy"))
    assert not (tmp_path / "fasttext" / "wiki.de.vec").exists()
    server.faults = []
    assert fetch().space.n_words == 30


def test_several_at_once_download_once(fetch, server):
    pytest.importorskip("fcntl")
    server.seconds_per_chunk = 0.05
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [data.space.n_words for data in found] == [30] * 4
    assert len(server.requests) == 1


def test_a_language_there_is_not(fetch):
    with pytest.raises(OSError, match="404 Not Found"):
        fetch("xx")


def test_not_to_be_downloaded(fetch, server):
    with pytest.raises(FileNotFoundError, match="download_if_missing=False"):
        fetch(download_if_missing=False)
    fetch()
    assert fetch(download_if_missing=False).space.n_words == 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "../de"}, "'language' parameter must be a language"),
        ({"language": 5}, "'language' parameter must be a language"),
        ({"kind": "news"}, "'kind' parameter must be 'wiki' or 'cc'"),
        ({"max_words": 0}, "'max_words' parameter must be an int in the range"),
        ({"known_hash": "what"}, "known_hash must be hexadecimal digits"),
    ],
)
def test_bad_parameters(fetch, server, options, message):
    with pytest.raises(ValueError, match=message):
        fetch(**options)
    assert server.requests == []


def test_a_record_that_is_none(fetch, tmp_path):
    fetch()
    (tmp_path / "fasttext" / "wiki.de.vec.json").write_text("{}")
    with pytest.raises(ValueError, match="remove it to trust the next one"):
        fetch()


@pytest.mark.parametrize("missing", ["pooch", "requests"])
def test_without_the_extra(monkeypatch, tmp_path, missing):
    pytest.importorskip("pooch")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError) as caught:
        fetch_fasttext("de", data_home=tmp_path)
    assert str(caught.value) == (
        f"Fetching data needs {missing}, which is not installed: "
        'pip install "sklearn-instamap[datasets]".'
    )
