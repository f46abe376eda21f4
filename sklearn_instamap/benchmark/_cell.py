"""One cell: fit, map both spaces, rank the test pairs. What a worker runs."""

from __future__ import annotations

import gc
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from sklearn_instamap._methods import set_everywhere
from sklearn_instamap._version import __version__
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.benchmark._spaces import MappedSpace
from sklearn_instamap.io import lookup_pairs, read_dictionary
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._named_rankers import ranks_by_ranker
from sklearn_instamap.metrics import unseen_pairs
from sklearn_instamap.metrics._evaluation import check_retrievals, dictionary_ranks
from sklearn_instamap.metrics._retrieval import RetrievalName
from sklearn_instamap.metrics._string_similarity import string_similarity
from sklearn_instamap.progress import report_to

COUNTS = ("n_train_pairs", "n_train_out_of_vocabulary")
MEASURES = (*COUNTS, "fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib")
"""What is measured of every cell that does not fail."""

_MIB = 1 << 20
_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
# What proc(5) documents: set the peak resident set size back to the current one.
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Task:
    """All that a worker needs to run a cell; no vectors, but where they are.

    Spaces are in the direction of the cell, dictionaries as they are written; ``seen`` is the one
    whose words are not unseen.
    """

    cell: Cell
    aligner: Any
    source: MappedSpace
    target: MappedSpace
    train: Path
    test: Path
    seen: Path
    retrieval: Sequence[RetrievalName]
    csls_neighbors: int
    lowercase: bool
    encoding_errors: str

    def dictionary(self, path: Path) -> pd.DataFrame:
        """Read a dictionary, source and target as the cell has them."""
        # Pairs that become equal in lower case are kept: XLing-Eval counts every line.
        pairs = read_dictionary(
            path,
            lowercase=self.lowercase,
            duplicates="keep",
            encoding_errors=self.encoding_errors,
        )
        if self.cell.direction == "backward":
            pairs = pairs.rename(columns={"source": "target", "target": "source"})
        return pairs[["source", "target"]]


@dataclass(frozen=True)
class Outcome:
    """What came out of a cell.

    By retrieval ``ranks`` has the rank of every test pair's translation, 0 where it is out of
    vocabulary; ``words`` a number for every pair's source word, equal for equal words;
    ``similarity`` how alike its two words are spelled, between 0 and 1.
    """

    cell: Cell
    measures: dict[str, float]
    versions: str
    error: str = ""
    warnings: tuple[str, ...] = ()
    ranks: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    words: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    unseen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    similarity: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return "failed" if self.error else "ok"


def run_task(task: Task) -> Outcome:
    """Run a cell; what goes wrong in it is part of the outcome."""
    measures: dict[str, float] = {}
    # One thread to every library: cells are what runs in parallel, and the last digits of a
    # matrix product depend on the number of threads.
    with (
        peak_memory() as peak,
        warnings.catch_warnings(record=True) as caught,
        threadpool_limits(limits=1),
        report_to(None),
    ):
        # What becomes of warnings is decided where they are passed on.
        warnings.simplefilter("always")
        try:
            outcome = Outcome(task.cell, measures, versions(), **_fit_and_rank(task, measures))
        except Exception as error:
            outcome = failed(task.cell, error, measures)
        measures = {**measures, "peak_mib": peak()}
    messages = tuple(dict.fromkeys(str(each.message) for each in caught))
    return replace(outcome, measures=measures, warnings=messages)


def failed(cell: Cell, error: BaseException, measures: dict[str, float] | None = None) -> Outcome:
    """Return the outcome of a cell which an error has ended."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return Outcome(cell, {} if measures is None else measures, versions(), text)


def _fit_and_rank(task: Task, measures: dict[str, float]) -> dict[str, Any]:
    train, test = task.dictionary(task.train), task.dictionary(task.test)
    source, target = task.source.open(), task.target.open()
    X, y, coverage = lookup_pairs(train, source, target, warn_below=0)
    measures["n_train_pairs"] = coverage.n_pairs
    measures["n_train_out_of_vocabulary"] = coverage.n_pairs - coverage.n_found
    aligner = clone(task.aligner)
    # Cells are what runs in parallel; no result depends on the number of threads.
    set_everywhere(aligner, random_state=task.cell.seed, n_jobs=1)
    wall, cpu = time.perf_counter(), time.process_time()
    is_ranker = isinstance(aligner, LexiconRanker)
    if is_ranker:
        pairs = coverage.pairs
        aligner.fit(pairs["source"], pairs["target"], source_space=source, target_space=target)
    else:
        source, target = aligner.fit_transform_spaces(X, y, source, target)
    fitted = time.perf_counter()
    measures["fit_seconds"] = fitted - wall
    measures["cpu_seconds"] = time.process_time() - cpu
    ranks: Mapping[str, NDArray[np.intp]]
    if is_ranker:
        # It looks nothing up in a space, so its ranks stand for any retrieval.
        own = ranks_by_ranker(aligner, source, target, test)
        ranks = dict.fromkeys(map(str, task.retrieval), own)
    else:
        retrievals = check_retrievals(task.retrieval, task.csls_neighbors, 1)
        ranks = dictionary_ranks(source, target, test, retrievals, "worst")
    measures["evaluate_seconds"] = time.perf_counter() - fitted
    return {
        "ranks": {name: each.astype(np.int32) for name, each in ranks.items()},
        "words": pd.factorize(test["source"])[0].astype(np.int32),
        "unseen": unseen_pairs(test_dictionary=test, train_dictionary=task.dictionary(task.seen)),
        "similarity": string_similarity(test["source"], test["target"]).astype(np.float32),
    }


@cache
def versions() -> str:
    """Return the versions of this package and of what its figures depend on."""
    others = (f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn", "pandas"))
    return ", ".join([f"sklearn-instamap {__version__}", *others])


@contextmanager
def peak_memory() -> Iterator[Callable[[], float]]:
    """Measure the peak of the resident memory, in MiB, of the enclosed code.

    Resident is all of the process: the interpreter, its libraries, and the pages of memory-mapped
    spaces that were used, which several processes share. On Linux the peak is set back first, so
    that a worker process which is used again does not report its earlier tasks. Elsewhere it
    cannot be, and the peak is that of the process so far; nan where the system does not tell.
    """
    gc.collect()
    yield _peak_since_reset if _reset_peak() else _peak_of_process


def _reset_peak() -> bool:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _peak_since_reset() -> float:
    match = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), flags=re.MULTILINE)
    return int(match[1]) * 1024 / _MIB if match else _peak_of_process()


def _peak_of_process() -> float:
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MIB if sys.platform == "darwin" else peak * 1024 / _MIB
