"""Check that every internal link of the built documentation leads somewhere.

Reads all pages below a folder of HTML, without a network: each ``href`` and ``src`` must be a file
that is there, and each ``#anchor`` an ``id`` (or a ``name``) of its page. Links to other sites are
counted and not followed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """The links of a page, and the places in it that others can link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.links.append(value)


def broken_links(folder: Path) -> Iterator[str]:
    """Yield a sentence for each link that leads nowhere.

    Parameters
    ----------
    folder : Path
        The built documentation.
    """
    root = folder.resolve()
    pages = {
        path.resolve(): _Page(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
        # Templates of the theme, which are copied with its style sheets.
        if "_static" not in path.parts
    }
    if not pages:
        yield f"{folder}: has no pages; run make docs."
    for path, page in sorted(pages.items()):
        here = path.relative_to(root)
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{here}: {link}: there is no such file."
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{here}: {link}: the page has no such place."


def main() -> int:
    """Check the folder named on the command line; return the exit code."""
    found = list(broken_links(Path(sys.argv[1])))
    for sentence in found:
        print(sentence)
    print(f"{len(found)} broken links." if found else "Every internal link leads somewhere.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
