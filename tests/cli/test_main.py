"""The command as a whole: help, version, exit codes, streams, what is not installed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest
import typer
from sklearn.exceptions import ConvergenceWarning

from sklearn_instamap import __version__
from sklearn_instamap.cli import _app, main

COMMANDS = ("demo", "align", "evaluate", "translate", "benchmark", "fetch")


def python(*args: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, args)],
        capture_output=True,
        text=True,
        encoding=options.pop("encoding", "utf-8"),
        timeout=120,
        check=False,
        **options,
    )


def test_version(instamap):
    assert instamap("--version") == (0, f"instamap {__version__}\n", "")


def test_help_names_the_commands(instamap):
    without = instamap()
    assert without.code == 0
    for command in COMMANDS:
        assert command in without.out
    assert instamap("--help").out.strip() == without.out.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(instamap, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, _ = instamap(command, "-h")
    assert code == 0
    assert f"instamap {command}" in out
    parameters = typer.main.get_command(_app.app).get_command(None, command).params
    # Some versions of click lose the help of arguments on their way through typer.
    assert all(each.help for each in parameters if each.param_type_name == "option")


@pytest.mark.parametrize("args", [["--nonsense"], ["nonsense"], ["align"]])
def test_usage_errors(fails, args):
    assert "Try 'instamap" in fails(*args)


def test_without_typer_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "instamap: the command line needs typer, which is not installed: "
        'pip install "sklearn-instamap[cli]".\n'
    )


def test_bugs_keep_their_traceback(instamap, files, monkeypatch):
    """What is not the user's fault must not be passed off as such."""

    def broken(*args, **options):
        raise TypeError("a bug")

    monkeypatch.setattr("sklearn_instamap.cli._inputs.read_vectors", broken)
    with pytest.raises(TypeError, match="a bug"):
        instamap("translate", "en.vec", "de.npy", "x")


def test_exhausted_memory(fails, files, monkeypatch):
    def huge(*args, **options):
        raise MemoryError

    monkeypatch.setattr("sklearn_instamap.cli._inputs.read_vectors", huge)
    assert fails("translate", "en.vec", "de.npy", "x") == (
        "the memory is exhausted; try --max-words."
    )


def test_warnings_leave_the_filters_as_they_were(instamap, files):
    before = list(warnings.filters), warnings.showwarning
    options = ("--set", "self_learning=True", "--set", "max_iter=1", "-m", "vecmap")
    result = instamap("align", "en.vec", "de.npy", "train.tsv", "-s=a.vec", "-t=b.vec", *options)
    assert (list(warnings.filters), warnings.showwarning) == before
    assert result.code == 0
    assert issubclass(ConvergenceWarning, UserWarning)
    assert "Warning: Self-learning stopped after max_iter=1" in result.err


def test_module_in_a_process_of_its_own(files):
    """Words that the terminal's encoding lacks do not stop it, and pipes see plain text."""
    (files / "en.vec").write_text("2 2\nhouse 1 0\ngarden 0 1\n", encoding="utf-8")
    (files / "ru.vec").write_text("2 2\nдом 1 0\nсад 0 1\n", encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"}
    run = python(
        *("-m", "sklearn_instamap", "translate", "en.vec", "ru.vec", "house", "-n", 1),
        env=environment,
        cwd=files,
    )
    assert run.returncode == 0
    assert run.stderr.splitlines() == ["reading en.vec", "reading ru.vec", "translating"]
    assert run.stdout.isascii()
    assert "\x1b" not in run.stdout
    assert "???" in run.stdout
    bad = python("-m", "sklearn_instamap", "translate", "en.vec", "no.vec", "house", cwd=files)
    assert bad.returncode == 2
    assert bad.stderr == "instamap: no.vec: there is no such file.\n"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_in_a_process_of_its_own(files):
    """Ctrl-C in the midst of an alignment: one line, 130, and no file left."""
    command = [sys.executable, "-m", "sklearn_instamap", "align", "en.vec", "de.npy", "train.tsv"]
    command += ["-s", "a.vec", "-t", "b.vec", "-T", "100000", "--verbose"]
    before = sorted(files.iterdir())
    with subprocess.Popen(
        command, cwd=files, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "80"}
    ) as process:
        lines = iter(process.stderr.readline, "")
        assert any("iteration 2 of 100000" in line for line in lines)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert time.monotonic() - started < 30
    assert rest.splitlines()[-1] == "instamap: interrupted; nothing was left half-written."
    assert "Traceback" not in rest
    assert sorted(files.iterdir()) == before
