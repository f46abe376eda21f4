"""The report of a benchmark: its tables and figures in a folder, and one page that shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sklearn_instamap._check import check_option
from sklearn_instamap._files import atomic_folder
from sklearn_instamap._optional import install_command, is_installed
from sklearn_instamap._printable import markdown_text
from sklearn_instamap.plotting import DictionarySizeDisplay, MethodComparisonDisplay
from sklearn_instamap.progress import PartDone, emit
from sklearn_instamap.results._costs import cost_table, coverage_table
from sklearn_instamap.results._figures import method_among
from sklearn_instamap.results._overview import beside_the_paper, main_selections, size_order
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._results import BenchmarkResults
from sklearn_instamap.results._selection import ResultSelection

_NAME = "report"
_DPI = 140
# The paper's tables have so many columns.
_N_COLUMNS = 14


def write_report(
    results: BenchmarkResults,
    folder: str | os.PathLike[str],
    *,
    reference: str | None = None,
    compare: str | None = None,
    n_shuffles: int = 10_000,
) -> Path:
    """Write tables, significance and figures of a benchmark into a folder, and a page of them.

    The page shows P@1 per dictionary pair (per source word if only that was measured) with the
    largest training dictionary. Every table is there as Markdown, LaTeX and CSV, every figure as
    PNG, if matplotlib is installed.

    Parameters
    ----------
    results : BenchmarkResults
        The results.
    folder : str or path-like
        Where to make the folder ``report``, which appears when it is complete, replacing
        an earlier one.
    reference : str, default=None
        The method with which the others are compared; None compares each with each.
    compare : {None, "paper"}, default=None
        Put the figures of the InstaMap paper beside these.
    n_shuffles : int, default=10_000
        Shuffles of each test of significance.

    Returns
    -------
    Path
        The page, ``report/report.md``.

    Raises
    ------
    ValueError
        If the reference is none of the methods, or ``compare`` is unknown.
    OSError
        If the folder cannot be written to.

    See Also
    --------
    run_benchmark : Where results come from.
    sklearn_instamap.results.BenchmarkResults.select : The tables, one by one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap.benchmark import write_report
    >>> from sklearn_instamap.results import BenchmarkResults
    >>> def report_again(folder):
    ...     return write_report(BenchmarkResults.load(folder), folder, reference="VecMap")
    """
    check_option("compare", compare, (None, "paper"))
    if reference is not None:
        reference = method_among(reference, results.rows["method"].unique())
    folder = Path(folder)
    final = folder / _NAME
    with atomic_folder(final) as temporary:
        report = _Report(temporary)
        sections = list(_sections(results, reference, compare, n_shuffles))
        for done, (heading, what, make) in enumerate(sections, start=1):
            report.add(heading, make)
            emit(PartDone("parts of the report", done, len(sections), what))
        report.finish()
    return final / "report.md"


Part: TypeAlias = "tuple[str, str, Callable[[_Report], None]]"


def _sections(
    results: BenchmarkResults, reference: str | None, compare: str | None, n_shuffles: int
) -> Iterator[Part]:
    """Yield the parts of the report: heading, what it is, and what adds it."""
    rows = results.rows
    selections = {_label(each): each for each in main_selections(results)}
    several = rows["method"].nunique() > 1

    def table(name: str, make: Callable[[], ResultTable]) -> Callable[[_Report], None]:
        return lambda report: report.table(name, make)

    def figure(name: str, make: Callable[[], Any]) -> Callable[[_Report], None]:
        return lambda report: report.figure(name, make)

    yield "Benchmark", "what was run", lambda report: report.text(_what_was_run(results))
    if len(results.failed):
        yield "Failed", "failures", lambda report: report.text(_failures(results))
    kinds: dict[str, Callable[..., ResultTable]] = {"Averages": ResultSelection.by_group}
    kinds |= {"Significance": ResultSelection.significance} if several else {}
    kinds |= {"By language pair": ResultSelection.by_language_pair}
    both = len({each.direction for each in selections.values()}) > 1
    for title, make in kinds.items():
        for label, selection in selections.items():
            heading = f"{title}, {selection.direction}" if both else title
            name = f"{_file_name(title.casefold())}-{label}"
            yield (
                heading,
                name,
                table(name, partial(make, selection, reference, n_shuffles=n_shuffles)),
            )
    for label, selection in selections.items():
        heading = f"Figures, {selection.direction}" if both else "Figures"
        name = f"methods-{label}"
        yield (
            heading,
            name,
            figure(name, partial(MethodComparisonDisplay.from_selection, selection, reference)),
        )
    if rows["dictionary_size"].nunique() > 1:
        for selection in selections.values():
            name = _file_name(
                f"sizes-{selection.direction}-{selection.retrieval}-{selection.subset}"
            )
            yield (
                "Dictionary sizes",
                name,
                figure(name, partial(DictionarySizeDisplay.from_selection, selection)),
            )
    if compare == "paper":
        by: Literal["group", "language_pair"]
        for by in ("group", "language_pair"):
            name = f"paper-by-{by.replace('_', '-')}"
            yield "Beside the paper", name, table(name, partial(beside_the_paper, results, by))
    yield "Coverage", "coverage", table("coverage", partial(coverage_table, results))
    yield "Costs", "costs", table("costs", partial(cost_table, results))


def _label(selection: ResultSelection) -> str:
    parts = ("direction", "dictionary_size", "retrieval", "subset")
    return _file_name("-".join(str(getattr(selection, part)) for part in parts))


def _file_name(text: str) -> str:
    """Return a text that is safe in names of files and in Markdown: sizes may be strangers'."""
    return re.sub(r"[^\w+-]+", "-", text)[:100]


class _Report:
    """The folder being written, and its page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines: list[str] = []
        self._heading = ""
        for part in (folder / "tables", folder / "figures"):
            part.mkdir()

    def add(self, heading: str, write: Callable[[_Report], None]) -> None:
        if heading != self._heading:
            self._lines.append(f"{'##' if self._heading else '#'} {heading}\n")
            self._heading = heading
        try:
            write(self)
        except ValueError as error:
            # One table that cannot be made, such as pairs the paper does not have, is no reason to
            # go without the others.
            self.text(f"Not here: {markdown_text(' '.join(str(error).split()))}")

    def text(self, text: str) -> None:
        self._lines.append(f"{text}\n")

    def table(self, name: str, make: Callable[[], ResultTable]) -> None:
        table = make()
        place = self.folder / "tables" / name
        parts = table.split(_N_COLUMNS)
        markdown = "\n".join(part.to_markdown() for part in parts)
        latex = "\n".join(
            part.to_latex(label=f"tab:{name}" + (f"-{number}" if number > 1 else ""))
            for number, part in enumerate(parts, start=1)
        )
        Path(f"{place}.md").write_text(markdown, encoding="utf-8")
        Path(f"{place}.tex").write_text(latex, encoding="utf-8")
        Path(f"{place}.csv").write_text(table.to_csv(), encoding="utf-8")
        self._lines.append(markdown)

    def figure(self, name: str, make: Callable[[], Any]) -> None:
        if not is_installed("matplotlib"):
            self.text(f"Not here: figures need matplotlib: {install_command('plot')}.")
            return
        from matplotlib import pyplot as plt

        drawn = make().figure_
        drawn.savefig(self.folder / "figures" / f"{name}.png", dpi=_DPI)
        plt.close(drawn)
        self.text(f"![{name}](figures/{name}.png)")

    def finish(self) -> None:
        page = "\n".join(self._lines)
        (self.folder / "report.md").write_text(page, encoding="utf-8")


def _what_was_run(results: BenchmarkResults) -> str:
    rows = results.rows

    def listed(name: str) -> str:
        return ", ".join(markdown_text(value) for value in rows[name].unique() if value != "")

    sizes = sorted(rows["dictionary_size"].unique(), key=size_order)
    facts = {
        f"Language pairs ({rows['language_pair'].nunique()})": listed("language_pair"),
        "Directions": listed("direction"),
        f"Methods ({rows['method'].nunique()})": listed("method"),
        "Training dictionaries": ", ".join(map(markdown_text, sizes)),
        "Seeds": listed("seed"),
        "Retrieval": listed("retrieval") or "–",
        "Computed with": markdown_text("; ".join(rows["versions"].unique())),
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _failures(results: BenchmarkResults) -> str:
    return "\n".join(
        "- "
        + markdown_text(
            f"{row['source']}-{row['target']}, {row['method']}, {row['dictionary_size']}, seed "
            f"{row['seed']}: {row['error']}"
        )
        for _, row in results.failed.iterrows()
    )
