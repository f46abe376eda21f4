"""One run of the command line: what goes wrong becomes one sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import typer

from sklearn_instamap._wording import worded
from sklearn_instamap.cli._app import app
from sklearn_instamap.cli._terminal import Terminal

BAD_INPUT = 2
# What a shell reports for a command that SIGINT has ended.
INTERRUPTED = 130

# typer has click built in or beside it, depending on its version: this finds the right one's.
_USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def run(args: Sequence[str]) -> int:
    """Run the command line on these arguments; return the exit code."""
    _survive_narrow_encodings()
    terminal = Terminal()
    if sys.stdout is None:
        # Before any work: its result would be lost, and some of it printed to no one.
        terminal.note("instamap: standard output is closed; open it, or send it to /dev/null.")
        return BAD_INPUT
    try:
        with (
            _plain_warnings(terminal),
            worded(partial(_as_option, terminal), partial(_option, terminal)),
        ):
            code = _invoke(args, terminal)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except _USAGE_ERROR as error:
        code = _explain(terminal, error, _usage_sentence(error))
    except (OSError, ValueError, ImportError) as error:
        code = _explain(terminal, error, _sentence(error))
    except MemoryError as error:
        # Of numpy's own the text is about arrays.
        said = (
            str(error) if str(error).endswith(".") else "the memory is exhausted; try --max-words."
        )
        code = _explain(terminal, error, said)
    if code == INTERRUPTED:
        terminal.note("instamap: interrupted; nothing was left half-written.")
    return code


def _invoke(args: Sequence[str], terminal: Terminal) -> int:
    # standalone_mode=False leaves errors to us; what typer.Exit carries is returned.
    code = typer.main.get_command(app).main(
        args=list(args), prog_name="instamap", standalone_mode=False, obj=terminal
    )
    return code if isinstance(code, int) else 0


def _explain(terminal: Terminal, error: BaseException, sentence: str) -> int:
    if terminal.verbose:
        terminal.note("".join(traceback.format_exception(error)).rstrip())
    terminal.note(f"instamap: {sentence}")
    return BAD_INPUT


# The commonest, in the words of the readers.
_SYSTEM: dict[type[OSError], str] = {
    FileNotFoundError: "there is no such file.",
    IsADirectoryError: "is a folder; give the name of a file.",
    NotADirectoryError: "is not in a folder, but in a file; give another name.",
    FileExistsError: "is a file; give the name of a folder.",
}


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and len(error.args) > 1:
        # Straight from the system, such as "[Errno 28] No space left on device".
        said = _SYSTEM.get(type(error), f"{error.strerror}.")
        return f"{error.filename}: {said}" if error.filename else f"{error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__


# What the commands call otherwise than the library.
_CALLED = {
    "format": "style",
    "language": "names",
    "memory": "cache",
    "n_splits": "folds",
    "source_space": "source",
    "target_space": "target",
}


def _option(terminal: Terminal, name: str) -> str | None:
    """Return what the running command calls a parameter of the library; None if it has none."""
    return terminal.options.get(_CALLED.get(name, name))


def _as_option(terminal: Terminal, name: str, value: Any) -> str | None:
    """Return how to pass a value to the running command; None if it has no such option."""
    if name == "lowercase":
        vectors, casing = _option(terminal, "lowercase_vectors"), _option(terminal, "casing")
        if value is True:
            return vectors
        # A casing alone changes no word.
        return None if None in (vectors, casing) else f"{vectors} {casing} {value}"
    option = _option(terminal, name)
    if option is None or value is True:
        return option
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    elif name in ("sep", "comment"):
        # In quotes: a blank, a tab and # mean something else to a shell.
        value = repr(value)
    return f"{option} {value}"


def _usage_sentence(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    hint = f" Try '{context.command_path} --help'." if context else ""
    return " ".join(error.format_message().split()).rstrip(".") + f".{hint}"  # type: ignore[attr-defined]


@contextmanager
def _plain_warnings(terminal: Terminal) -> Iterator[None]:
    """Show warnings as sentences, without the line of code that Python adds."""

    def show(message: Warning | str, category: type[Warning], *_: object) -> None:
        terminal.note(f"Warning: {' '.join(str(message).split())}")

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=UserWarning, module=r"sklearn_instamap")
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _survive_narrow_encodings() -> None:
    """Print words which the terminal's encoding does not have with ``?`` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
