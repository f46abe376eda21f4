"""Finding the dictionaries and the spaces of a benchmark in their folders."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

_DICTIONARY = re.compile(
    r"yacle\.(?P<kind>train|test)\.freq\.(?P<size>\w+)\.(?P<source>[a-z]+)-(?P<target>[a-z]+)\.tsv"
)
_PAIR = re.compile(r"[a-z]+-[a-z]+")
# By size, as "500" < "1k" < "5k" and not as texts.
_UNITS = {"k": 1000}
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


def size_order(label: str) -> tuple[float, str]:
    """Return by what to sort the labels of dictionary sizes: 500 before 1k, unknown ones last."""
    match = re.fullmatch(r"(\d+)([a-z]?)", label)
    if match is None or (match[2] and match[2] not in _UNITS):
        return float("inf"), label
    return int(match[1]) * _UNITS.get(match[2], 1), label


def find_dictionaries(folder: Path) -> dict[str, PairFiles]:
    """Find all dictionaries of XLing-Eval's layout in a folder and the folders in it.

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
    for file in sorted(folder.rglob("yacle.*.tsv")):
        match = _DICTIONARY.fullmatch(file.name)
        if match is None:
            continue
        pair = PairFiles(match["source"], match["target"])
        if _PAIR.fullmatch(file.parent.name) and file.parent.name != pair.name:
            continue
        pair = pairs.setdefault(pair.name, pair)
        other = pair.test if match["kind"] == "test" else pair.train.get(match["size"])
        if other is not None:
            raise ValueError(f"{file}: is found in {other.parent} too; keep one of the two.")
        if match["kind"] == "test":
            pair.test = file
        else:
            pair.train[match["size"]] = file
    if not pairs:
        raise ValueError(
            f"{folder}: has no dictionaries; their names have to be like "
            "yacle.train.freq.5k.en-de.tsv and yacle.test.freq.2k.en-de.tsv."
        )
    for pair in pairs.values():
        pair.train = dict(sorted(pair.train.items(), key=lambda item: size_order(item[0])))
    return dict(sorted(pairs.items()))


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
        ``en.npy``, ``en.vec``, ``en.vec.gz``, ``en.txt`` or ``en.txt.gz``, perhaps named
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
        problem = "is no folder" if os.path.lexists(folder) else "there is no such folder"
        raise NotADirectoryError(f"{folder}: {problem}.")
