"""What is read of a benchmark: figures, tables, significance, costs, the paper's own figures."""

from sklearn_instamap.results._costs import cost_table, coverage_table
from sklearn_instamap.results._paper_results import PaperResults, load_paper_results
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._results import BenchmarkResults
from sklearn_instamap.results._selection import ResultSelection

__all__ = [
    "BenchmarkResults",
    "PaperResults",
    "ResultSelection",
    "ResultTable",
    "cost_table",
    "coverage_table",
    "load_paper_results",
]
