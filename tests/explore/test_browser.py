"""The page in a real browser: type a word, accept a pair, find it in the file."""

from __future__ import annotations

import shutil
import threading

import pytest

from sklearn_instamap.explore._server import make_app, make_server
from sklearn_instamap.io import read_dictionary

from .conftest import HOSTILE

pytest.importorskip("flask", reason="flask is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

# Without these Chromium calls home, which a closed network refuses.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def address(session):
    server = make_server(make_app(session, "t0ken", "a – b"), 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/?token=t0ken"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: (page.problems.append("dialog"), dialog.dismiss()))
        yield page
        browser.close()


def test_type_a_word_accept_a_pair_and_find_it_in_the_file(page, address, spaces, tmp_path):
    word = spaces[3]["source"][0]
    page.goto(address)
    page.fill("#word", word)
    page.click("#search button")
    row = page.locator("#translations tbody tr").first
    # The hostile word is shown as it is, and nothing of it has run.
    assert row.locator("td").first.inner_text() == HOSTILE
    row.get_by_role("button", name="Accept").click()
    # Not wait_for_function: where it has to wait, the page forbids what it does.
    page.locator("#count", has_text="(1)").wait_for()
    pairs = read_dictionary(tmp_path / "pairs.tsv", sep="\t")
    assert pairs.to_numpy().tolist() == [[word, HOSTILE]]
    assert page.locator("#map circle").count() > 1
    page.click('button[data-tab="decisions"]')
    assert HOSTILE in page.locator("#accepted li").first.inner_text()
    assert page.problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_every_tab_fits(page, address, spaces, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.fill("#word", spaces[0].words[0])
    page.click("#search button")
    page.wait_for_selector("#translations tbody tr")
    for tab in ("words", "hubs", "errors", "decisions"):
        page.click(f'button[data-tab="{tab}"]')
        page.wait_for_selector(f"#{tab}:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.problems == []


def test_unknown_words_are_answered_with_suggestions(page, address, spaces):
    start = spaces[0].words[0][:2]
    page.goto(address)
    page.fill("#word", start)
    page.click("#search button")
    page.locator("#message button").first.click()
    page.wait_for_selector("#translations tbody tr")
    assert page.input_value("#word").startswith(start)
    assert page.problems == []
