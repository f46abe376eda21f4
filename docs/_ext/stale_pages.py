"""Remove what an earlier build has left of pages, names and examples that are gone.

Sphinx, autosummary and the gallery write new files and never remove old ones: a renamed class would
keep its old page, with links to it, until somebody cleans by hand.
"""

from __future__ import annotations

import shutil
from pathlib import Path


def remove_stale_sources(docs: Path, examples: Path, listed: set[str]) -> list[Path]:
    """Remove generated sources that nothing asks for any more; return what was removed.

    Parameters
    ----------
    docs : Path
        The folder of the sources.
    examples : Path
        The folder of the examples.
    listed : set of str
        The names of the pages of the API that are listed now.
    """
    removed = [
        path for path in (docs / "api" / "generated").glob("*.rst") if path.stem not in listed
    ]
    for path in removed:
        path.unlink()
    gallery = docs / "auto_examples"
    gone = [path for path in gallery.glob("plot_*.py") if not (examples / path.name).exists()]
    if gone:
        # Lists of examples, thumbnails and links are of all of them: the gallery is made anew.
        shutil.rmtree(gallery)
        shutil.rmtree(docs / "api" / "backreferences", ignore_errors=True)
    return removed + gone


def _before(app, config):
    from sphinx.ext.autosummary.generate import find_autosummary_in_files

    docs = Path(app.srcdir)
    pages = [str(path) for path in (docs / "api").glob("*.rst")]
    listed = {entry.name for entry in find_autosummary_in_files(pages)}
    remove_stale_sources(docs, docs.parent / "examples", listed)


def _after(app, error):
    """Remove pages of HTML that the sources no longer have."""
    if error is None and app.builder.name == "html":
        out = Path(app.outdir)
        made = {"genindex", "search", "py-modindex"} | app.env.found_docs
        for path in out.rglob("*.html"):
            name = path.relative_to(out).with_suffix("").as_posix()
            if name not in made and not name.startswith("_"):
                path.unlink()


def setup(app):
    """Clean before anything is generated, and after everything is written."""
    app.connect("config-inited", _before, priority=1)
    app.connect("build-finished", _after)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
