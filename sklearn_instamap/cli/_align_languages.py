"""The languages of ``instamap align``: one source and a target, or several around a hub."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._wording import worded
from sklearn_instamap.cli._align_outputs import AlignedFiles, settings_checked
from sklearn_instamap.cli._inputs import Reading, look_up
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.linear import identical_spelling_pairs

# What stands for the name of a source in the names of its outputs.
PLACE = "{}"
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_HELP = "Try 'instamap align --help'."


@dataclass(frozen=True)
class Language:
    """One source: what is read of it, and where its images and the model go.

    Without a dictionary the words are taken that it and the target spell alike.
    """

    name: str
    vectors: Path
    dictionary: Path | None
    output: Path
    model: Path | None

    @property
    def inputs(self) -> list[Path]:
        """The files that are read of it."""
        return [self.vectors, *([self.dictionary] if self.dictionary else [])]

    @property
    def outputs(self) -> list[Path]:
        """The files that are written of it."""
        return [self.output, *([self.model] if self.model else [])]


def sides_of(
    files: Sequence[Path],
    dictionaries: Sequence[str],
    *,
    hub: Path | None,
    seeded: bool,
    output_source: Path,
    output_target: Path | None,
    save_model: Path | None,
) -> tuple[Path, list[Language]]:
    """Return the target of a command line, and its sources.

    Files are SOURCE TARGET [DICTIONARY], or with a hub the sources, whose dictionaries are
    ``NAME=FILE`` and in whose outputs ``{}`` stands for the name. Seeded are those where words
    spelled alike stand in for dictionaries.
    """
    if hub is not None:
        names = _names(files, hub)
        given = _dictionaries(dictionaries, names, hub, seeded)
        several = len(names) > 1
        return hub, [
            Language(
                name,
                path,
                given.get(name),
                _filled("--output-source", output_source, name, several),
                _filled("--save-model", save_model, name, several) if save_model else None,
            )
            for name, path in zip(names, files, strict=True)
        ]
    if dictionaries:
        raise ValueError("--dictionary goes with --hub; without it, name the file after TARGET.")
    if len(files) < 2:
        raise ValueError(f"Missing argument 'TARGET'. {_HELP}")
    if len(files) > 3:
        raise ValueError(f"Got unexpected extra argument ({files[3]}). {_HELP}")
    source, target, *pairs = files
    if seeded and pairs:
        raise ValueError(
            f"{pairs[0]}: no dictionary is read with --seed-dictionary; leave one out."
        )
    if not seeded and not pairs:
        raise ValueError(
            "DICTIONARY is missing; name a file of word pairs, or pass --seed-dictionary identical."
        )
    if output_target is None:
        raise ValueError(f"Missing option '--output-target' / '-t'. {_HELP}")
    dictionary = pairs[0] if pairs else None
    return target, [Language(_name(source), source, dictionary, output_source, save_model)]


def _name(path: Path) -> str:
    """Return the name of a file without its suffix: ``de`` of ``de.vec.gz``."""
    stem = Path(path.stem)
    return stem.stem if path.suffix in _PACKED else stem.name


def _names(sources: Sequence[Path], hub: Path) -> list[str]:
    names = [_name(path) for path in sources]
    for place, (name, path) in enumerate(zip(names, sources, strict=True)):
        if os.path.realpath(path) == os.path.realpath(hub):
            raise ValueError(f"{path}: is the hub itself; leave it out of the sources.")
        if name in names[:place]:
            raise ValueError(
                f"{path}: two sources have the name {name}; rename one of the files, since their "
                "outputs and dictionaries are named by it."
            )
    return names


def _dictionaries(
    given: Sequence[str], names: Sequence[str], hub: Path, seeded: bool
) -> dict[str, Path]:
    """Return the dictionary of each source, none of which is missing unless seeded."""
    if seeded and given:
        raise ValueError(
            f"--dictionary {given[0]}: no dictionary is read with --seed-dictionary; leave one out."
        )
    found: dict[str, Path] = {}
    for text in given:
        # A name may have an equals sign, and so may a file.
        name = max((name for name in names if text.startswith(f"{name}=")), key=len, default="")
        file = text[len(name) + 1 :]
        if not name or not file:
            raise ValueError(
                f"--dictionary takes NAME=FILE, where NAME is one of {', '.join(names)}, the names "
                f"of the sources without their suffixes; got {text!r}."
            )
        if name in found:
            raise ValueError(
                f"--dictionary {text}: {name} already has the dictionary {found[name]}."
            )
        found[name] = Path(file)
    missing = [name for name in names if name not in found]
    if missing and not seeded:
        raise ValueError(
            f"The dictionary of {missing[0]} is missing; pass --dictionary {missing[0]}=FILE, a "
            f"file of pairs with the words of {hub.name}, or --seed-dictionary identical."
        )
    return found


def _filled(option: str, pattern: Path, name: str, several: bool) -> Path:
    if several and PLACE not in str(pattern):
        raise ValueError(
            f"{option} {pattern}: each source needs a file of its own; put {PLACE}, which stands "
            f"for the name of the source, into it, such as {PLACE}.aligned{pattern.suffix}."
        )
    return Path(str(pattern).replace(PLACE, name))


def align_languages(
    files: AlignedFiles,
    target: Path,
    languages: Sequence[Language],
    *,
    aligner: Any,
    title: str,
    reading: Reading,
    settings: Sequence[str] | None,
    output_target: Path | None,
) -> list[str]:
    """Map every language into the target's space, and write all; return what to say of it.

    Everything is read, looked up and rehearsed before the first map is fitted.
    """
    terminal, several = files.terminal, len(languages) > 1
    of_target = [output_target] if output_target else []
    for path in [each.output for each in languages] + of_target:
        files.rehearse(path)
    pairs = {
        each.name: reading.dictionary(each.dictionary) for each in languages if each.dictionary
    }
    reading.look_for(*(each.vectors for each in languages), target)
    spaces = {each.name: reading.space(terminal, each.vectors) for each in languages}
    center = reading.space(terminal, target)
    rows: dict[str, tuple[Any, Any]] = {}
    for each in languages:
        if each.dictionary is None:
            files_of = {"source_space": str(each.vectors), "target_space": str(target)}
            with worded(lambda *_: None, files_of.get):
                pairs[each.name] = identical_spelling_pairs(spaces[each.name], center)
        label = (each.dictionary or each.vectors).name if several else ""
        X, y, _ = look_up(terminal, pairs[each.name], spaces[each.name], center, label=label)
        rows[each.name] = X, y
        files.rehearse(each.output, spaces[each.name].words)
    for path in of_target:
        files.rehearse(path, center.words)
    said: list[str] = []
    models: list[str] = []
    stayed: EmbeddingSpace = center
    own, run = secrets.token_hex(8), ""
    for each in languages:
        fitted, (X, y) = clone(aligner), rows.pop(each.name)
        what = f"aligning {each.name} by {title}" if several else f"aligning by {title}"
        with progress_bar(terminal, what), settings_checked(settings):
            # What has been mapped is let go: of many languages only the rest is held.
            mapped, stayed = fitted.fit_transform_spaces(X, y, spaces.pop(each.name), center)
        # Where the target stays as it is, outputs of many runs are in one space.
        run = "" if np.array_equal(stayed.vectors, center.vectors) else own
        said.append(files.write(each.output, mapped, run))
        if each.model is not None:
            found = f"{len(X)} of {len(pairs[each.name])} pairs are in both spaces"
            inputs = [each.vectors, target, *each.inputs[1:]]
            models.append(files.save(each.model, fitted, title, found, inputs, run))
    said += [files.write(path, stayed, run) for path in of_target]
    return said + models
