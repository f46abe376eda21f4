"""Candidates of one word that share a stem: forms of one word, of which a dictionary lists one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.lexicon._candidate_pairs import Columns, Pairs, single_precision
from sklearn_instamap.lexicon._logit import segment_members
from sklearn_instamap.lexicon._neighborhoods import Rows
from sklearn_instamap.lexicon._spellings import common_beginnings, first_letters
from sklearn_instamap.metrics._maps import pair_cosines

# Letters that a common stem has at least, and at least what share of the shorter word it is.
_SHORTEST = 4
_SHARE = 0.6
# Least cosine of two forms' own vectors: words that only begin alike are no mates.
_LEAST_COSINE = 0.4
# What stands for the gap of a candidate's best mate where it has none: lower than most gaps.
_NO_MATE = -1.5


def stems(pairs: Pairs) -> Columns:
    """How good, how many and how frequent the other candidates of the same stem are."""
    world, candidates = pairs.world, pairs.candidates
    assert world.spellings is not None
    query, target = candidates.query, candidates.target
    distinct, place = np.unique(target, return_inverse=True)
    letters, lengths = first_letters([world.spellings.target[row] for row in distinct])
    letters, lengths = letters[place], lengths[place]
    first, second = _same_beginning(query, letters, lengths)
    common = common_beginnings(letters[first], letters[second])
    shorter = np.minimum(lengths[first], lengths[second])
    near = np.flatnonzero(common >= np.maximum(_SHORTEST, _SHARE * shorter))
    first, second = first[near], second[near]
    vectors = world.target_vectors
    near = np.flatnonzero(
        pair_cosines(vectors, vectors, target[first], target[second]) > _LEAST_COSINE
    )
    first, second = first[near], second[near]
    n = len(candidates)
    number = np.bincount(first, minlength=n)
    best = np.full(n, -np.inf, dtype=np.float32)
    np.maximum.at(best, first, pairs.gap[second])
    log_rank = np.log1p(target).astype(np.float32)
    frequent = np.full(n, np.inf, dtype=np.float32)
    np.minimum.at(frequent, first, log_rank[second])
    with_mates = number > 0
    return single_precision(
        {
            "best mean CSLS of the stem's other forms": np.where(with_mates, best, _NO_MATE),
            "log number of the stem's other forms": np.log1p(number),
            "log frequency rank above the most frequent other form": np.where(
                with_mates, log_rank - np.where(with_mates, frequent, 0), 0
            ),
        }
    )


def _same_beginning(query: Rows, letters: NDArray[np.uint32], lengths: Rows) -> tuple[Rows, Rows]:
    """Return all ordered pairs of different candidates of one word that begin alike."""
    long = np.flatnonzero(lengths >= _SHORTEST)
    keys = np.column_stack([query[long], letters[long, :_SHORTEST]])
    order = np.lexsort(keys.T[::-1])
    keys, long = keys[order], long[order]
    new = np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)][: len(keys)]
    begin = np.flatnonzero(new)
    size = np.diff(np.r_[begin, len(keys)])
    # Every member of a group of n stands n times, with each member of its group.
    first, second = segment_members(np.repeat(begin, size), np.repeat(size, size))
    different = first != second
    return long[first[different]], long[second[different]]
