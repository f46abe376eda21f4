"""Listeners hear what happens inside their own context, and nothing else."""

import io
import sys
import threading
from types import SimpleNamespace

import pytest

from sklearn_instamap.progress import (
    BytesDone,
    IterationDone,
    PartDone,
    TilesDone,
    emit,
    is_listening,
    report_to,
    show_progress,
)

TILES = TilesDone("search", 1, 2)
ITERATION = IterationDone(
    iteration=1, n_iter=4, n_pairs=100, seconds=0.5, measure="mean cosine", value=0.75
)


def test_nobody_listens():
    assert not is_listening()
    emit(TILES)


def test_listener_is_gone_after_its_block():
    events = []
    with report_to(events.append):
        assert is_listening()
        emit(TILES)
        emit(ITERATION)
    emit(TILES)
    assert events == [TILES, ITERATION]


def test_the_innermost_listener_hears():
    outer, inner = [], []
    with report_to(outer.append):
        with report_to(inner.append):
            emit(TILES)
        with report_to(None):
            assert not is_listening()
            emit(TILES)
        emit(ITERATION)
    assert (outer, inner) == ([ITERATION], [TILES])


def test_listener_is_gone_after_an_error():
    with pytest.raises(RuntimeError), report_to(print):
        raise RuntimeError
    assert not is_listening()


def test_other_threads_have_their_own():
    heard = []
    with report_to(heard.append):
        thread = threading.Thread(target=emit, args=(TILES,))
        thread.start()
        thread.join()
    assert heard == []


def test_events_cannot_be_changed():
    with pytest.raises(AttributeError):
        TILES.done = 2


class Screen(io.StringIO):
    def isatty(self):
        return True


EVENTS = [
    TilesDone("top-k", 1, 2),
    TilesDone("top-k", 2, 2),
    ITERATION,
    TilesDone("\x1b[31m", 1, 3),
    PartDone("cells", 2, 5, "en-de\x1b[31m"),
    BytesDone("a.vec", 1, 2000),
    BytesDone("a.vec", 2000, 2000),
]


def test_one_line_for_each_stage_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    stream = io.StringIO()
    with show_progress(stream):
        for event in EVENTS:
            emit(event)
    assert stream.getvalue() == (
        "iteration 1 of 4: 100 pairs, mean cosine 0.750, 0.5 s\n"
        "cells, 2 of 5: en-de\\x1b[31m\n"
        "a.vec: 2,000 bytes\n"
    )
    assert not is_listening()


def test_bars_in_a_terminal():
    pytest.importorskip("tqdm")
    screen = Screen()
    with show_progress(screen):
        for event in EVENTS:
            emit(event)
        emit(IterationDone(1, 3, 100, 0.5, "mean cosine", 0.5))
    drawn = screen.getvalue()
    assert "\r" in drawn
    for text in ("top-k", "iterations", "1/4", "cells", "2/5", "a.vec", "1/3"):
        assert text in drawn
    assert "\x1b[31m" not in drawn


def test_bars_in_a_notebook(monkeypatch):
    """The kernel's streams are no terminals, and tqdm draws widgets there."""
    made = []

    class Bar:
        def __init__(self, total, **options):
            self.total, self.n = total, 0
            made.append(self)

        def reset(self, total):
            self.total, self.n = total, 0

        def update(self, n):
            self.n += n

        def set_description_str(self, text, refresh):
            self.text = text

        refresh = close = lambda self: None

    kernel = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel))
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=Bar))
    with show_progress(io.StringIO()):
        for event in EVENTS:
            emit(event)
    assert [(bar.text, bar.n, bar.total) for bar in made] == [
        ("a.vec", 2000, 2000),
        ("cells", 2, 5),
    ]


def test_no_bar_without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=r"sklearn-instamap\[progress\]"), show_progress(Screen()):
        pass
