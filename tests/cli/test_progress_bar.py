"""Progress: bars on a terminal, a line for each stage elsewhere."""

from __future__ import annotations

import io
import re

from rich.console import Console

from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.progress import (
    BytesDone,
    IterationDone,
    PartDone,
    TilesDone,
    emit,
    is_listening,
)


def terminal_of(width: int, *, verbose: bool = False) -> Terminal:
    terminal = Terminal(verbose)
    terminal.err = Console(
        file=io.StringIO(), force_terminal=True, width=width, color_system=None, highlight=False
    )
    return terminal


def screen(terminal: Terminal) -> str:
    """What was drawn, without the codes that move the cursor."""
    return re.sub(r"\x1b\[[0-9?;]*[A-Za-z]", "", terminal.err.file.getvalue())


def test_bars_follow_the_events():
    terminal = terminal_of(80)
    with progress_bar(terminal, "aligning [x]"):
        assert is_listening()
        emit(TilesDone("top 70", 3, 12))
        emit(IterationDone(2, 4, 1500, 0.5, "mean cosine", 0.6))
    assert not is_listening()
    drawn = screen(terminal)
    assert "aligning [x]" in drawn
    assert "2/4" in drawn
    assert "top 70" in drawn
    assert "3/12" in drawn
    assert "1500 pairs" not in drawn


def test_downloads_are_counted_in_mebibytes():
    terminal = terminal_of(80)
    with progress_bar(terminal, "fetching"):
        emit(BytesDone("wiki.de.vec", 3 * 2**20, 600 * 2**20))
    assert re.search("wiki.de.vec .*3/600 MiB", screen(terminal))


def test_finished_search_is_hidden():
    terminal = terminal_of(80)
    with progress_bar(terminal, "aligning"):
        emit(TilesDone("top 70", 12, 12))
    assert "top 70" not in screen(terminal)


def test_verbose_prints_a_line_per_iteration():
    terminal = terminal_of(80, verbose=True)
    with progress_bar(terminal, "aligning"):
        emit(IterationDone(2, 4, 1500, 0.52, "mean cosine", 0.61))
    assert "iteration 2 of 4: 1500 pairs, mean cosine 0.610, 0.5 s" in screen(terminal)


def test_cells_of_a_benchmark():
    terminal = terminal_of(80, verbose=True)
    with progress_bar(terminal, "benchmark"):
        emit(PartDone("cells", 3, 12, "en-de, PROC, 5k: 0.3 s"))
    drawn = screen(terminal)
    assert "3/12 cells" in drawn
    assert "cells, 3 of 12: en-de, PROC, 5k: 0.3 s" in drawn


def test_a_line_for_each_stage_elsewhere(capsys):
    terminal = Terminal()
    with progress_bar(terminal, "fetching [x]"):
        emit(IterationDone(1, 4, 1500, 0.5, "mean cosine", 0.6))
        emit(TilesDone("top 70", 3, 12))
        emit(BytesDone("a.vec", 1, 2000))
        emit(BytesDone("a.vec", 2000, 2000))
        emit(PartDone("cells", 3, 12, "en-de"))
    lines = "fetching [x]\na.vec: 2,000 bytes\ncells, 3 of 12: en-de\n"
    assert capsys.readouterr() == ("", lines)


def test_results_reach_their_file_while_bars_are_on_the_terminal(capsys):
    """Standard output redirected, standard error a terminal: rich would mix the two."""
    terminal = terminal_of(80)
    with progress_bar(terminal, "aligning"):
        terminal.say("a result")
    assert capsys.readouterr().out == "a result\n"
    assert "a result" not in screen(terminal)


def test_names_of_files_are_no_commands_to_the_terminal():
    terminal = terminal_of(80)
    with progress_bar(terminal, "reading evil\x1b]0;owned\x07.vec"):
        emit(BytesDone("evil\x1b]0;owned\x07.gz", 1, 2))
    assert "\x1b]" not in terminal.err.file.getvalue()
    assert r"evil\x1b]0;owned\x07.vec" in screen(terminal)
