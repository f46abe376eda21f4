"""How ranks are made and counted: by which retrieval, per pair or per word, and ties."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sklearn_instamap._check import check_option
from sklearn_instamap.metrics._retrieval import RETRIEVALS, Retrieval, RetrievalName

Protocol: TypeAlias = Literal["pair", "word"]
Ties: TypeAlias = Literal["worst", "best"]

PROTOCOLS = ("pair", "word")
TIES = ("worst", "best")


def as_retrieval(
    retrieval: RetrievalName | Retrieval, csls_neighbors: int, n_jobs: int | None
) -> Retrieval:
    """Return a retrieval given by name or as an object, which then has its own settings."""
    if isinstance(retrieval, Retrieval):
        return retrieval
    check_option("retrieval", retrieval, RETRIEVALS)
    return Retrieval(retrieval, csls_neighbors=csls_neighbors, n_jobs=n_jobs)
