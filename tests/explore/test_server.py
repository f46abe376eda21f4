"""The page's server: what it answers, and to whom."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from sklearn_instamap.explore._server import make_app
from sklearn_instamap.io import read_dictionary, write_vectors

from .conftest import HOSTILE

pytest.importorskip("flask", reason="flask is not installed")
TOKEN = "t0ken"


@pytest.fixture
def client(session):
    client = make_app(session, TOKEN, title="a – b").test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8000"
    return client


@pytest.fixture
def inside(client):
    assert client.get(f"/?token={TOKEN}").status_code == 200
    return client


@pytest.mark.parametrize("path", ["/", "/api/about", "/page/explore.js", "/?token=other", "/x"])
def test_nobody_without_the_token(client, path):
    assert client.get(path).status_code == 403


def test_no_decision_without_the_token(client, session, spaces):
    body = {"source": spaces[0].words[0], "target": spaces[1].words[0], "decision": "accept"}
    assert client.post("/api/decide", json=body).status_code == 403
    assert not session.accepted


@pytest.mark.parametrize("host", ["evil.example:8000", "evil.example", "127.0.0.1.evil.example:1"])
def test_no_other_host_name(inside, host):
    assert inside.get("/api/about", headers={"Host": host}).status_code == 403


def test_the_page_and_its_headers(inside):
    response = inside.get("/")
    assert "Translate" in response.text
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    cookie = inside.get(f"/?token={TOKEN}").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    for name in ("explore.js", "explore.css"):
        assert inside.get(f"/page/{name}").status_code == 200
    assert inside.get("/page/../_session.py").status_code == 404


def test_words(inside, spaces):
    word = spaces[3]["source"][0]
    answer = inside.get("/api/word", query_string={"word": word}).json
    assert answer["translations"][0]["translation"] == HOSTILE
    response = inside.get("/api/word", query_string={"word": word[:2] + "§"})
    assert response.status_code == 404
    suggested = inside.get("/api/suggest", query_string={"start": word[:2]}).json["suggestions"]
    assert suggested
    assert all(each.startswith(word[:2]) for each in suggested)


def test_about_hubs_and_errors(inside, spaces):
    about = inside.get("/api/about").json
    assert (about["title"], about["source_words"]) == ("a – b", 300)
    assert len(inside.get("/api/hubs").json["hubs"]) == 40
    assert len(inside.get("/api/errors").json["errors"]) == spaces[3]["source"].nunique()


def test_deciding(inside, session, spaces, tmp_path):
    body = {"source": spaces[0].words[0], "target": HOSTILE, "decision": "accept"}
    assert inside.post("/api/decide", json=body).json == {"accepted": 1, "rejected": 0}
    assert read_dictionary(tmp_path / "pairs.tsv", sep="\t").to_numpy().tolist() == [
        [spaces[0].words[0], HOSTILE]
    ]
    assert inside.get("/api/decisions").json["accepted"] == [[spaces[0].words[0], HOSTILE]]


@pytest.mark.parametrize("body", [None, [], {}, {"source": 1, "target": "b", "decision": "accept"}])
def test_malformed_decisions(inside, body):
    response = inside.post("/api/decide", json=body)
    assert response.status_code == 400
    assert "must be texts" in response.json["error"]


def test_the_command(spaces, tmp_path):
    source, target, *_ = spaces
    for name, space in (("a.npy", source), ("b.npy", target)):
        write_vectors(tmp_path / name, space)
    command = [sys.executable, "-m", "sklearn_instamap", "explore", "a.npy", "b.npy"]
    process = subprocess.Popen(
        [*command, "--no-browser", "-o", "pairs.tsv"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stdout.readline())
        assert address
        with urllib.request.urlopen(address[0], timeout=30) as response:
            assert b"Translate" in response.read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address[0].partition("?")[0], timeout=30)
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert not (tmp_path / "pairs.tsv").exists()


def test_a_missing_lexicon_is_one_sentence(tmp_path):
    command = [sys.executable, "-m", "sklearn_instamap", "explore", "a.npy", "b.npy", "no.tsv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no.tsv" in done.stderr
    assert "Traceback" not in done.stderr
