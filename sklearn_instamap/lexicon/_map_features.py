"""What maps, frequencies and forms tell of a candidate: similarities, ranks, competitors."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sklearn_instamap.lexicon._candidate_pairs import Columns, Floats, Pairs, single_precision
from sklearn_instamap.lexicon._logit import segment_log_sums
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.metrics._maps import pair_cosines

# Temperature of the competition between the source words of a target word.
_TEMPERATURE = 0.05
# Where bands of principal axes end, as shares of their number.
_BANDS = (1 / 30, 1 / 10, 1 / 4, 1 / 2, 1)


def geometry(pairs: Pairs) -> Columns:
    """Similarities in each map, and how they stand to those of competitors, both ways."""
    columns: Columns = {}
    source, target = pairs.candidates.source, pairs.candidates.target
    for name, each, cosine, csls in zip(
        pairs.world.names, pairs.world.maps, pairs.cosines, pairs.csls, strict=True
    ):
        back, listed = each.back_scores[target], each.listed_scores[source]
        back_rank = 1 + (back > csls[:, None] + 1e-6).sum(axis=1)
        own = {
            "cosine": cosine,
            "CSLS": csls,
            "neighborhood of the target": each.target_means[target],
            "gap to the best target": csls - listed[:, 0],
            "gap to the tenth target": csls - listed[:, min(9, listed.shape[1] - 1)],
            "gap to the best source": csls - back[:, 0],
            "gap to the tenth source": csls - back[:, min(9, back.shape[1] - 1)],
            "log rank of the target": np.log(pairs.ranks(csls)),
            "log rank of the source": np.log(back_rank),
            "share of the target": _share(each, target, cosine),
            "cosine of the neighborhoods": pair_cosines(
                each.source_centers, each.target_centers, source, target
            ),
            "cosine of the source's neighborhood": pair_cosines(
                each.source_centers, each.target, source, target
            ),
            "cosine of the target's neighborhood": pair_cosines(
                each.source, each.target_centers, source, target
            ),
        }
        columns |= {f"{name}: {what}": values for what, values in own.items()}
    return single_precision(columns)


def bands(pairs: Pairs) -> Columns:
    """The cosine in each map within bands of axes, from those along which target words vary most.

    The few widest axes make most of a cosine, whatever they tell. Apart, every band gets its own
    weight.
    """
    columns: Columns = {}
    source, target = pairs.candidates.source, pairs.candidates.target
    for name, each in zip(pairs.world.names, pairs.world.maps, strict=True):
        ends = np.unique(np.ceil(np.multiply(_BANDS, each.target.shape[1])).astype(int))
        for number, (start, end) in enumerate(pairwise([0, *ends]), 1):
            columns[f"{name}: cosine in band {number}"] = pair_cosines(
                each.source[:, start:end], each.target[:, start:end], source, target
            )
    return single_precision(columns)


def mean(pairs: Pairs) -> Columns:
    """The mean of the CSLS of all maps, and how it stands to that of the other candidates."""
    return single_precision(
        {
            "mean CSLS": pairs.mean_csls,
            "mean CSLS below the best": pairs.gap,
            "log rank by mean CSLS": np.log(pairs.ranks(pairs.mean_csls)),
            "best by mean CSLS": pairs.gap == 0,
        }
    )


def frequency(pairs: Pairs) -> Columns:
    """How frequent, how crowded, how long the two words' vectors are."""
    world = pairs.world
    source, target = pairs.candidates.source, pairs.candidates.target
    log_source, log_target = np.log1p(source), np.log1p(target)
    first = world.maps[0]
    density = first.source_means[source] - first.target_means[target]
    norms = np.log(world.source_norms[source]) - np.log(world.target_norms[target])
    return single_precision(
        {
            "log frequency rank of the target": log_target,
            "difference of log frequency ranks": log_source - log_target,
            "distance of log frequency ranks": pairs.rank_distance,
            "distance of densities": np.abs(density),
            "difference of norms": norms,
            "distance of norms": np.abs(norms - world.usual_difference_of_norms),
        }
    )


def headwords(pairs: Pairs) -> Columns:
    """How like a headword the target word is, and whether the source word is as much like one."""
    assert pairs.world.headwords is not None
    return pairs.world.headwords.features(pairs.candidates.source, pairs.candidates.target)


def anchors(pairs: Pairs) -> Columns:
    """Whether the dictionary has pairs whose words are near the two words, each in its language."""
    assert pairs.world.anchors is not None
    source, target = pairs.candidates.source, pairs.candidates.target
    return pairs.world.anchors.features(source, target, "known pairs near both words")


def _share(each: Neighborhoods, target: Rows, cosine: Floats) -> Floats:
    """Return the log share of the source word among those near the target word.

    That is the inverted softmax, over the target's nearest source words.
    """
    counts = each.back_cosines.shape[1]
    unique, place = np.unique(target, return_inverse=True)
    scaled = each.back_cosines[unique].ravel() / np.float32(_TEMPERATURE)
    starts = np.arange(len(unique) + 1) * counts
    share = cosine / np.float32(_TEMPERATURE) - segment_log_sums(scaled, starts)[place]
    return share.astype(np.float32)
