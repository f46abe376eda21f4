"""The example scripts run, without a screen, and say what they have done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("plot_*.py"))


def test_every_example_has_a_title_and_a_picture():
    # What the gallery needs of a script: a heading first, and something for its thumbnail.
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        title, rule, *_ = text.removeprefix('"""\n').splitlines()
        assert set(rule) == {"="}, path
        assert len(rule) >= len(title), path
        assert "plt.show()" in text, path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, needs_what_it_imports):
    needs_what_it_imports(path.read_text(encoding="utf-8"))
    # A process of its own: no figure, font cache or module of another test can help it.
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-W", "error::DeprecationWarning", path],
        env=os.environ | {"MPLBACKEND": "Agg"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Warning" not in done.stderr
    assert not list(tmp_path.iterdir())
