"""Finding the dictionaries and the spaces of a benchmark in their folders."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from sklearn_instamap.results._overview import size_order

# XLing-Eval's names, and MUSE's, which say from which line to which they are of the whole: the
# first lines are for training.
_XLING = re.compile(
    r"yacle\.(?P<kind>train|test)\.freq\.(?P<size>\w+)\.(?P<source>[a-z]+)-(?P<target>[a-z]+)\.tsv"
)
_MUSE = re.compile(r"(?P<source>[a-z]+)-(?P<target>[a-z]+)\.(?P<start>\d{1,9})-(?P<end>\d+)\.txt")
_PAIR = re.compile(r"[a-z]+-[a-z]+")
_SPACE_NAMES = ("{}", "wiki.{}", "cc.{}.300")
_SPACE_SUFFIXES = (".npy", ".vec", ".vec.gz", ".txt", ".txt.gz")


@dataclass
class PairFiles:
    """The dictionaries of one language pair.

    Parameters
    ----------
    source, target : str
        The two languages.
    train : dict of str to Path
        Training dictionaries by size, the smallest first.
    test : Path or None
        The test dictionary.
    """

    source: str
    target: str
    train: dict[str, Path] = field(default_factory=dict)
    test: Path | None = None

    @property
    def name(self) -> str:
        """The pair as dictionaries name it, such as ``en-de``."""
        return f"{self.source}-{self.target}"


def find_dictionaries(folder: Path) -> dict[str, PairFiles]:
    """Find all dictionaries of XLing-Eval's or MUSE's names in a folder and the folders in it.

    XLing-Eval has one folder per pair. English and French stand in theirs in both orders; of two
    orders in one folder the one the folder is named after is taken.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    dict of str to PairFiles
        By pair, in alphabetical order.

    Raises
    ------
    OSError
        If there is no such folder.
    ValueError
        If it has no dictionaries, or one of them twice.
    """
    _require_folder(folder)
    pairs: dict[str, PairFiles] = {}
    for file in sorted(folder.rglob("*-*.t*")):
        found = _dictionary_of(file)
        if found is None:
            continue
        source, target, size = found
        pair = PairFiles(source, target)
        if _PAIR.fullmatch(file.parent.name) and file.parent.name != pair.name:
            continue
        pair = pairs.setdefault(pair.name, pair)
        other = pair.test if size is None else pair.train.get(size)
        if other is not None:
            raise ValueError(f"{file}: is found in {other.parent} too; keep one of the two.")
        if size is None:
            pair.test = file
        else:
            pair.train[size] = file
    if not pairs:
        raise ValueError(
            f"{folder}: has no dictionaries; their names have to be like "
            "yacle.train.freq.5k.en-de.tsv and yacle.test.freq.2k.en-de.tsv, or en-de.0-5000.txt "
            "and en-de.5000-6500.txt."
        )
    for pair in pairs.values():
        pair.train = dict(sorted(pair.train.items(), key=lambda item: size_order(item[0])))
    return dict(sorted(pairs.items()))


def _dictionary_of(file: Path) -> tuple[str, str, str | None] | None:
    """Return the languages of a dictionary and the label of its size, None if it is for tests."""
    if match := _XLING.fullmatch(file.name):
        size = match["size"] if match["kind"] == "train" else None
        return match["source"], match["target"], size
    if match := _MUSE.fullmatch(file.name):
        start, end = int(match["start"]), int(match["end"])
        thousands, rest = divmod(end, 1000)
        label = str(end) if rest or not thousands else f"{thousands}k"
        return match["source"], match["target"], None if start else label
    return None


def find_space(folder: Path, language: str) -> Path | None:
    """Find the vectors of a language.

    Parameters
    ----------
    folder : Path
        The folder.
    language : str
        The language, such as ``en``.

    Returns
    -------
    Path or None
        ``en.npy``, ``en.vec``, ``en.vec.gz``, ``en.txt`` or ``en.txt.gz``, possibly named
        ``wiki.en`` or ``cc.en.300`` as fastText's are; None if there is none.

    Raises
    ------
    OSError
        If there is no such folder.
    ValueError
        If there are several.
    """
    _require_folder(folder)
    found = [
        path
        for name in _SPACE_NAMES
        for suffix in _SPACE_SUFFIXES
        if (path := folder / f"{name.format(language)}{suffix}").exists()
    ]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise ValueError(
            f"{folder}: has {names}, all of language {language}; keep one of them there."
        )
    return found[0] if found else None


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        problem = "is not a folder" if os.path.lexists(folder) else "there is no such folder"
        raise NotADirectoryError(f"{folder}: {problem}.")
