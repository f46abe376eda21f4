"""What keeps the built pages sound: the check of their links, the removal of stale ones."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
broken_links = runpy.run_path(str(ROOT / "tools" / "check_links.py"))["broken_links"]
remove_stale_sources = runpy.run_path(str(ROOT / "docs" / "_ext" / "stale_pages.py"))[
    "remove_stale_sources"
]


@pytest.fixture
def site(tmp_path):
    (tmp_path / "api").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="api/x.html#here">x</a> <a href="#top">up</a> <a href="https://example.org/#no">e</a>'
        '<img src="a%20b.png"><a href="api/">folder</a><a href="mailto:a@b.c">m</a>',
        "utf-8",
    )
    (tmp_path / "a b.png").touch()
    (tmp_path / "api" / "x.html").write_text('<p id="here"><a href="../index.html">i</a>', "utf-8")
    (tmp_path / "api" / "index.html").write_text("<p>", "utf-8")
    return tmp_path


def test_links_that_lead_somewhere(site):
    assert list(broken_links(site)) == []


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("nowhere.html", "there is no such file"),
        ("../index.html#there", "the page has no such place"),
        ("#there", "the page has no such place"),
        ("../../outside.html", "there is no such file"),
    ],
)
def test_links_that_lead_nowhere(site, link, sentence):
    (site / "api" / "x.html").write_text(f'<p id="here"><a href="{link}">i</a>', "utf-8")
    (found,) = broken_links(site)
    assert found.startswith(f"{Path('api', 'x.html')}: {link}: {sentence}")


def test_a_folder_without_pages(tmp_path):
    assert list(broken_links(tmp_path))


def test_pages_of_names_and_examples_that_are_gone(tmp_path):
    docs, examples = tmp_path / "docs", tmp_path / "examples"
    for path in (docs / "api" / "generated", docs / "auto_examples", examples):
        path.mkdir(parents=True)
    for name in ("a.Old", "a.New"):
        (docs / "api" / "generated" / f"{name}.rst").touch()
    for folder in (docs / "auto_examples", examples):
        (folder / "plot_kept.py").touch()
    removed = remove_stale_sources(docs, examples, {"a.New"})
    assert [path.name for path in removed] == ["a.Old.rst"]
    assert (docs / "auto_examples" / "plot_kept.py").exists()
    (docs / "auto_examples" / "plot_gone.py").touch()
    assert remove_stale_sources(docs, examples, {"a.New"})
    assert not (docs / "auto_examples").exists()
    assert (docs / "api" / "generated" / "a.New.rst").exists()
