"""Messages name arguments as they are named where the message is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sklearn_instamap
from sklearn_instamap._check import invalid
from sklearn_instamap._wording import argument, named, plural, way_out, worded
from sklearn_instamap.io import read_vectors


def as_option(name, value):
    return f"--{name} {value}"


def test_python_unless_told_otherwise():
    assert argument("max_words", 5) == "max_words=5"
    with worded(as_option):
        assert argument("max_words", 5) == "--max_words 5"
        with worded(lambda name, value: name):
            assert argument("max_words", 5) == "max_words"
        with worded(lambda name, value: None):
            assert argument("max_words", 5) == "max_words=5"
            assert way_out("max_words", 5) == ""
        assert way_out("max_words", 5, "to stop there") == ", or pass --max_words 5 to stop there"
        assert argument("sep", "\t") == "--sep \t"
    assert argument("sep", "\t") == "sep='\\t'"


def test_names():
    assert named("sep") == "sep"
    with pytest.raises(ValueError, match=r"The 'sep' parameter must be a text[.] Got 3 instead"):
        raise invalid("sep", "a text", 3)
    with worded(as_option, {"sep": "--sep"}.get):
        assert named("sep") == "--sep"
        assert named("other") == "other"
        with pytest.raises(ValueError, match=r"^--sep must be a text[.] Got 3 instead[.]$"):
            raise invalid("sep", "a text", 3)
        with pytest.raises(ValueError, match="The 'sep' parameter of Reader must be"):
            raise invalid("sep", "a text", 3, owner="Reader")
    assert (plural(1, "pair"), plural(2, "pair")) == ("1 pair", "2 pairs")


def test_the_wording_ends_with_an_error():
    with pytest.raises(RuntimeError), worded(as_option):
        raise RuntimeError
    assert argument("max_words", 5) == "max_words=5"


def test_errors_of_readers_are_worded(tmp_path):
    path = tmp_path / "en.vec"
    path.write_text("2 2\na 1 2\n")
    with pytest.raises(ValueError, match=r"pass max_words=1\."):
        read_vectors(path)
    with worded(as_option), pytest.raises(ValueError, match=r"pass --max_words 1\."):
        read_vectors(path)


def test_the_command_line_rewrites_no_message():
    folder = Path(sklearn_instamap.__file__).parent / "cli"
    assert not re.search(r"re\.(sub|compile)", (folder / "_entry.py").read_text("utf-8"))
