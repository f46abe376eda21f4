"""Which cells a benchmark has: pairs, directions, methods, dictionary sizes, seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sklearn_instamap._check import check_number, check_option, integers, several
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._wording import argument
from sklearn_instamap.benchmark._choose import is_random
from sklearn_instamap.benchmark._layout import (
    PairFiles,
    find_dictionaries,
    find_space,
    turned_pair,
)
from sklearn_instamap.results._overview import size_order

# Which training dictionaries, unless others are asked for.
AUTO, _USUAL_SIZE = "auto", "5k"
DIRECTIONS = {"forward": ("forward",), "backward": ("backward",), "both": ("forward", "backward")}


@dataclass(frozen=True)
class Cell:
    """One fit of a benchmark.

    The pair is named as its dictionaries name it, and they are read reversed where the direction is
    "backward"; source and target are the languages as they are mapped.
    """

    language_pair: str
    direction: str
    source: str
    target: str
    method: str
    dictionary_size: str
    seed: int

    def __str__(self) -> str:
        seed = f", seed {self.seed}" if self.seed else ""
        return printable(
            f"{self.source}-{self.target}, {self.method}, {self.dictionary_size}{seed}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, in the order of the columns of results."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """What a benchmark will do; pairs that were found and cannot be run are skipped, and why."""

    pairs: dict[str, PairFiles]
    spaces: dict[str, Path]
    cells: list[Cell]
    skipped: dict[str, str]


@shown_safely()
def make_plan(
    spaces_folder: Path,
    dictionaries_folder: Path,
    *,
    language_pairs: str | Sequence[str] | None,
    methods: dict[str, Any],
    sizes: str | Sequence[str] | None,
    directions: str,
    seeds: int | Iterable[int],
) -> Plan:
    """Find the files, and list the cells.

    Pairs go by the names of their dictionaries; None is all whose files are there. Sizes are labels
    of training dictionaries; None is all there are, "auto" 5k, and where a pair has none its
    largest. Methods that draw no random numbers are run with the first seed only. Cells follow pair
    by pair, so that what runs at a time shares its spaces.

    Raises OSError or ValueError if a file that is asked for is missing, or nothing is left to do.
    """
    check_option("directions", directions, list(DIRECTIONS))
    wanted_seeds = list(dict.fromkeys(map(_check_seed, several(seeds))))
    if not wanted_seeds:
        raise ValueError("seeds is empty; give at least one.")
    found = find_dictionaries(dictionaries_folder)
    if sizes is None:
        sizes = sorted({size for files in found.values() for size in files.train}, key=size_order)
    elif sizes != AUTO:
        sizes = several(sizes)
    # A pair asked for by name has to be there; of all pairs those that are will do.
    chosen: dict[str, tuple[PairFiles, Sequence[str]]] = {}
    spaces: dict[str, Path] = {}
    skipped: dict[str, str] = {}
    for name in dict.fromkeys(found if language_pairs is None else several(language_pairs)):
        try:
            files = _find_pair(found, name, dictionaries_folder, sizes)
            for language in (files.source, files.target):
                spaces[language] = spaces.get(language) or _find_space(spaces_folder, language)
            chosen[name] = files, _sizes_of(files) if sizes == AUTO else sizes
        except FileNotFoundError as error:
            if language_pairs is not None:
                raise
            skipped[name] = str(error)
    if not chosen:
        reason = next(iter(skipped.values()), "language_pairs is empty; name at least one.")
        raise FileNotFoundError(f"There is no pair to run: {reason}")
    cells = [
        Cell(name, direction, source, target, method, size, seed)
        for name, (files, sizes_of_pair) in chosen.items()
        for direction in DIRECTIONS[directions]
        for source, target in [_languages(files, direction)]
        for size in sizes_of_pair
        for method, aligner in methods.items()
        for seed in (wanted_seeds if is_random(aligner) else wanted_seeds[:1])
    ]
    files_of = {name: files for name, (files, _) in chosen.items()}
    used = {language for files in files_of.values() for language in (files.source, files.target)}
    return Plan(files_of, {name: spaces[name] for name in sorted(used)}, cells, skipped)


def _sizes_of(files: PairFiles) -> list[str]:
    """Return the size of the paper's dictionaries, or the largest there is."""
    return [_USUAL_SIZE if _USUAL_SIZE in files.train else list(files.train)[-1]]


def _find_pair(
    found: dict[str, PairFiles], name: str, folder: Path, sizes: Sequence[str]
) -> PairFiles:
    turned = turned_pair(name)
    if name not in found and turned in found:
        raise FileNotFoundError(
            f"{folder}: has no dictionaries of {name}, but of {turned}; ask for {turned} with "
            f"{argument('directions', 'backward')}."
        )
    if name not in found:
        raise FileNotFoundError(
            f"{folder}: has no dictionaries of {name}; there are {', '.join(found)}."
        )
    files = found[name]
    if sizes == AUTO and not files.train:
        raise FileNotFoundError(f"{folder}: has no training dictionary of {name}.")
    missing = [] if sizes == AUTO else [size for size in sizes if size not in files.train]
    if missing:
        raise FileNotFoundError(
            f"{folder}: has no training dictionary of {name} of size {missing[0]}; there are "
            f"{', '.join(files.train) or 'none'}."
        )
    if files.test is None:
        raise FileNotFoundError(f"{folder}: has no test dictionary of {name}.")
    return files


def _find_space(folder: Path, language: str) -> Path:
    path = find_space(folder, language)
    if path is None:
        raise FileNotFoundError(
            f"{folder}: has no vectors of {language}; their name has to be like {language}.npy, "
            f"{language}.vec, {language}.vec.gz or wiki.{language}.vec."
        )
    return path


def _languages(files: PairFiles, direction: str) -> tuple[str, str]:
    languages = files.source, files.target
    return languages if direction == "forward" else (files.target, files.source)


def _check_seed(seed: Any) -> int:
    check_number("seeds", seed, integers(0))
    return int(seed)
