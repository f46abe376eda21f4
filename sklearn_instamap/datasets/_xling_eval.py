"""The dictionaries of XLing-Eval, fetched from their authors' repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sklearn.utils import Bunch

from sklearn_instamap._check import check_flag
from sklearn_instamap._files import StrPath
from sklearn_instamap.datasets._data_home import get_data_home, one_at_a_time
from sklearn_instamap.datasets._download import Downloader, import_fetching
from sklearn_instamap.io import read_dictionary
from sklearn_instamap.progress import PartDone, emit

_DATA = Path(__file__).parent / "data" / "xling-eval"
# A commit, not a branch: the files cannot change.
_BASE_URL = (
    "https://raw.githubusercontent.com/codogogo/xling-eval/"
    "008a643439707ff64a95e282cc10613124dffce1/bli_datasets/"
)
_SIZES = ("500", "1k", "3k", "5k")
# A hundred times the largest dictionary.
_LARGEST = 1 << 23


def fetch_xling_eval(
    language_pairs: str | Iterable[str] | None = None,
    *,
    lowercase: bool = True,
    data_home: StrPath | None = None,
    download_if_missing: bool = True,
    base_url: str | None = None,
) -> Bunch:
    """Fetch the dictionaries on which the InstaMap paper and many others report results.

    ===================  ==========================
    Language pairs                               28
    Training pairs       500, 1,000, 3,000 or 5,000
    Test pairs                                2,000
    ===================  ==========================

    They are downloaded once, 6 MB for all 28 pairs, into the data home. Every file is checked
    against its SHA-256 whenever it is used. Needs the extra ``datasets``.

    Parameters
    ----------
    language_pairs : str or iterable of str, default=None
        Language pairs, such as ``"en-de"``, as their files are named; None for all.
    lowercase : bool, default=True
        Lower-case both sides, as evaluations in this field do.
    data_home : str or path-like, default=None
        Where to keep the files (:func:`get_data_home`).
    download_if_missing : bool, default=True
        False raises an error where a file is not there yet.
    base_url : str, default=None
        The address of a copy of the folder ``bli_datasets``; None for that of the authors.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        A Bunch of these attributes.

        language_pairs : tuple of str
            The language pairs.
        train : dict of str to dict of str to DataFrame
            ``train["en-de"]["5k"]`` is a training dictionary with the columns ``source`` and
            ``target``; the sizes are ``"500"``, ``"1k"``, ``"3k"`` and ``"5k"``. Pairs that
            stand twice, most of them after lower-casing, are kept, as in published results.
        test : dict of str to DataFrame
            ``test["en-de"]`` is a test dictionary.
        folder : Path
            Where the files are, in a folder for each pair.
        DESCR : str
            What the dictionaries are and where they come from.

    Raises
    ------
    OSError
        If a file cannot be downloaded whole.
    ValueError
        If there is no such language pair.
    ImportError
        If the extra is not installed.

    Warns
    -----
    UserWarning
        If a file was damaged, and is fetched again.

    See Also
    --------
    fetch_fasttext : Vectors for these languages.
    sklearn_instamap.metrics.dictionary_overlap : Which words training and test share.

    Examples
    --------
    >>> from sklearn_instamap.datasets import fetch_xling_eval
    >>> data = fetch_xling_eval(["en-de", "en-tr"])  # doctest: +SKIP
    >>> data.train["en-de"]["5k"].shape  # doctest: +SKIP
    (5000, 2)
    """
    check_flag("lowercase", lowercase)
    check_flag("download_if_missing", download_if_missing)
    pooch, _ = import_fetching()
    folder = get_data_home(data_home) / "xling-eval"
    registry = pooch.create(path=folder, base_url=(base_url or _BASE_URL).rstrip("/") + "/")
    registry.load_registry(_DATA / "registry.txt")
    chosen = _choose(language_pairs, sorted({name.partition("/")[0] for name in registry.registry}))

    files = {pair: {size: _file_name(pair, size) for size in (*_SIZES, "test")} for pair in chosen}
    folder.mkdir(exist_ok=True)
    with one_at_a_time(folder / ".lock"), Downloader() as downloader:
        for done, pair in enumerate(chosen, start=1):
            (folder / pair).mkdir(exist_ok=True)
            for name in files[pair].values():
                downloader.obtain(
                    registry.get_url(name),
                    folder / name,
                    known_hash=registry.registry[name],
                    download_if_missing=download_if_missing,
                    largest=_LARGEST,
                )
            emit(PartDone("dictionaries", done, len(chosen), pair))
    dictionaries = {
        pair: {
            size: read_dictionary(folder / name, lowercase=lowercase, duplicates="keep")
            for size, name in names.items()
        }
        for pair, names in files.items()
    }
    return Bunch(
        language_pairs=chosen,
        train={
            pair: {size: sizes[size] for size in _SIZES} for pair, sizes in dictionaries.items()
        },
        test={pair: sizes["test"] for pair, sizes in dictionaries.items()},
        folder=folder,
        DESCR=(_DATA / "DESCR.md").read_text(encoding="utf-8"),
    )


def _choose(pairs: str | Iterable[str] | None, known: list[str]) -> tuple[str, ...]:
    chosen = known if pairs is None else [pairs] if isinstance(pairs, str) else list(pairs)
    for pair in chosen:
        if pair not in known:
            turned = "-".join(reversed(str(pair).split("-")))
            hint = f"ask for {turned!r}, or one of" if turned in known else "there are"
            raise ValueError(
                f"XLing-Eval has no dictionaries of {pair!r}; {hint} {', '.join(known)}."
            )
    return tuple(dict.fromkeys(chosen))


def _file_name(pair: str, size: str) -> str:
    kind = "test.freq.2k" if size == "test" else f"train.freq.{size}"
    return f"{pair}/yacle.{kind}.{pair}.tsv"
