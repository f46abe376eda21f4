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
from sklearn_instamap.linear import VecMapAligner

STATIC = Path(__file__).resolve().parents[1] / "docs" / "_static"


def main() -> None:
    """Align the bundled sample, serve it, and take the picture."""
    data = load_en_de()
    aligner = make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint"))
    spaces = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
    session = Session(*spaces, train=data.train, test=data.test)
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
        page.wait_for_function("document.querySelector('#count').textContent === '(1)'")
        page.screenshot(path=STATIC / "explore.png")
        browser.close()
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
