"""Finding the dictionaries and the spaces of a benchmark in their folders."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from sklearn_instamap._printable import printable
from sklearn_instamap.results._overview import size_order

# Of a language: de, deu, zh_min_nan, pt_BR; with hyphens only where script and region are written
# as the standard has them, zh-Hans and pt-BR, since a hyphen parts the languages of a pair, too.
_LANGUAGE = r"(?:[a-z]+(?:_\w+?)*?(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?|[A-Z]{2,3})"
_LANGUAGES = rf"(?P<source>{_LANGUAGE})-(?P<target>{_LANGUAGE})"
_PACKED = r"(?:\.(?:gz|bz2|xz|zst))?"
# XLing-Eval's names, and VecMap's, and MUSE's, which say from which word to which they are of the
# whole: the first words are for training.
_XLING = re.compile(
    rf"yacle\.(?P<kind>train|test)\.freq\.(?P<size>\w+)\.{_LANGUAGES}\.(?i:tsv|txt){_PACKED}"
)
_VECMAP = re.compile(rf"{_LANGUAGES}\.(?P<kind>train|test)\.(?i:txt|tsv|dict){_PACKED}")
_MUSE = re.compile(rf"{_LANGUAGES}\.(?P<start>\d{{1,9}})-(?P<end>\d{{1,9}})\.(?i:txt|tsv){_PACKED}")
_PAIR = re.compile(_LANGUAGES)
_SPACE_NAMES = ("{}", "wiki.{}", "cc.{}.300", "wiki.multi.{}", "{}.emb")
_SPACE_SUFFIXES = (".npy", ".vec", ".vec.gz", ".txt", ".txt.gz")
# Where there is none of these. fastText's .bin is not among them: it lies beside the .vec.
_OTHER_SUFFIXES = (
    *(f"{kind}{end}" for kind in (".vec", ".txt") for end in (".bz2", ".xz", ".zst", ".zip")),
    ".npz",
    ".parquet",
    ".safetensors",
)


@dataclass
class PairFiles:
    """The dictionaries of one language pair: those for training by size, the smallest first."""

    source: str
    target: str
    train: dict[str, Path] = field(default_factory=dict)
    test: Path | None = None

    @property
    def name(self) -> str:
        """The pair as dictionaries name it, such as ``en-de``."""
        return f"{self.source}-{self.target}"


def find_dictionaries(folder: Path) -> dict[str, PairFiles]:
    """Find all dictionaries of XLing-Eval's, MUSE's or VecMap's names in a folder and those in it.

    XLing-Eval has one folder per pair. English and French stand in theirs in both orders; of two
    orders in one folder the one the folder is named after is taken. Hidden folders are left out.

    They go by pair, in alphabetical order.

    Raises OSError if there is no such folder; ValueError if it has no dictionaries, or one of them
    twice. A training dictionary that holds test pairs, by its name, is left out with a warning.
    """
    _require_folder(folder)
    files = [file for file in sorted(folder.rglob("*")) if not _is_hidden(file, folder)]
    dictionaries = {file: found for file in files if (found := _dictionary_of(file)) is not None}
    of_folders = {(file.parent, f"{each[0]}-{each[1]}") for file, each in dictionaries.items()}
    pairs: dict[str, PairFiles] = {}
    for file, (source, target, size) in dictionaries.items():
        pair = PairFiles(source, target)
        home = file.parent
        if home.name != pair.name and (home, home.name) in of_folders:
            continue
        pair = pairs.setdefault(pair.name, pair)
        other = pair.test if size is None else pair.train.get(size)
        if other is not None:
            what = "test dictionary" if size is None else f"training dictionary of size {size}"
            where = (
                f"is found in {other.parent} too"
                if other.name == file.name
                else f"is a second {what} of {pair.name}, beside {other}"
            )
            raise ValueError(f"{file}: {where}; keep one of the two.")
        if size is None:
            pair.test = file
        else:
            pair.train[size] = file
    if not pairs:
        texts = [file.name for file in files if re.search(r"\.(txt|tsv|dict)$", file.name.lower())]
        seen = f", and not like {printable(', '.join(texts[:3]))}" if texts else ""
        raise ValueError(
            f"{folder}: has no dictionaries; their names have to be like "
            "yacle.train.freq.5k.en-de.tsv and yacle.test.freq.2k.en-de.tsv, en-de.0-5000.txt "
            f"and en-de.5000-6500.txt, or en-de.train.txt and en-de.test.txt{seen}."
        )
    for pair in pairs.values():
        _leave_out_tested(pair)
        pair.train = dict(sorted(pair.train.items(), key=lambda item: size_order(item[0])))
    return dict(sorted(pairs.items()))


def _dictionary_of(file: Path) -> tuple[str, str, str | None] | None:
    """Return the languages of a dictionary and the label of its size, None if it is for tests."""
    if match := _XLING.fullmatch(file.name):
        size = match["size"] if match["kind"] == "train" else None
        return match["source"], match["target"], size
    if match := _VECMAP.fullmatch(file.name):
        return match["source"], match["target"], "all" if match["kind"] == "train" else None
    if match := _MUSE.fullmatch(file.name):
        start, end = int(match["start"]), int(match["end"])
        if start >= end:
            return None
        thousands, rest = divmod(end, 1000)
        label = str(end) if rest or not thousands else f"{thousands}k"
        return match["source"], match["target"], None if start else label
    return None


def _is_hidden(file: Path, folder: Path) -> bool:
    """Tell whether a file lies in what programs keep for themselves: .trash, __MACOSX."""
    return any(part.startswith((".", "__MACOSX")) for part in file.relative_to(folder).parts)


def _leave_out_tested(pair: PairFiles) -> None:
    """Leave out training dictionaries whose words, by MUSE's names, are those of the test."""
    test = _MUSE.fullmatch(pair.test.name) if pair.test else None
    for size, file in list(pair.train.items()):
        train = _MUSE.fullmatch(file.name)
        if test and train and int(train["end"]) > int(test["start"]):
            del pair.train[size]
            warnings.warn(
                f"{printable(file)}: holds words of {printable(pair.test)}, by which it would be "
                "tested; it is left out.",
                UserWarning,
                stacklevel=3,
            )


def turned_pair(name: str) -> str:
    """Return the name of a language pair in the other direction."""
    match = _PAIR.fullmatch(name)
    return f"{match['target']}-{match['source']}" if match else name


def find_space(folder: Path, language: str) -> Path | None:
    """Find the one file of vectors of a language; None if there is none.

    Names are ``en.npy``, ``en.vec``, ``en.vec.gz``, ``en.txt`` or ``en.txt.gz``, possibly
    ``wiki.en`` or ``cc.en.300`` as fastText's are, ``wiki.multi.en`` as MUSE's or ``en.emb`` as
    VecMap's; otherwise packed or in another format; in capitals where that is all there is.
    """
    _require_folder(folder)
    found: list[Path] = []
    for suffixes in (_SPACE_SUFFIXES, _OTHER_SUFFIXES):
        names = [f"{name.format(language)}{end}" for name in _SPACE_NAMES for end in suffixes]
        found = found or [path for name in names if (path := folder / name).exists()]
    if not found:
        # The two files of .npy know each other by their names.
        wanted = {
            f"{name.format(language)}{end}".lower()
            for name in _SPACE_NAMES
            for end in _SPACE_SUFFIXES[1:]
        }
        found = [file for file in sorted(folder.iterdir()) if file.name.lower() in wanted]
    if len(found) > 1:
        several = " and ".join(path.name for path in found)
        raise ValueError(
            f"{folder}: has {several}, all of language {language}; keep one of them there."
        )
    return found[0] if found else None


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        problem = "is not a folder" if os.path.lexists(folder) else "there is no such folder"
        raise NotADirectoryError(f"{folder}: {problem}.")
