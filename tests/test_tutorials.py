"""Every command of the tutorial is run, in its order, on the files it speaks of."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import write_dictionary, write_vectors

pytest.importorskip("typer")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "tutorials" / "words.rst"


def commands() -> list[str]:
    """Return the commands of the page, continued lines joined."""
    text = PAGE.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^ +\$ (instamap .+)$", text, flags=re.MULTILINE)


def test_from_two_files_to_a_model_for_the_next_day(tmp_path):
    data = load_en_de()
    # The less frequent words are those of the next day.
    early, late = data.source.select(range(1500)), data.source.select(range(1500, 5000))
    write_vectors(tmp_path / "wiki.en.vec.gz", early, precision=5)
    write_vectors(tmp_path / "wiki.de.vec.gz", data.target.select(range(2500)), precision=5)
    write_vectors(tmp_path / "new.en.vec", late, precision=5)
    for name in ("train", "test"):
        write_dictionary(tmp_path / f"{name}.tsv", data[name])
    (tmp_path / "words.txt").write_text("\n".join(early.words[100:110]) + "\n", "utf-8")
    for command in commands():
        line, _, given = command.partition(" < ")
        done = subprocess.run(
            [sys.executable, "-m", "sklearn_instamap", *shlex.split(line)[1:]],
            cwd=tmp_path,
            input=(tmp_path / given).read_text("utf-8") if given else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
        if line.startswith("instamap translate en.vec de.vec window"):
            assert "fenster" in done.stdout
        if line.startswith("instamap translate new.vec"):
            assert "währung" in done.stdout
    table = pd.read_csv(tmp_path / "translations.csv")
    assert table["word"].nunique() == 10
    assert len(table) == 100
