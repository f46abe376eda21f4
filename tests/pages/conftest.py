"""The blocks of code on README and pages, and the files that they speak of."""

from __future__ import annotations

import doctest
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

# What is shown, and nothing to run.
DATA_LANGUAGES = {"bibtex", "text", "none"}
_DIRECTIVES = r"[\w-]*code[\w-]*|plot|prompt|ipython|doctest|parsed-literal|literalinclude"


@dataclass(frozen=True)
class Block:
    """A block of code on a page.

    ``not_run`` is the reason written in the page's source, just before the block: the comment
    ``.. not run: REASON``, in Markdown ``<!-- not run: REASON -->``.
    """

    page: str
    line: int
    language: str
    text: str
    not_run: str | None
    # What stands behind the directive's name: the file of a figure.
    argument: str = ""

    @property
    def where(self) -> str:
        """Where it is, for messages."""
        return f"{self.page}, line {self.line}"

    def commands(self) -> list[str]:
        """Return the commands of a console, continued lines joined, without what they print."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return [line for line in lines if line and not line.startswith("#")]


def read_blocks(page: str, text: str) -> list[Block]:
    """Find every block of code of a page."""
    lines = text.splitlines()
    found = _markdown(lines) if page.endswith(".md") else _restructured(lines)
    return [
        Block(page, start + 1, language, body, _mark(lines, start), *argument)
        for start, language, body, *argument in found
    ]


def _markdown(lines: list[str]) -> Iterator[tuple[int | str, ...]]:
    number = 0
    while number < len(lines):
        line, start = lines[number], number
        number += 1
        if match := re.match(r"\s*(```+|~~~+)\s*(\S*)", line):
            while number < len(lines) and not lines[number].strip().startswith(match[1]):
                number += 1
            body = "\n".join(lines[start + 1 : number])
            yield start, _prompted(match[2], body), body
            number += 1
        elif line.startswith("    ") and (start == 0 or not lines[start - 1].strip()):
            # Code by indentation does not say what it is.
            yield start, "", line


def _restructured(lines: list[str]) -> Iterator[tuple[int | str, ...]]:
    number = 0
    while number < len(lines):
        line, start = lines[number], number
        number += 1
        if re.match(r"\s*>>> ", line):
            while number < len(lines) and lines[number].strip():
                number += 1
            yield start, "pycon", "\n".join(lines[start:number])
            continue
        named = re.match(rf"\s*\.\. ({_DIRECTIVES})::\s*(\S*)", line)
        literal = line.rstrip().endswith("::") and not re.match(r"\s*\.\. ", line)
        if not (named or literal):
            continue
        indent = len(line) - len(line.lstrip())
        while number < len(lines) and (
            not lines[number].strip() or lines[number].startswith(" " * (indent + 1))
        ):
            number += 1
        body = [each for each in lines[start + 1 : number] if not re.match(r"\s+:[\w-]+:", each)]
        # An option may go on in the next line, and the block begins after an empty one.
        first = next((at for at, each in enumerate(body) if not each.strip()), 0)
        kept = body[first:]
        margin = min((len(each) - len(each.lstrip()) for each in kept if each.strip()), default=0)
        text = "\n".join(each[margin:] for each in kept).strip("\n")
        language = "" if literal else "plot" if named[1] == "plot" else named[2]
        yield start, _prompted(language, text), text, "" if literal else named[2]


def _prompted(language: str, text: str) -> str:
    """What is written with Python's prompt is run by doctest, whatever it is said to be."""
    return "pycon" if text.lstrip().startswith(">>> ") else language


def _mark(lines: list[str], start: int) -> str | None:
    """Return the reason in the comment that ends just before a block."""
    before = start - 1
    while before >= 0 and not lines[before].strip():
        before -= 1
    comment: list[str] = []
    while before >= 0 and lines[before].strip():
        comment.insert(0, lines[before].strip())
        before -= 1
    match = re.match(
        r"(?:\.\. not run: (.+?)|<!-- not run: (.+?) -->)$", " ".join(comment), re.DOTALL
    )
    return match and (match[1] or match[2])


@cache
def all_blocks() -> tuple[Block, ...]:
    """Return the blocks of README and of all pages, in their order."""
    pages = [
        ROOT / "README.md",
        *sorted(
            path
            for path in (ROOT / "docs").rglob("*.rst")
            # What is built, and patterns of pages.
            if not {"_build", "auto_examples", "generated", "backreferences", "_templates"}
            & set(path.relative_to(ROOT).parts)
        ),
    ]
    return tuple(
        block
        for path in pages
        for block in read_blocks(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    )


def skipped_examples(block: Block) -> list[str]:
    """Return the examples of a block that doctest is told to leave out."""
    examples = doctest.DocTestParser().get_examples(block.text)
    return [example.source for example in examples if example.options.get(doctest.SKIP)]


@pytest.fixture(scope="session")
def pool(tmp_path_factory) -> Callable[[str, Path], bool]:
    """Put a file or folder of which a page speaks where it is wanted; say whether there is one."""
    folder = tmp_path_factory.mktemp("pool")

    def put(name: str, wanted: Path) -> bool:
        if name not in FILES:
            return False
        here = folder / name
        if not here.exists():
            here.parent.mkdir(parents=True, exist_ok=True)
            FILES[name](folder)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        # Copies, because a page may replace what it was given.
        (shutil.copytree if here.is_dir() else shutil.copyfile)(here, wanted)
        return True

    return put


@cache
def sample():
    """Return the frequent words of the bundled sample, and the pairs of them."""
    from sklearn_instamap.datasets import load_en_de

    data = load_en_de()
    # The less frequent English words are those of the next day.
    source, target, late = (
        space.select([space.index(word) for word in words]).with_vectors(
            space.vectors[[space.index(word) for word in words], :100]
        )
        for space, words in (
            (data.source, data.source.words[:700]),
            (data.target, [*data.target.words[:900], "währung"]),
            (data.source, [*data.source.words[700:800], "currency"]),
        )
    )
    pairs = {
        name: data[name][
            data[name]["source"].isin(source.words) & data[name]["target"].isin(target.words)
        ]
        for name in ("train", "test")
    }
    return source, target, late, pairs["train"], pairs["test"]


@cache
def aligned():
    """Return the two spaces of the sample, aligned."""
    from sklearn_instamap.io import lookup_pairs
    from sklearn_instamap.linear import VecMapAligner

    source, target, _, train, _ = sample()
    X, y, _ = lookup_pairs(train, source, target)
    return VecMapAligner().fit_transform_spaces(X, y, source, target)


def _vectors(name: str, get: Callable[[], object]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        from sklearn_instamap.io import write_vectors

        write_vectors(folder / name, get(), precision=4)

    return write


def _pairs(name: str, position: int) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        from sklearn_instamap.io import write_dictionary

        write_dictionary(folder / name, sample()[position])

    return write


def _reversed_pairs(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        from sklearn_instamap.io import write_dictionary

        pairs = sample()[3]
        write_dictionary(folder / name, list(zip(pairs["target"], pairs["source"], strict=True)))

    return write


def _text(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def _arrays(folder: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = sample()[0].vectors
    vectors = pyarrow.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1])
    table = pyarrow.table({"vector": vectors})
    parquet.write_table(table, folder / "old.parquet")


def _languages(spaces: str, dictionaries: str) -> Callable[[Path], None]:
    """Write three small languages, and dictionaries named as those of XLing-Eval."""

    def write(folder: Path) -> None:
        from sklearn_instamap import EmbeddingSpace
        from sklearn_instamap.io import write_vectors

        rng = np.random.default_rng(0)
        meaning = rng.standard_normal((200, 10))
        for each in (spaces, dictionaries):
            (folder / each).mkdir(parents=True, exist_ok=True)
        for language in ("en", "de", "tr"):
            turned = meaning @ rng.standard_normal((10, 10)) + rng.standard_normal((200, 10))
            space = EmbeddingSpace([f"{language}{row}" for row in range(200)], turned)
            write_vectors(folder / spaces / f"{language}.npy", space)
        for source, target in (("en", "de"), ("de", "tr")):
            for part, rows in (
                ("train.freq.1k", range(80)),
                ("train.freq.5k", range(120)),
                ("test.freq.2k", range(100, 200)),
            ):
                lines = [f"{source}{row}\t{target}{row}\n" for row in rows]
                name = f"yacle.{part}.{source}-{target}.tsv"
                (folder / dictionaries / name).write_text("".join(lines), encoding="utf-8")

    return write


def _results(name: str, *sizes: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        from sklearn_instamap.benchmark import run_benchmark

        _languages("few/spaces", "few/dictionaries")(folder)
        run_benchmark(
            folder / "few" / "spaces",
            folder / "few" / "dictionaries",
            folder / name,
            methods=["PROC", "VecMap", "im-vm"],
            sizes=sizes,
        )

    return write


def _model(folder: Path) -> None:
    from sklearn_instamap.io import lookup_pairs
    from sklearn_instamap.linear import VecMapAligner

    source, target, _, train, _ = sample()
    X, y, _ = lookup_pairs(train, source, target)
    VecMapAligner().fit(X, y, source_space=source, target_space=target).save(folder / "en-de.model")


def _copy(name: str, of: Path) -> Callable[[Path], None]:
    return lambda folder: shutil.copyfile(of, folder / name)


# What pages speak of: one of them each, made when a page wants it.
FILES: dict[str, Callable[[Path], object]] = {
    "wiki.en.vec": _vectors("wiki.en.vec", lambda: sample()[0]),
    "wiki.de.vec": _vectors("wiki.de.vec", lambda: sample()[1]),
    "wiki.en.vec.gz": _vectors("wiki.en.vec.gz", lambda: sample()[0]),
    "wiki.de.vec.gz": _vectors("wiki.de.vec.gz", lambda: sample()[1]),
    "new.en.vec": _vectors("new.en.vec", lambda: sample()[2]),
    "en.vec": _vectors("en.vec", lambda: aligned()[0]),
    "de.vec": _vectors("de.vec", lambda: aligned()[1]),
    # A third language, of the words of the second.
    "fr.vec": _vectors("fr.vec", lambda: aligned()[1]),
    "en-de.tsv": _pairs("en-de.tsv", 3),
    "de-en.tsv": _reversed_pairs("de-en.tsv"),
    "fr-en.tsv": _reversed_pairs("fr-en.tsv"),
    "train.tsv": _pairs("train.tsv", 3),
    "test.tsv": _pairs("test.tsv", 4),
    "accepted.tsv": _text("accepted.tsv", "window\tfenster\n"),
    "lexicon.tsv": _text("lexicon.tsv", "source\ttarget\tprobability\nwindow\tfenster\t0.9\n"),
    "words.txt": _text("words.txt", "window\nprint\n"),
    "en-de.model": _model,
    "cc.en.300.bin": _copy("cc.en.300.bin", ROOT / "tests" / "io" / "data" / "subwords.bin"),
    "cc.de.300.bin": _copy("cc.de.300.bin", ROOT / "tests" / "io" / "data" / "subwords.bin"),
    "old.parquet": _arrays,
    "old.npy": lambda folder: np.save(folder / "old.npy", sample()[0].vectors),
    "spaces": _languages("spaces", "xling"),
    "xling": _languages("spaces", "xling"),
    "data/spaces": _languages("data/spaces", "data/dictionaries"),
    "data/dictionaries": _languages("data/spaces", "data/dictionaries"),
    "results": _results("results", "1k", "5k"),
    "paper": _results("paper", "5k"),
}
