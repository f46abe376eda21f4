"""The word vectors published by fastText, fetched and kept as NumPy files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from sklearn.utils import Bunch

from sklearn_instamap._check import check_count, check_flag, check_option, invalid
from sklearn_instamap._files import StrPath, atomic_paths, refuse_in_place
from sklearn_instamap._records import read_record
from sklearn_instamap.datasets._data_home import get_data_home, one_at_a_time
from sklearn_instamap.datasets._download import Downloader, check_hash, import_fetching
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.io._npy import pair_paths

_BASE_URL = "https://dl.fbaipublicfiles.com/fasttext"
# Folder and name of a language's file.
_FILES = {
    "wiki": ("vectors-wiki", "wiki.{language}.vec"),
    "cc": ("vectors-crawl", "cc.{language}.300.vec.gz"),
}
# Codes of Wikipedia: de, simple, zh_min_nan.
_LANGUAGE = re.compile(r"[a-z]{2,12}([-_][a-z]{1,12}){0,2}")
_DESCR = {
    "wiki": """\
fastText vectors of {language}, 300 dimensions, trained on Wikipedia by the skip-gram model; words
are lower-cased. From {url}, which is licensed CC BY-SA 3.0.

P. Bojanowski, E. Grave, A. Joulin, T. Mikolov. Enriching word vectors with subword information.
TACL 5, 2017.
""",
    "cc": """\
fastText vectors of {language}, 300 dimensions, trained on Common Crawl and Wikipedia by CBOW with
position weights; words are as they were written. From {url}, which is licensed CC BY-SA 3.0.

E. Grave, P. Bojanowski, P. Gupta, A. Joulin, T. Mikolov. Learning word vectors for 157 languages.
LREC 2018.
""",
}


def fetch_fasttext(
    language: str,
    *,
    kind: Literal["wiki", "cc"] = "wiki",
    max_words: int | None = 200_000,
    lowercase: bool = False,
    known_hash: str | None = None,
    data_home: StrPath | None = None,
    download_if_missing: bool = True,
    base_url: str | None = None,
) -> Bunch:
    """Fetch the vectors of a language which fastText has published.

    The file is downloaded once, into the data home, and its most frequent words are kept there
    as a pair of files ``.npy`` and ``.words``, from which every later call maps them into
    memory. An interrupted download is continued by the next call. Needs the extra
    ``datasets``.

    Parameters
    ----------
    language : str
        The language, as Wikipedia abbreviates it: ``"de"``.
    kind : {"wiki", "cc"}, default="wiki"
        Trained on Wikipedia, lower-cased; or on Common Crawl, case as it was.
    max_words : int or None, default=200_000
        How many of the most frequent words to keep; None for all.
    lowercase : bool, default=False
        Lower-case the words, the most frequent of those that become equal keeping its vector.
        Dictionaries mostly are lower-cased, and the words of ``kind="cc"`` are not.
    known_hash : str, default=None
        The hash of the file, ``"sha256:…"`` or ``"md5:…"``, if you know it. fastText publishes
        none: see Notes.
    data_home : str or path-like, default=None
        Where to keep the files (:func:`get_data_home`).
    download_if_missing : bool, default=True
        False raises an error where the file is not there yet.
    base_url : str, default=None
        The address of a copy of ``https://dl.fbaipublicfiles.com/fasttext``.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        A Bunch of these attributes.

        space : EmbeddingSpace
            The words and their vectors, ``float32``, memory-mapped.
        path : Path
            The .npy file.
        url, sha256 : str
            Where the vectors come from, and the hash of the file there.
        DESCR : str
            What they are and whom to cite.

    Raises
    ------
    OSError
        If the file cannot be downloaded whole, or is not what it was at first.
    ValueError
        If a parameter is out of range, or the file is not what it should be.
    ImportError
        If the extra is not installed.

    Warns
    -----
    UserWarning
        If words repeat after lower-casing, or a file was damaged and is fetched again.

    See Also
    --------
    fetch_xling_eval : Dictionaries of eight languages.

    Notes
    -----
    The downloads are large, 1 to 7 GB for ``kind="wiki"``; the file may be removed afterwards
    if no more than ``max_words`` will be wanted.

    Without a published hash there is trust on first use: the download has to have the size
    which the server announces; its SHA-256 is then recorded beside it, in a file ``.json``, and
    whenever the download is read again, or fetched again, it has to be the same. A file put
    there by hand is trusted likewise. Remove the record to accept another version.

    Examples
    --------
    >>> from sklearn_instamap.datasets import fetch_fasttext
    >>> german = fetch_fasttext("de").space  # doctest: +SKIP
    >>> german  # doctest: +SKIP
    EmbeddingSpace(n_words=200000, n_features=300, dtype=float32)
    """
    check_language(language)
    check_option("kind", kind, _FILES)
    check_flag("lowercase", lowercase)
    check_flag("download_if_missing", download_if_missing)
    if max_words is not None:
        check_count("max_words", max_words)
    wanted = None if known_hash is None else check_hash(known_hash)
    import_fetching()
    place, pattern = _FILES[kind]
    name = pattern.format(language=language)
    url = f"{(base_url or _BASE_URL).rstrip('/')}/{place}/{name}"
    folder = get_data_home(data_home) / "fasttext"
    folder.mkdir(exist_ok=True)
    raw, record = folder / name, folder / f"{name}.json"
    path = folder / f"{kind}.{language}.{max_words or 'all'}{'.lower' * lowercase}.npy"

    with one_at_a_time(folder / f".{name}.lock"):
        first = _read_record(record)
        is_current = first is not None and _is_current(path, raw)
        if not is_current or wanted not in (None, first):
            with Downloader() as downloader:
                downloader.obtain(
                    url, raw, known_hash=wanted or first, download_if_missing=download_if_missing
                )
                sha256 = downloader.file_hash(raw)
            if not is_current or sha256 != first:
                _convert(raw, path, max_words, lowercase)
                # Not before: what cannot be read is not to be trusted.
                _write_record(record, url, raw, sha256)
            first = sha256
    return Bunch(
        space=read_vectors(path, mmap=True),
        path=path,
        url=url,
        sha256=str(first).removeprefix("sha256:"),
        DESCR=_DESCR[kind].format(language=language, url=url),
    )


def check_language(language: str) -> None:
    """Refuse what names no language, such as a path."""
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise invalid("language", "a language such as 'de' or 'zh_min_nan'", language)


def _is_current(path: Path, raw: Path) -> bool:
    """Whether vectors have been written since the download."""
    if not all(file.exists() for file in pair_paths(path)):
        return False
    return not raw.exists() or raw.stat().st_mtime <= path.stat().st_mtime


def _convert(raw: Path, path: Path, max_words: int | None, lowercase: bool) -> None:
    """Write the most frequent words of a download as .npy and .words."""
    try:
        space = read_vectors(
            raw, max_words=max_words, lowercase=lowercase, encoding_errors="replace"
        )
    except ValueError as error:
        raise ValueError(f"{error} Remove the file to fetch it again.") from None
    write_vectors(path, space)


def _read_record(record: Path) -> str | None:
    """Return the hash that the download had at first."""
    try:
        refuse_in_place(record)
        sha256 = read_record(record)["sha256"]
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError
        return f"sha256:{sha256}"
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"{record}: is not the record of a download; remove it to trust the next one."
        ) from None


def _write_record(record: Path, url: str, raw: Path, sha256: str) -> None:
    content: dict[str, Any] = {
        "url": url,
        "size": raw.stat().st_size,
        "sha256": sha256.removeprefix("sha256:"),
    }
    with atomic_paths(record) as (temporary,):
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
