"""What is read of a benchmark: figures, tables, significance, costs, the paper's own figures."""

from sklearn_instamap.results._costs import cost_table, coverage_table
from sklearn_instamap.results._differences import query_outcomes, significance_table
from sklearn_instamap.results._paper import compare_with_paper, load_paper_results
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._results import BenchmarkResults
from sklearn_instamap.results._tables import aggregate_table, pair_table

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
    "significance_table",
]
