"""What spelling tells of a candidate, by itself and together with the maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.lexicon._candidate_pairs import Columns, Pairs, single_precision
from sklearn_instamap.metrics._string_similarity import edit_features, has_string_packages


def characters(pairs: Pairs) -> Columns:
    """How alike the two words are spelled."""
    assert pairs.world.spellings is not None
    source, target = pairs.candidates.source, pairs.candidates.target
    left, right = pairs.world.spellings.pairs(source, target)
    lengths = np.array([len(a) - len(b) for a, b in zip(left, right, strict=True)])
    columns = {
        "n-gram cosine": pairs.ngrams,
        "equal": np.array([a == b for a, b in zip(left, right, strict=True)]),
        "difference of lengths": lengths,
        "distance of lengths": np.abs(lengths),
    }
    if has_string_packages():
        columns |= edit_features(left, right)
    return single_precision(columns)


def products(pairs: Pairs) -> Columns:
    """How alike the words are, times what else is known of the pair.

    What spelling is worth depends on how alike the other candidates are, and on the maps: hence
    products with the gap to the best candidate, with how near that one is, and with the distance
    of frequencies.
    """
    best, gap, apart = pairs.best(pairs.mean_csls), pairs.gap, pairs.rank_distance
    columns: dict[str, NDArray] = {}
    for name, alike in (("similarity", pairs.similarity), ("n-grams", pairs.ngrams)):
        most = pairs.best(alike)
        columns |= {
            f"{name} below the most": alike - most,
            f"{name} times the best mean CSLS": alike * best,
            f"{name} times the gap": alike * gap,
            f"{name} above .5 times the gap": np.maximum(alike - 0.5, 0) * gap,
            f"most {name} times the gap": most * gap,
            f"{name} times the distance of ranks": alike * apart,
        }
    alike, most = pairs.similarity, pairs.best(pairs.similarity)
    columns |= {
        "most alike and above .5": (alike == most) & (alike > 0.5),
        "similarity squared": alike**2,
        "similarity above .75": np.maximum(alike - 0.75, 0),
        "similarity up to .5": np.minimum(alike, 0.5),
        "most similarity times the distance of ranks": most * apart,
    }
    return single_precision(columns)


def relatives(pairs: Pairs) -> Columns:
    """Whether the dictionary has pairs whose words are of the stems of the two words."""
    assert pairs.world.relatives is not None
    source, target = pairs.candidates.source, pairs.candidates.target
    return pairs.world.relatives.features(source, target, "known pairs of both stems")


def endings(pairs: Pairs) -> Columns:
    """Whether the target's ending is one of the dictionary, and goes with that of the source."""
    assert pairs.world.endings is not None
    return pairs.world.endings.features(pairs.candidates.source, pairs.candidates.target)
