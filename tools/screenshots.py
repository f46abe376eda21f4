"""Pictures of the page of ``instamap explore`` for the documentation.

Run: python tools/screenshots.py   (needs Chromium and the extras explore and test)
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.explore._server import make_app, make_server
from sklearn_instamap.explore._session import Session
from sklearn_instamap.lexicon import LexiconRanker, induce_lexicon
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner

STATIC = Path(__file__).resolve().parents[1] / "docs" / "_static"


def main() -> None:
    """Align the bundled sample, induce entries of a lexicon, serve both, and take the pictures."""
    data = load_en_de()
    aligner = make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint"))
    spaces = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
    ranker = LexiconRanker([VecMapAligner(), ProcrustesAligner()], random_state=0).fit(
        data.train["source"],
        data.train["target"],
        source_space=data.source,
        target_space=data.target,
    )
    lexicon = induce_lexicon(ranker, ["window"], n_best=3)
    session = Session(*spaces, lexicon=lexicon, train=data.train, test=data.test)
    server = make_server(make_app(session, "token", "English – German"), 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"http://127.0.0.1:{server.server_port}/?token=token")
        page.fill("#word", "window")
        page.click("#search button")
        page.locator("#translations").get_by_role("button", name="Accept").first.click()
        page.locator("#count", has_text="(1)").wait_for()
        page.screenshot(path=STATIC / "explore.png")
        page.set_viewport_size({"width": 390, "height": 780})
        page.screenshot(path=STATIC / "explore_narrow.png")
        browser.close()
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
