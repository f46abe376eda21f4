"""The translations of all words of a language: a whole lexicon, to a table or to a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._check import check_count, check_flag, check_kind, check_number, reals
from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._version import __version__
from sklearn_instamap.lexicon._dictionary_words import asked_words
from sklearn_instamap.lexicon._lexicon_file import check_format, write_lexicon
from sklearn_instamap.lexicon._one_to_one import best_assignment
from sklearn_instamap.lexicon._ranker import LexiconRanker
from sklearn_instamap.lexicon._unfinished import UnfinishedLexicon
from sklearn_instamap.progress import PartDone, emit

# Words between two records of how far a file has come.
_WORDS_AT_ONCE = 1024
# Candidates of a word among which an assignment chooses.
_N_ASSIGNED = 10


def induce_lexicon(
    ranker: LexiconRanker,
    words: Any = None,
    *,
    n_best: int = 1,
    min_probability: float = 0.0,
    one_to_one: bool = False,
    output: StrPath | None = None,
    format: str | None = None,
    force: bool = False,
) -> pd.DataFrame | None:
    """Translate all words of the source space, or some, with a probability for each pair.

    Parameters
    ----------
    ranker : LexiconRanker
        Fitted.
    words : array-like of str, default=None
        Words of the source space; None is all of them.
    n_best : int, default=1
        Translations of each word.
    min_probability : float, default=0.0
        Leave out pairs that are less probable.
    one_to_one : bool, default=False
        Give every word at most one translation, and every translation to at most one word: the
        assignment among the ten best candidates of each word that has the largest sum of
        probabilities, so the largest number of right pairs to be expected. ``n_best`` is then 1,
        and ``rank`` says which of its candidates a word was given.
    output : str or path-like, default=None
        A file to write to, word by word, instead of returning a table. It appears when it is
        complete. Until then what is done stands in ``.NAME.part`` beside it; the same call goes
        on from there.
    format : {"tsv", "csv", "jsonl", "parquet"} or None, default=None
        Format of the file; None is what its suffix says.
    force : bool, default=False
        Whether an existing file is replaced.

    Returns
    -------
    DataFrame or None
        The pairs, columns as those of :meth:`LexiconRanker.rank`; None with ``output``.

    Raises
    ------
    TypeError
        If ``ranker`` is not a ranker, or a word is not a text.
    ValueError
        If a parameter is out of its range, a word is not in the source space, or the format is
        not known.
    OSError
        If the file cannot be written, or exists without ``force``.
    ImportError
        If Parquet is asked for and pyarrow is not installed.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.lexicon import LexiconRanker, induce_lexicon
    >>> from sklearn_instamap.linear import VecMapAligner
    >>> data = load_en_de()
    >>> ranker = LexiconRanker([VecMapAligner()], features=["geometry"], random_state=0)
    >>> ranker = ranker.fit(
    ...     data.train["source"],
    ...     data.train["target"],
    ...     source_space=data.source,
    ...     target_space=data.target,
    ... )
    >>> lexicon = induce_lexicon(ranker, data.source.words[:500], one_to_one=True)
    >>> bool(lexicon["target"].is_unique), len(lexicon) <= 500
    (True, True)
    """
    check_kind("ranker", ranker, LexiconRanker)
    check_is_fitted(ranker)
    n_best = check_count("n_best", n_best)
    check_number("min_probability", min_probability, reals(0, 1, closed="both"))
    check_flag("one_to_one", one_to_one)
    check_flag("force", force)
    if one_to_one and n_best > 1:
        raise ValueError("one_to_one=True gives one translation to each word; leave n_best at 1.")
    kept = max(n_best, _N_ASSIGNED) if one_to_one else n_best
    least = 0.0 if one_to_one else min_probability
    asked = list(ranker._source if words is None else asked_words(words))
    if one_to_one:
        # A word given twice is one word: it would count twice in the sum.
        asked = list(dict.fromkeys(asked))
    if output is None:
        parts = list(_parts(ranker, asked, kept, least, 0))
        lexicon = pd.concat([part for _, part in parts], ignore_index=True)
        return _chosen(lexicon, min_probability) if one_to_one else lexicon
    path = Path(output)
    kind = check_format(path, format)
    if path.exists() and not force:
        raise FileExistsError(f"{path}: exists already; pass force=True to replace it.")
    fingerprint = _fingerprint(ranker, asked, kept, least)
    part = UnfinishedLexicon(path, fingerprint, asked, ranker._target)
    # Found out now and not after the work.
    with atomic_paths(path) as (temporary,):
        for done, table in _parts(ranker, asked, kept, least, part.done):
            part.append(table, done)
        lexicons: Any = part.tables()
        if one_to_one:
            lexicons = iter(
                [_chosen(pd.concat(list(lexicons), ignore_index=True), min_probability)]
            )
        write_lexicon(temporary, lexicons, kind, shown=path)
    part.remove()
    return None


def _parts(
    ranker: LexiconRanker, words: list[str], n_best: int, min_probability: float, start: int
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the translations of words from some word on, and how many words are done."""
    if not words:
        yield 0, ranker.rank([], n_best)
    for first in range(start, len(words), _WORDS_AT_ONCE):
        part = words[first : first + _WORDS_AT_ONCE]
        yield first + len(part), ranker.rank(part, n_best, min_probability=min_probability)
        done = first + len(part)
        emit(PartDone("lexicon", done, len(words), f"{done:,} of {len(words):,} words"))


def _chosen(lexicon: pd.DataFrame, min_probability: float) -> pd.DataFrame:
    """Return the pairs of the best assignment."""
    lexicon = lexicon[lexicon["probability"] >= min_probability]
    sources, source = np.unique(lexicon["source"].to_numpy(dtype=object), return_inverse=True)
    targets, target = np.unique(lexicon["target"].to_numpy(dtype=object), return_inverse=True)
    shape = len(sources), len(targets)
    chosen = best_assignment(source, target, lexicon["probability"].to_numpy(), shape)
    return lexicon.iloc[chosen].reset_index(drop=True)


def _fingerprint(ranker: LexiconRanker, words: list[str], n_best: int, least: float) -> str:
    """Return what tells one unfinished file from another."""
    asked = [__version__, words, n_best, least, ranker.known_pairs]
    digest = sha256(json.dumps(asked).encode())
    # Weights are zero where no held-out word had a right candidate: maps are looked at, too.
    maps = [each.listed_scores[:, 0] for each in ranker._ranking.world.maps]
    for values in (ranker.coef_, *maps):
        digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(json.dumps(list(ranker._target)).encode())
    return digest.hexdigest()
