"""What every data set of ours looks like: two spaces, two dictionaries, the pairs' vectors."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.io import lookup_pairs


def bilingual_bunch(
    source: EmbeddingSpace,
    target: EmbeddingSpace,
    train: pd.DataFrame,
    test: pd.DataFrame,
    *,
    as_frame: bool,
    **others: Any,
) -> Bunch:
    """Return the Bunch of two spaces and two dictionaries, with ``X`` and ``y`` looked up."""
    spaces = [_to_frame(space) if as_frame else space for space in (source, target)]
    X, y, _ = lookup_pairs(train, *spaces)
    return Bunch(source=spaces[0], target=spaces[1], train=train, test=test, X=X, y=y, **others)


def _to_frame(space: EmbeddingSpace) -> pd.DataFrame:
    # scikit-learn keeps feature names only where they are strings.
    columns = [f"dim{i}" for i in range(space.n_features)]
    return space.to_frame().set_axis(columns, axis=1)
