"""Listeners hear what happens inside their own context, and nothing else."""

import threading

import pytest

from sklearn_instamap.progress import IterationDone, TilesDone, emit, is_listening, report_to

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
