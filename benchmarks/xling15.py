"""The paper's evaluation on 15 language pairs of small spaces, and the page that shows it.

Run: python benchmarks/xling15.py DATA RESULTS [--jobs 2], or with --redraw alone

DATA holds ``spaces/`` and ``xling/``. Finished fits are kept in the folder RESULTS, and not run
again. Writes xling15.md, and in xling15/, beside this script, the figures, and the rows of the
page in results.csv and sizes.csv. ``--redraw`` draws the comparisons of methods again from the
first, without intervals of differences, which need the ranks.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

import pandas as pd
from _measure import existing_folder, machine_line

from sklearn_instamap.benchmark import run_benchmark, write_report
from sklearn_instamap.plotting import MethodComparisonDisplay
from sklearn_instamap.results import BenchmarkResults

HERE = Path(__file__).parent
FIGURES = HERE / "xling15"
# What of the rows the page and its pictures need.
COLUMNS = ["language_pair", "direction", "source", "target", "method", "dictionary_size", "seed"]
COLUMNS += ["retrieval", "protocol", "subset", "P@1", "n_queries", "status"]
METHODS = (
    "PROC",
    "VecMap",
    "RCSLS",
    "InstaMap",
    "InstaMap (midpoint)",
    "IM∘VM",
    "IM∘VM (midpoint)",
)
# All sizes of dictionaries, for the paper's figure 2, on fewer pairs.
SIZES, FEW_PAIRS = ("500", "1k", "3k", "5k"), ("en-de", "de-tr", "tr-fi", "en-fr")


def minutes(results: BenchmarkResults) -> float:
    """Return how long the cells took, one after the other."""
    cells = results.rows.drop_duplicates(["language_pair", "method", "dictionary_size", "seed"])
    return (cells["fit_seconds"] + cells["evaluate_seconds"]).sum() / 60


def take_figures(report: Path, wanted: str, folder: Path) -> list[str]:
    """Copy a report's figures; return the links to them."""
    figures = sorted(report.parent.glob(f"figures/{wanted}*.png"))
    for figure in figures:
        shutil.copy(figure, folder)
    return [f"![{figure.stem}]({folder.name}/{figure.name})" for figure in figures]


def redraw() -> None:
    """Draw the comparisons of methods from the rows that were kept."""
    results = BenchmarkResults(pd.read_csv(FIGURES / "results.csv", dtype={"dictionary_size": str}))
    for retrieval in ("cosine", "csls"):
        for subset in ("all", "unseen"):
            selection = results.select(retrieval=retrieval, subset=subset)
            display = MethodComparisonDisplay.from_selection(selection, "VecMap")
            path = FIGURES / f"methods-forward-5k-{retrieval}-{subset}.png"
            display.figure_.savefig(path, dpi=110, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder, nargs="?")
    parser.add_argument("results", type=Path, nargs="?")
    parser.add_argument("--redraw", action="store_true", help="draw the kept rows and end")
    parser.add_argument("--jobs", type=int, default=2, help="fits at a time")
    options = parser.parse_args()
    if options.redraw:
        redraw()
        return
    if options.results is None:
        parser.error("name the folders DATA and RESULTS, or pass --redraw.")
    folders = options.data / "spaces", options.data / "xling"
    common = {"methods": METHODS, "n_jobs": options.jobs}
    main_results = run_benchmark(*folders, options.results, **common)
    page = write_report(main_results, options.results, reference="VecMap", compare="paper")
    figures = FIGURES
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()
    rows = main_results.rows.assign(**{"P@1": main_results.rows["P@1"].round(5)})
    rows[COLUMNS].to_csv(figures / "results.csv", index=False)
    take_figures(page, "methods", figures)
    text = re.sub(r"\(figures/", f"({figures.name}/", page.read_text(encoding="utf-8"))

    of_sizes = options.results / "sizes"
    sized = run_benchmark(
        *folders, of_sizes, language_pairs=FEW_PAIRS, sizes=SIZES, unseen_by="largest", **common
    )
    sized.rows[COLUMNS].to_csv(figures / "sizes.csv", index=False)
    links = take_figures(write_report(sized, of_sizes, reference="VecMap"), "sizes", figures)
    head, _, rest = text.removeprefix("# Benchmark\n").partition("\n## ")
    text = "\n".join(
        [
            "# 15 language pairs\n",
            f"_{machine_line()}_\n",
            "Written by `benchmarks/xling15.py`, which does what `instamap benchmark spaces xling "
            f'--methods "{",".join(METHODS)}" --reference VecMap '
            f"--compare paper --n-jobs {options.jobs}` does, on 20,000 words of six languages, "
            "trained on some millions of tokens each, with the dictionaries of XLing-Eval. The "
            f"{len(main_results.rows.groupby(['language_pair', 'method']))} fits and their "
            f"evaluation took {minutes(main_results):.0f} minutes in sum, by as many as "
            f"{options.jobs} at a time.",
            f"{head}\n## {rest}",
            "## Dictionary sizes\n",
            f"Means over {', '.join(FEW_PAIRS)}; unseen: without a word of the 5k dictionary.\n",
            *(f"{link}\n" for link in links),
        ]
    )
    (HERE / "xling15.md").write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
