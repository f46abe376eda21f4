"""Evaluate methods on many language pairs: in parallel, and resumable."""

from sklearn_instamap.benchmark._results import BenchmarkResults
from sklearn_instamap.benchmark._run import run_benchmark

__all__ = ["BenchmarkResults", "run_benchmark"]
