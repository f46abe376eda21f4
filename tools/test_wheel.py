"""Install the built wheel into empty environments and use it from there.

Run: python tools/test_wheel.py DIST

First without any extra: the package is imported, aligns the bundled sample and does without what
is optional. Then with the extras ``cli`` and ``plot``: the demonstration. Always in a folder that
holds no checkout, so that nothing but the wheel can be meant.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

LARGEST_MB = 7.0

# Run in an environment that holds the wheel and its hard dependencies only.
USE = """
import importlib, importlib.metadata, importlib.util, pathlib, pkgutil, sys
import sklearn_instamap
place = pathlib.Path(sklearn_instamap.__file__)
assert pathlib.Path(sys.prefix) in place.parents, place
assert importlib.metadata.version("sklearn-instamap") == sklearn_instamap.__version__
for name in ("torch", "matplotlib", "typer", "rich", "yaml", "pyarrow", "distributed", "pooch"):
    assert importlib.util.find_spec(name) is None, f"{name} is installed: this tests nothing"
# cli is the command line, for which its extra is needed; every other public room opens without.
for room in pkgutil.iter_modules(sklearn_instamap.__path__, "sklearn_instamap."):
    if not room.name.split(".")[-1].startswith("_"):
        importlib.import_module(room.name)
from sklearn_instamap.datasets import load_en_de
data = load_en_de()
aligner = sklearn_instamap.InstaMapAligner(n_iter=1)
aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
assert aligner.score(data.X, data.y) > 0.5
"""


def check_wheel(wheel: Path) -> None:
    """Check size and metadata."""
    size = wheel.stat().st_size / 1e6
    if size > LARGEST_MB:
        sys.exit(f"{wheel.name} has {size:.1f} MB, more than {LARGEST_MB:.0f}.")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
        licenses = [n for n in archive.namelist() if ".dist-info/licenses/" in n]
    if metadata["License-Expression"] != "BSD-3-Clause" or not licenses:
        sys.exit(f"{wheel.name}: the license is not stated as an SPDX expression with its text.")
    print(f"{wheel.name}: {size:.1f} MB, {metadata['License-Expression']}", flush=True)


def main() -> None:
    (wheel,) = Path(sys.argv[1]).resolve().glob("*.whl")
    check_wheel(wheel)
    scripts = "Scripts" if os.name == "nt" else "bin"
    # Neither the checkout nor anything else of the caller's is to be found.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        commands = folder / "venv" / scripts

        def run(*command: str | Path) -> None:
            print("$", *(str(part).replace(name, "") for part in command[:5]), flush=True)
            subprocess.run([str(part) for part in command], cwd=folder, env=kept, check=True)

        install = (commands / "python", "-m", "pip", "install", "--quiet")
        (folder / "use.py").write_text(USE, encoding="utf-8")
        run(*install, wheel)
        run(commands / "python", "use.py")
        run(*install, f"{wheel}[cli,plot]")
        run(commands / "instamap", "--version")
        run(commands / "instamap", "demo", "--output", folder / "demo")
        if not any((folder / "demo").iterdir()):
            sys.exit("The demonstration left nothing behind.")
    print("The wheel works without extras, and its demonstration with cli and plot.")


if __name__ == "__main__":
    main()
