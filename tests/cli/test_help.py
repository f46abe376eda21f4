"""Help: every command and every option, whole, on a terminal of 80 columns."""

from __future__ import annotations

import pytest
import typer

from sklearn_instamap._methods import METHODS, RECOMMENDED
from sklearn_instamap.cli._app import app
from sklearn_instamap.cli._lazy import COMMANDS

ROOT = typer.main.get_command(app)


def command_of(name):
    return ROOT.get_command(None, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option_whole(instamap, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    out = instamap(name, "--help").out
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    words = set(out.replace(",", " ").replace("/", " ").split())
    for parameter in command_of(name).params:
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("-"):
                assert option in words, option


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_they_say(name):
    text = " ".join(command_of(name).help.split())
    assert text.startswith(COMMANDS[name][1])


@pytest.mark.parametrize("name", COMMANDS)
def test_options_that_several_commands_have_are_named_alike(name):
    names = {option for parameter in command_of(name).params for option in parameter.opts}
    assert not names & {"--out", "--jobs", "--k", "--normalize"}
    assert ("--n-jobs" in names) == ("-j" in names)
    if "-o" in names:
        assert "--output" in names
    defaults = [each.default for each in command_of(name).params if each.name == "n_jobs"]
    assert defaults in ([], [-1])


def test_unknown_command(fails):
    assert "No such command 'alight'" in fails("alight")


def test_methods_are_listed(instamap, files):
    result = instamap("methods")
    assert result.code == 0
    for method in METHODS:
        assert method.name in result.out
        assert method.label in result.out
    assert RECOMMENDED in result.err
    assert instamap("methods", "-o", "methods.csv").code == 0
    text = (files / "methods.csv").read_text("utf-8")
    assert text.startswith("name,label,what,needs\nprocrustes,PROC,")
    assert "im-vecmap,IM∘VM," in text
