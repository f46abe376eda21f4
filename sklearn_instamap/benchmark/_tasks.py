"""From the plan of a benchmark to what its workers are given, and what tells cells apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sklearn_instamap._version import __version__
from sklearn_instamap.benchmark._cell import Task
from sklearn_instamap.benchmark._fingerprint import describe, digest, digest_files
from sklearn_instamap.benchmark._plan import Plan
from sklearn_instamap.benchmark._spaces import MappedSpace
from sklearn_instamap.metrics._retrieval import RetrievalName
from sklearn_instamap.results._overview import size_order

# To be raised when the same settings come to give other cells.
_VERSION = 2


def make_tasks(
    plan: Plan,
    methods: dict[str, Any],
    spaces: dict[str, MappedSpace],
    *,
    unseen_by: str,
    retrieval: Sequence[RetrievalName],
    csls_neighbors: int,
    lowercase: bool,
    encoding_errors: str,
) -> dict[str, Task]:
    """Return what workers are given, by the fingerprints of the cells.

    A fingerprint stands for all that determines the results of a cell: not for the places of
    files, but their content, and not for what only the tables depend on (P@k, the protocols).

    Whether a test pair is seen is told by the cell's "own" training dictionary or by the pair's
    "largest".
    """
    content = cache(digest_files)
    described = {name: describe(aligner) for name, aligner in methods.items()}
    sizes: dict[str, set[str]] = {}
    for cell in plan.cells:
        sizes.setdefault(cell.language_pair, set()).add(cell.dictionary_size)
    largest = {pair: max(of_pair, key=size_order) for pair, of_pair in sizes.items()}
    tasks = {}
    for cell in plan.cells:
        files = plan.pairs[cell.language_pair]
        assert files.test is not None
        seen = cell.dictionary_size if unseen_by == "own" else largest[cell.language_pair]
        task = Task(
            cell,
            methods[cell.method],
            spaces[cell.source],
            spaces[cell.target],
            # Absolute: a worker that is used again may be in the folder of an earlier run.
            train=files.train[cell.dictionary_size].absolute(),
            test=files.test.absolute(),
            seen=files.train[seen].absolute(),
            retrieval=retrieval,
            csls_neighbors=csls_neighbors,
            lowercase=lowercase,
            encoding_errors=encoding_errors,
        )
        fingerprint = digest(
            {
                "version": [_VERSION, __version__],
                "cell": cell.as_dict(),
                "method": described[cell.method],
                "spaces": [task.source.content, task.target.content],
                "dictionaries": [content(file) for file in (task.train, task.test, task.seen)],
                "settings": [sorted(retrieval), csls_neighbors, lowercase, encoding_errors],
            }
        )
        tasks[fingerprint] = task
    return tasks
