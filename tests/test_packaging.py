"""What is written twice about the package says the same: recipe, metadata, citation, workflows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
yaml = pytest.importorskip("yaml")


def requirement(text):
    """Return name and bound of a requirement, spaces or not."""
    name, bound = re.fullmatch(r"([\w-]+) ?(.*)", text).groups()
    return name.replace("matplotlib-base", "matplotlib"), bound


def test_the_conda_recipe_needs_what_the_wheel_and_the_command_line_need():
    text = (ROOT / "conda" / "meta.yaml").read_text("utf-8")
    without_templates = re.sub(r"{%.*?%}", "", text).replace("{{", "<").replace("}}", ">")
    recipe = yaml.safe_load(without_templates)
    run = {requirement(item) for item in recipe["requirements"]["run"]}
    extras = PROJECT["optional-dependencies"]
    expected = {
        requirement(item) for item in [*PROJECT["dependencies"], *extras["cli"], *extras["plot"]]
    }
    assert {item for item in run if item[0] != "python"} == expected
    assert recipe["about"]["license"] == PROJECT["license"]
    assert recipe["about"]["home"] == PROJECT["urls"]["Homepage"]
    assert recipe["build"]["entry_points"] == [
        f"{name} = {target}" for name, target in PROJECT["scripts"].items()
    ]


def test_the_citation_is_the_paper_that_the_readme_names():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    paper = citation["preferred-citation"]
    readme = (ROOT / "README.md").read_text("utf-8").replace("\n> ", " ")
    assert paper["title"] in readme
    assert paper["doi"] in readme
    assert [author["family-names"] for author in paper["authors"]] == ["Glavaš", "Vulić"]
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Source"]


def test_the_versions_of_python_are_the_tested_ones():
    named = [
        match[1]
        for classifier in PROJECT["classifiers"]
        if (match := re.search(r":: Python :: (3\.\d+)$", classifier))
    ]
    assert PROJECT["requires-python"] == f">={named[0]}"
    workflow = ROOT / ".github" / "workflows" / "checks.yml"
    if not workflow.exists():
        pytest.skip("the source distribution has no workflows")
    matrix = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == [named[0], named[-1]]


def test_workflows_call_make_targets_that_exist():
    workflows = ROOT / ".github" / "workflows"
    if not workflows.exists():
        pytest.skip("the source distribution has no workflows")
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    called = {
        name
        for path in workflows.glob("*.yml")
        for name in re.findall(r"run: make ([\w-]+)", path.read_text("utf-8"))
    }
    assert called <= targets
    assert {"lint", "test", "docs", "test-wheel"} <= called


def test_the_hooks_before_a_commit_are_pinned():
    hooks = ROOT / ".pre-commit-config.yaml"
    if not hooks.exists():
        pytest.skip("the source distribution has no hooks")
    (repository,) = yaml.safe_load(hooks.read_text("utf-8"))["repos"]
    for hook in repository["hooks"]:
        assert all("==" in needed for needed in hook["additional_dependencies"]), hook["id"]
