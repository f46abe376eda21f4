"""Evaluate methods on many language pairs: in parallel, and resumable."""

from sklearn_instamap.benchmark._report import write_report
from sklearn_instamap.benchmark._run import run_benchmark

__all__ = ["run_benchmark", "write_report"]
