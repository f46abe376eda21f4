"""Evaluate methods on many language pairs: in parallel, and resumable; tables of the results."""

from sklearn_instamap.benchmark._costs import cost_table, coverage_table
from sklearn_instamap.benchmark._differences import query_outcomes, significance_table
from sklearn_instamap.benchmark._paper import compare_with_paper, load_paper_results
from sklearn_instamap.benchmark._report import write_report
from sklearn_instamap.benchmark._result_table import ResultTable
from sklearn_instamap.benchmark._results import BenchmarkResults
from sklearn_instamap.benchmark._run import run_benchmark
from sklearn_instamap.benchmark._tables import aggregate_table, pair_table

__all__ = [
    "BenchmarkResults",
    "ResultTable",
    "aggregate_table",
    "compare_with_paper",
    "cost_table",
    "coverage_table",
    "load_paper_results",
    "pair_table",
    "query_outcomes",
    "run_benchmark",
    "significance_table",
    "write_report",
]
