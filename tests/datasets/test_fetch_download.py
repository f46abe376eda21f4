"""Downloads over connections that break, from servers that change, announce and answer wrongly."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import requests

from sklearn_instamap.datasets import _download
from sklearn_instamap.datasets._download import Downloader, check_hash
from sklearn_instamap.progress import BytesDone, report_to

CONTENT = np.random.default_rng(0).bytes(200_000)
CHANGED = np.random.default_rng(1).bytes(200_000)


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def obtain(server, tmp_path, monkeypatch):
    """Download /file into the folder, and return what is there."""
    # So that connections break between chunks.
    monkeypatch.setattr(_download, "_CHUNK", 250)
    server.files["/file"] = CONTENT

    def run(**options):
        Downloader(timeout=5).obtain(f"{server.url}/file", tmp_path / "file", **options)
        return (tmp_path / "file").read_bytes()

    return run


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def breaks_off(obtain, server, n=5):
    """Let every attempt of one call end early."""
    server.faults = ["drop"] * n
    with pytest.raises(ConnectionError, match="the download broke off after") as caught:
        obtain()
    return str(caught.value)


def test_whole_and_alone(obtain, tmp_path):
    assert obtain() == CONTENT
    assert left(tmp_path) == ["file"]


def test_what_is_there_is_not_downloaded_again(obtain, server):
    obtain(known_hash=sha256(CONTENT))
    assert obtain(known_hash=sha256(CONTENT)) == CONTENT
    assert len(server.requests) == 1


def test_other_hashes(obtain):
    assert obtain(known_hash=f"md5:{hashlib.md5(CONTENT).hexdigest()}") == CONTENT


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_a_dropped_connection_is_gone_on_with(obtain, server, validator):
    server.validator = validator
    server.faults = ["drop", "drop"]
    assert obtain() == CONTENT
    assert [asked for _, asked in server.requests] == [None, "bytes=100000-", "bytes=150000-"]


def test_the_next_call_goes_on(obtain, server, tmp_path):
    message = breaks_off(obtain, server)
    assert "after 193,750 bytes" in message
    assert message.endswith(f"call again to continue, or put the file at {tmp_path / 'file'}.")
    assert left(tmp_path) == ["file.part", "file.part.json"]
    server.requests.clear()
    assert obtain() == CONTENT
    assert [asked for _, asked in server.requests] == ["bytes=193750-"]
    assert left(tmp_path) == ["file"]


def test_a_file_that_has_changed_is_not_spliced(obtain, server):
    breaks_off(obtain, server)
    server.files["/file"] = CHANGED
    assert obtain() == CHANGED


def test_a_file_that_is_shorter_now(obtain, server, tmp_path):
    server.validator = "date"  # the same, though the content has changed
    breaks_off(obtain, server)
    server.files["/file"] = CHANGED[:1000]
    server.requests.clear()
    assert obtain() == CHANGED[:1000]
    assert [asked for _, asked in server.requests] == ["bytes=193750-", None]


def test_a_file_that_is_longer_now(obtain, server, tmp_path):
    server.validator = "date"
    breaks_off(obtain, server)
    server.files["/file"] = CHANGED * 2
    assert obtain() == CHANGED * 2


def test_another_address_starts_again(obtain, server, tmp_path):
    breaks_off(obtain, server)
    server.files["/copy"] = CHANGED
    server.requests.clear()
    Downloader().obtain(f"{server.url}/copy", tmp_path / "file")
    assert server.requests == [("/copy", None)]
    assert (tmp_path / "file").read_bytes() == CHANGED


@pytest.mark.parametrize("change", [{"ranges": False}, {"validator": "weak"}, {"validator": None}])
def test_servers_that_cannot_go_on_start_again(obtain, server, change):
    for name, value in change.items():
        setattr(server, name, value)
    server.faults = ["drop", "drop"]
    assert obtain() == CONTENT
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "record",
    [
        "", "{", "[]", '{"url": 1}', "[" * 100_000,
        *(
            f'{{"url": "URL/file", "size": {size}, "validator": {validator}}}'
            for size, validator in (
                ('"abc"', '"v"'), ("NaN", '"v"'), ("true", '"v"'), ("9", "5"), ("9", r'"\r\nX: y"'),
            )
        ),
    ],
)  # fmt: skip
def test_a_partial_file_of_unknown_origin_starts_again(obtain, server, tmp_path, record):
    (tmp_path / "file.part").write_bytes(CHANGED[:500])
    (tmp_path / "file.part.json").write_text(record.replace("URL", server.url))
    assert obtain() == CONTENT
    assert server.requests == [("/file", None)]


def test_a_download_that_only_lacks_its_name(obtain, server, tmp_path):
    breaks_off(obtain, server)
    (tmp_path / "file.part").write_bytes(CONTENT)
    server.requests.clear()
    assert obtain() == CONTENT
    assert server.requests == []


def test_truncated(obtain, server, tmp_path):
    server.ranges = False
    message = breaks_off(obtain, server)
    assert "100,000 bytes" in message
    assert "file" not in left(tmp_path)


def test_truncated_with_the_size_of_what_is_left(obtain, server, tmp_path):
    server.files["/file"] = CONTENT[:-1]
    with pytest.raises(OSError, match=r"is damaged or has changed and was removed \(its hash is"):
        obtain(known_hash=sha256(CONTENT))
    assert left(tmp_path) == []


def test_corrupted(obtain, server, tmp_path):
    server.faults = ["corrupt"]
    with pytest.raises(OSError, match="was removed") as caught:
        obtain(known_hash=sha256(CONTENT))
    assert f"instead of {sha256(CONTENT)}" in str(caught.value)
    assert left(tmp_path) == []
    assert obtain(known_hash=sha256(CONTENT)) == CONTENT


def test_corrupted_on_the_disk(obtain, server, tmp_path):
    (tmp_path / "file").write_bytes(CHANGED)
    with pytest.warns(UserWarning, match=r"file: its hash is .*; it is fetched again\."):
        assert obtain(known_hash=sha256(CONTENT)) == CONTENT


def test_what_was_there_stays_until_it_can_be_replaced(obtain, server, tmp_path):
    (tmp_path / "file").write_bytes(CHANGED)
    server.faults = ["nothing"] * 2
    with (
        pytest.warns(UserWarning, match="fetched again"),
        pytest.raises(ConnectionError, match="cannot be reached"),
    ):
        obtain(known_hash=sha256(CONTENT))
    assert (tmp_path / "file").read_bytes() == CHANGED


def test_interrupted_by_the_user(obtain, server, tmp_path):
    def interrupt(event):
        raise KeyboardInterrupt

    server.files["/file"] = CONTENT * 20
    with pytest.raises(KeyboardInterrupt), report_to(interrupt):
        obtain()
    assert left(tmp_path) == ["file.part", "file.part.json"]
    server.requests.clear()
    assert obtain() == CONTENT * 20
    assert [asked is None for _, asked in server.requests] == [False]


def test_killed(obtain, server, tmp_path):
    server.seconds_per_chunk = 0.02  # 200 chunks
    script = (
        "import sys; from pathlib import Path; "
        "from sklearn_instamap.datasets import _download; "
        "_download._CHUNK = 1000; "
        "_download.Downloader().obtain(sys.argv[1], Path(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, f"{server.url}/file", str(tmp_path / "file")]
    )
    part = tmp_path / "file.part"
    while not (part.exists() and part.stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)
    assert not (tmp_path / "file").exists()
    server.seconds_per_chunk = 0
    server.requests.clear()
    assert obtain() == CONTENT
    assert server.requests == [("/file", f"bytes={have}-")]


def test_no_network(server, obtain, tmp_path):
    server.stop()
    with pytest.raises(ConnectionError) as caught:
        obtain()
    message = str(caught.value)
    assert message.startswith(f"{server.url}/file: cannot be reached (")
    assert "refused" in message
    assert message.endswith(f"connect to the network, or put the file at {tmp_path / 'file'}.")
    assert "\n" not in message
    assert "0x" not in message
    assert left(tmp_path) == []


def test_no_network_for_the_rest(server, obtain, tmp_path):
    breaks_off(obtain, server)
    server.stop()
    with pytest.raises(ConnectionError, match="cannot be reached"):
        obtain()
    assert left(tmp_path) == ["file.part", "file.part.json"]


def test_a_server_that_says_nothing_for_too_long(server, tmp_path):
    server.files["/file"] = CONTENT
    server.seconds_per_chunk = 0.3
    with pytest.raises(ConnectionError, match=r"broke off after .*timed out"):
        Downloader(attempts=1, timeout=0.1).obtain(f"{server.url}/file", tmp_path / "file")


def test_a_connection_closed_without_an_answer(obtain, server):
    server.faults = ["nothing"]
    assert obtain() == CONTENT


def test_busy_servers_are_asked_again(obtain, server):
    server.faults = ["busy", "busy"]
    assert obtain() == CONTENT


def test_always_busy(obtain, server):
    server.faults = ["busy"] * 5
    with pytest.raises(ConnectionError, match="the server answers 503 Service Unavailable"):
        obtain()


def test_no_such_file(server, tmp_path):
    with pytest.raises(OSError, match=r"does not give the file \(404 Not Found\)"):
        Downloader().obtain(f"{server.url}/nothing", tmp_path / "file")
    assert len(server.requests) == 1


def test_a_size_that_is_not_announced(obtain, server, tmp_path):
    server.announces_size = False
    with pytest.raises(OSError, match="does not announce the size"):
        obtain()
    assert obtain(known_hash=sha256(CONTENT)) == CONTENT


def test_not_to_be_downloaded(obtain, server, tmp_path):
    with pytest.raises(FileNotFoundError, match="download_if_missing=False"):
        obtain(download_if_missing=False)
    (tmp_path / "file").write_bytes(CHANGED)
    assert obtain(download_if_missing=False) == CHANGED
    assert server.requests == []


def test_progress(obtain, server):
    server.files["/file"] = CONTENT * 20
    events = []
    with report_to(events.append):
        obtain()
    assert events[-1] == BytesDone("file", 4_000_000, 4_000_000)
    assert [event.done for event in events] == sorted(event.done for event in events)


def test_known_hashes():
    assert check_hash("ABC123") == "sha256:abc123"
    assert check_hash("md5:00ff") == "md5:00ff"
    for wrong in ("", "md5:", "md6:00", "sha256:xyz", 5.5):
        with pytest.raises(ValueError, match="known_hash must be hexadecimal digits"):
            check_hash(wrong)


def test_the_record_of_a_part_is_complete(obtain, server, tmp_path):
    breaks_off(obtain, server)
    record = json.loads((tmp_path / "file.part.json").read_text())
    assert record["url"] == f"{server.url}/file"
    assert record["size"] == len(CONTENT)


@pytest.mark.parametrize("announced", ["abc", "-5", "1e9", "0x10", "7 8", "9" * 30])
def test_an_announced_size_that_is_none(obtain, server, tmp_path, announced):
    server.announced = announced
    with pytest.raises(
        OSError, match=r"file: the server announces the size .* not a number of bytes"
    ):
        obtain()
    assert "file" not in left(tmp_path)


def test_a_server_that_sends_without_end_is_left(obtain, server, tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "_CHUNK", 1 << 16)
    server.is_endless = True
    with pytest.raises(ConnectionError, match=r"sends more than the 200,000 bytes it announced"):
        obtain()
    assert left(tmp_path) == []
    # A few buffers of the system, of each of five attempts, instead of 64 MiB of each.
    assert server.sent < 5 * (16 << 20)


def answer(status=200, url="https://host/file", content=b"", **headers):
    """What requests would return."""
    response = requests.Response()
    response.status_code, response.url, response.reason = status, url, "\x1b[31mOdd"
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.raw = io.BytesIO(content)
    return response


def obtain_from(tmp_path, monkeypatch, *answers, **options):
    """Download from a server that gives these answers, one per request."""
    downloader = Downloader(attempts=2, wait=0)
    waiting = list(answers)
    monkeypatch.setattr(downloader._session, "get", lambda *_, **__: waiting.pop(0))
    downloader.obtain("https://host/file", tmp_path / "file", **options)
    return (tmp_path / "file").read_bytes()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://host/file", "Content_Length": "4"}, r"leads to http://.* not encrypted"),
        ({"Content_Length": "0"}, "sent an empty file"),
        ({"Content_Length": str(10**15)}, "announces 1,000,000,000,000,000 bytes, more than"),
        ({"content": b"x" * 2000, "known_hash": sha256(b"x"), "largest": 999}, "without end"),
        ({"status": 418}, r"\(418 \\x1b\[31mOdd\)"),
    ],
)
def test_what_will_not_be_better_is_asked_once(tmp_path, monkeypatch, wrong, message):
    options = {name: wrong.pop(name) for name in ("known_hash", "largest") if name in wrong}
    with pytest.raises(OSError, match=message):
        obtain_from(tmp_path, monkeypatch, answer(**wrong), **options)
    assert left(tmp_path) == []


@pytest.mark.parametrize("address", ["ftp://host", "http://[::1", "http://a..b", "file:///tmp"])
def test_addresses_that_are_none(tmp_path, address):
    with pytest.raises(OSError, match=r"cannot be fetched from there \(.*\); check the address"):
        Downloader().obtain(f"{address}/file", tmp_path / "file")


@pytest.mark.parametrize("other", [{"ETag": '"b"'}, {"ETag": '"a"', "Content_Encoding": "gzip"}])
def test_a_part_of_another_version_is_not_joined(tmp_path, monkeypatch, other):
    monkeypatch.setattr(_download, "_CHUNK", 4)
    whole = {"ETag": '"b"', "Content_Length": "8", "content": b"bbbbbbbb"}
    (tmp_path / "file.part").write_bytes(b"aaaa")
    record = {"url": "https://host/file", "size": 8, "validator": '"a"'}
    (tmp_path / "file.part.json").write_text(json.dumps(record))
    part = answer(206, content=b"bbbb", Content_Range="bytes 4-7/8", **other)
    assert obtain_from(tmp_path, monkeypatch, part, answer(**whole)) == b"bbbbbbbb"


def test_what_cannot_be_gone_on_with_is_not_kept(obtain, server, tmp_path):
    server.validator = None
    assert breaks_off(obtain, server).count("try again later")
    assert left(tmp_path) == []


@pytest.mark.parametrize("name", ["file", "file.part", "file.part.json"])
def test_folders_in_the_place_of_a_download(obtain, tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match="is a folder, where a file of this program belongs; remove"):
        obtain()
