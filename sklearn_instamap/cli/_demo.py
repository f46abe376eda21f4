"""``instamap demo``: the bundled sample, aligned and measured in a minute."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.text import Text

from sklearn_instamap._files import atomic_paths
from sklearn_instamap._optional import install_command, is_installed
from sklearn_instamap.cli._demo_runs import DemoRuns, Row
from sklearn_instamap.cli._demo_views import draw_neighbor_curve, draw_spaces, show_translations
from sklearn_instamap.cli._options import NJobs, Verbose, check_folder, terminal_of
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.results._text_tables import figure_text

_FILES = {
    "results.csv": "the table",
    "neighbor_curve.png": "P@1 against the number of neighbors",
    "spaces.png": "word pairs before and after",
}
_COLUMNS = [(retrieval, name) for retrieval in ("cosine", "csls") for name in ("P@1", "P@5", "MRR")]
_LABEL, _CELL, _GAP = 34, 6, 3


def demo(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write table and pictures."),
    ] = Path("instamap-demo"),
    slow: Annotated[
        bool, typer.Option("--slow", help="Also run the two systems that take minutes.")
    ] = False,
    n_jobs: NJobs = -1,
    verbose: Verbose = False,
) -> None:
    """Align the bundled English and German sample, and see what it is worth.

    Prints a table of all systems and ten translations, and writes the table and two pictures
    into a folder, where those of an earlier demonstration are replaced.
    """
    terminal = terminal_of(context, verbose)
    check_folder(output)
    data = load_en_de()
    runs = DemoRuns(data, n_jobs, slow)
    names = list(_FILES) if is_installed("matplotlib") else ["results.csv"]
    output.mkdir(parents=True, exist_ok=True)
    terminal.say(
        f"English and German, {data.source.n_words:,} words each in {data.source.n_features} "
        f"dimensions, aligned by\n{len(data.train):,} word pairs and tested on "
        f"{len(data.test)}. Of all German words, is the right one\nthe nearest (P@1, percent), "
        "one of the nearest five (P@5), at which rank (MRR)?\nNo test word is in a training "
        "pair: all figures are for unseen words.\n"
    )
    with atomic_paths(*(output / name for name in names)) as files:
        _show_table(terminal, runs)
        _to_frame(runs.rows).to_csv(files[0], index=False, lineterminator="\n")
        show_translations(terminal, runs)
        if len(files) > 1:
            with progress_bar(terminal, "drawing"):
                draw_neighbor_curve(files[1], runs)
                draw_spaces(files[2], runs)
    terminal.say()
    for name in names:
        terminal.say(f"Wrote {output / name}: {_FILES[name]}.")
    if len(names) < len(_FILES):
        terminal.say(f"For pictures: {install_command('plot')}.")
    terminal.say("Next: instamap align --help, for your own vectors.")


def _show_table(terminal: Terminal, runs: DemoRuns) -> None:
    group = ""
    with progress_bar(terminal, "aligning and evaluating"):
        _show_table_head(terminal)
        for row in runs:
            _show_row(terminal, row, new_group=row.group != group)
            group = row.group


def _show_table_head(terminal: Terminal) -> None:
    """Print the names of the columns."""
    width = 3 * _CELL
    above = " " * _LABEL + "cosine".rjust(width) + " " * _GAP + "CSLS".rjust(width)
    terminal.say(Text(above, style="bold"))
    terminal.say(Text(_line("", [name for _, name in _COLUMNS]), style="bold"))


def _show_row(terminal: Terminal, row: Row, *, new_group: bool) -> None:
    """Print a system and what it reached, under a new heading or the last one."""
    if new_group:
        terminal.say(Text(f"\n{row.group}", style="bold"))
    if row.scores is None:
        terminal.say(Text(f"  {row.label}: {row.note}", style="dim"))
        return
    terminal.say(
        _line(f"  {row.label}", [figure_text(name, row.figure(by, name)) for by, name in _COLUMNS])
    )


def _line(label: str, cells: list[str]) -> str:
    texts = [cell.rjust(_CELL) for cell in cells]
    return label.ljust(_LABEL) + "".join(texts[:3]) + " " * _GAP + "".join(texts[3:])


def _to_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return the figures of all systems that were run, one row per system and evaluation."""
    parts = [
        row.scores.reset_index().assign(group=row.group, system=row.label)
        for row in rows
        if row.scores is not None
    ]
    table = pd.concat(parts, ignore_index=True)
    first = ["group", "system"]
    return table[first + [name for name in table.columns if name not in first]]
