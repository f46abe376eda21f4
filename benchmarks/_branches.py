"""Which engine the processes of fuzz.py run, known before they import the package.

atheris counts the branches of modules that are imported under its eyes: fuzz.py imports this
module before any other that imports the package.
"""

from __future__ import annotations

import os

VARIABLE = "INSTAMAP_FUZZ_ENGINE"
ENGINE = os.environ.get(VARIABLE, "random")

if ENGINE == "atheris":
    import atheris

    with atheris.instrument_imports(include=["sklearn_instamap"]):
        import sklearn_instamap.benchmark
        import sklearn_instamap.cli
        import sklearn_instamap.io  # noqa: F401
