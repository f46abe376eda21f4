"""Every block of code on README and pages is run, or says in the page's source why it is not.

Doctests are run where pytest collects them (setup.cfg). The others are run here: the commands of a
page one after the other in one folder, on files of the names that the page uses; Python as a
script; figures without a screen.
"""

from __future__ import annotations

import io
import re
import runpy
import shlex
import sys
import webbrowser
from pathlib import Path

import pytest

from .conftest import DATA_LANGUAGES, FILES, ROOT, all_blocks, read_blocks, skipped_examples

BLOCKS = all_blocks()
SHELLS = {"console", "bash"}
OUTPUTS = {"-s", "-t", "-o", "--output", "--save-model", "--figure"}


def of_language(*languages: str):
    """Return the parameters of a test of the blocks of some languages."""
    found = [each for each in BLOCKS if each.language in languages and each.not_run is None]
    return pytest.mark.parametrize("block", found, ids=lambda block: block.where)


# --------------------------------------------------------------------------- what there is


def test_blocks_are_found_however_they_are_written():
    restructured = (
        ".. not run: it takes a day,\n   and 25 GB\n\n"
        ".. code-block:: console\n\n   $ a \\\n       b\n   printed\n   $ c\n\n"
        "- A list:\n\n  .. code-block:: python\n     :caption: Of two\n\n     x = 1\n\n     y\n\n"
        "Unsaid::\n\n    z\n\n.. plot::\n   :alt: long,\n         longer\n\n   w\n\n"
        ">>> 1\n1\n\n.. code-block:: pycon\n\n   >>> 2\n   2\n"
    )
    found = read_blocks("a.rst", restructured)
    assert [(each.language, each.text, each.not_run) for each in found] == [
        ("console", "$ a \\\n    b\nprinted\n$ c", "it takes a day, and 25 GB"),
        ("python", "x = 1\n\ny", None),
        ("", "z", None),
        ("plot", "w", None),
        ("pycon", ">>> 1\n1", None),
        ("pycon", ">>> 2\n2", None),
    ]
    assert found[0].commands() == ["a      b", "c"]
    markdown = (
        "<!-- not run: no\nnetwork -->\n```bash\na\n# b\n```\n\n    c\n\n```python\n>>> 1\n1\n```\n"
    )
    found = read_blocks("a.md", markdown)
    assert [(each.language, each.text, each.not_run) for each in found] == [
        ("bash", "a\n# b", "no network"),
        ("", "    c", None),
        ("pycon", ">>> 1\n1", None),
    ]
    assert found[0].commands() == ["a"]


def test_every_block_is_run_or_says_why_not(pytestconfig):
    assert {"README.md", "docs"} <= set(pytestconfig.getini("testpaths"))
    assert {"README.md", "*.rst"} <= set(pytestconfig.getoption("doctestglob"))
    assert len(BLOCKS) > 100
    runs = {"pycon", "python", "plot", "yaml"} | SHELLS | DATA_LANGUAGES
    for block in BLOCKS:
        assert block.language in runs, (
            f"{block.where}: a block of {block.language or 'no language'}; name its language, "
            "or write '.. not run: REASON' before it"
        )
        if block.not_run is not None:
            assert len(block.not_run.split()) > 2, f"{block.where}: that is no reason"
            assert block.language != "pycon" or skipped_examples(block), f"{block.where} is run"
        elif block.language == "pycon":
            assert not skipped_examples(block), (
                f"{block.where}: examples are skipped without a reason"
            )


def test_every_mark_is_before_a_block():
    for path in {block.page for block in BLOCKS}:
        text = (ROOT / path).read_text(encoding="utf-8")
        marks = len(re.findall(r"(?:^\s*\.\.|<!--) not run: ", text, flags=re.MULTILINE))
        assert marks == sum(block.page == path and block.not_run is not None for block in BLOCKS)


# --------------------------------------------------------------------------- consoles


def shell_blocks(*, run: bool) -> list:
    return [each for each in BLOCKS if each.language in SHELLS and (each.not_run is None) is run]


def instamap_lines() -> list[tuple[str, str]]:
    """Return where each command instamap stands, run or not, and its line."""
    return [
        (block.where, part.strip())
        for run in (True, False)
        for block in shell_blocks(run=run)
        for line in block.commands()
        for part in re.split(r"[|<>#]", line)
        if part.strip().startswith("instamap ")
    ]


def test_options_of_commands_exist():
    typer = pytest.importorskip("typer")
    from sklearn_instamap.cli._app import app

    root = typer.main.get_command(app)
    assert len(instamap_lines()) > 30
    for where, line in instamap_lines():
        _, command, *arguments = shlex.split(line)
        known = {
            option
            for parameter in root.get_command(None, command).params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        used = {each for each in arguments if re.match(r"--?[a-zA-Z]", each)}
        assert used <= known, f"{where}: instamap {command}: {used - known}"


def test_what_is_installed_and_made_exists():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    seen = set()
    for block in shell_blocks(run=False):
        for line in block.commands():
            program, *arguments = shlex.split(line, comments=True)
            seen.add(program)
            if program == "pip":
                assert arguments[0] == "install", block.where
                for extra in re.findall(r"[\w-]+", "".join(re.findall(r"\[(.+)\]", line))):
                    assert re.search(rf"^{extra} = \[", project, re.MULTILINE), block.where
            elif program == "make":
                assert arguments[0] in targets, block.where
    assert {"pip", "make", "instamap"} <= seen


class Shell:
    """As much of a shell as pages need: one folder, pipes, and files in and out."""

    def __init__(self, folder: Path, pool, capsys, monkeypatch):
        self.folder, self.pool, self.capsys, self.monkeypatch = folder, pool, capsys, monkeypatch

    def run(self, line: str) -> str:
        """Run a line, and return what it has printed."""
        self._provide(line)
        given, commands, output = "", [[]], None
        words = iter(self._words(line))
        for word in words:
            if word == "|":
                commands.append([])
            elif word == "<":
                given = (self.folder / next(words)).read_text("utf-8")
            elif word == ">":
                output = self.folder / next(words)
            else:
                commands[-1].append(word)
        for program, *arguments in commands:
            given = getattr(self, f"_{program}")(arguments, given)
        if output is not None:
            output.write_text(given, encoding="utf-8")
        return given

    @staticmethod
    def _words(line: str) -> list[str]:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>")
        lexer.whitespace_split = True
        return list(lexer)

    def _provide(self, line: str) -> None:
        """Put the files that a command reads into the folder, and take away those it writes."""
        before = None
        for word in self._words(line):
            # As in --dictionary de=de-en.tsv.
            word = word.rpartition("=")[2]
            path = self.folder / word
            if before in OUTPUTS or before == ">":
                for file in (path, path.with_suffix(".words")):
                    file.unlink(missing_ok=True)
            elif word in FILES and not path.exists():
                self.pool(word, path)
            before = word

    def _cat(self, arguments: list[str], given: str) -> str:
        return "".join((self.folder / name).read_text("utf-8") for name in arguments)

    def _instamap(self, arguments: list[str], given: str) -> str:
        from sklearn_instamap.cli import main

        given_bytes = io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
        self.monkeypatch.setattr(sys, "stdin", given_bytes)
        code = main(arguments)
        out, err = self.capsys.readouterr()
        assert code == 0, f"instamap {shlex.join(arguments)}\n{err}"
        assert "Traceback" not in err
        return out


# What some commands of the tutorial have to say, by their beginnings.
SAYS = {
    "instamap translate en.vec de.vec window": "fenster",
    "instamap translate new.vec de.vec currency": "währung",
    "instamap tune": "P@1 held out",
    "instamap inspect en-de.model": "sha256 of ",
}


@pytest.mark.parametrize("page", sorted({block.page for block in shell_blocks(run=True)}))
def test_commands_of_a_page_run_in_their_order(page, pool, tmp_path, capsys, monkeypatch):
    for module in ("typer", "flask", "joblib", "yaml", "jinja2", "matplotlib"):
        pytest.importorskip(module)
    pytest.importorskip("pyarrow", exc_type=ImportError)
    from werkzeug.serving import BaseWSGIServer

    # The page in the browser is there, and its reader presses Ctrl-C.
    def interrupted(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(BaseWSGIServer, "serve_forever", interrupted)
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path, pool, capsys, monkeypatch)
    for block in shell_blocks(run=True):
        if block.page == page:
            for line in block.commands():
                printed = shell.run(line)
                for beginning, expected in SAYS.items():
                    if line.startswith(beginning):
                        assert expected in printed, line


# --------------------------------------------------------------------------- the others


@of_language("python")
def test_python_runs(block, pool, tmp_path, monkeypatch, needs_what_it_imports):
    pytest.importorskip("matplotlib")
    needs_what_it_imports(block.text)
    for name in re.findall(r'"([\w./-]+)"', block.text):
        if name in FILES:
            pool(name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, block.where, "exec"), {"__name__": "__main__"})


@of_language("plot")
def test_figures_are_drawn(block, monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    if block.text:
        exec(compile(block.text, block.where, "exec"), {"__name__": "__main__"})
    else:
        # A file, which draws with what lies beside it, as Sphinx has it.
        path = ROOT / "docs" / block.argument
        monkeypatch.syspath_prepend(path.parent)
        runpy.run_path(str(path), run_name="__main__")
    assert pyplot.get_fignums()
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()


@of_language("yaml")
def test_methods_in_yaml_are_read(block, tmp_path):
    pytest.importorskip("yaml")
    from sklearn_instamap.benchmark._choose import choose_methods

    (tmp_path / "methods.yaml").write_text(block.text, encoding="utf-8")
    assert choose_methods(tmp_path / "methods.yaml")
