"""Real data small enough to come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sklearn_instamap._check import check_flag
from sklearn_instamap.datasets._bunch import bilingual_bunch
from sklearn_instamap.io import read_dictionary, read_vectors

_EN_DE = Path(__file__).parent / "data" / "en-de"


def load_en_de(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load the English–German sample: two real embedding spaces and a dictionary.

    ===================  ==========================
    Words per language                        5,000
    Dimensions                                  300
    Training pairs                            1,239
    Test pairs            409, all of unseen words
    ===================  ==========================

    Parameters
    ----------
    return_X_y : bool, default=False
        Return only ``(X, y)``, the vectors of the training pairs.
    as_frame : bool, default=False
        Give spaces, ``X`` and ``y`` as DataFrames indexed by word.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`, or tuple of ``X`` and ``y`` if ``return_X_y``
        The Bunch has these attributes.

        source, target : EmbeddingSpace, or DataFrame of shape (5000, 300)
            The English and the German space, ``float32``, most frequent word first.
        train, test : DataFrame of shape (1239, 2) and (409, 2)
            The dictionaries, columns ``source`` and ``target``.
        X, y : ndarray or DataFrame of shape (1239, 300)
            The vectors of the training pairs; row ``i`` of ``y`` translates row ``i`` of ``X``.
        DESCR : str
            What the data are and where they come from.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> data = load_en_de()
    >>> data.source
    EmbeddingSpace(n_words=5000, n_features=300, dtype=float32)
    >>> data.train.head(2)
      source target
    0    the    die
    1     to     zu
    >>> data.X.shape == data.y.shape == (1239, 300)
    True
    """
    check_flag("return_X_y", return_X_y)
    check_flag("as_frame", as_frame)
    data = bilingual_bunch(
        read_vectors(_EN_DE / "en.npy"),
        read_vectors(_EN_DE / "de.npy"),
        read_dictionary(_EN_DE / "train.tsv"),
        read_dictionary(_EN_DE / "test.tsv"),
        as_frame=as_frame,
        DESCR=(_EN_DE / "PROVENANCE.md").read_text(encoding="utf-8"),
    )
    return (data.X, data.y) if return_X_y else data
