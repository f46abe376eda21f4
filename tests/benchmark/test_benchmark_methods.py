"""Methods by name and from YAML: what is made of them, and what is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import InstaMapAligner, TwoSidedTransformer, make_aligner_pipeline
from sklearn_instamap._methods import (
    ALL_METHODS,
    BASES,
    METHODS,
    RECOMMENDED,
    WITHOUT_DICTIONARY,
    chain,
    find_method,
)
from sklearn_instamap.benchmark._choose import choose_methods
from sklearn_instamap.benchmark._fingerprint import describe
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner


def same(one, other) -> bool:
    return describe(one) == describe(other)


def test_every_name_and_label_is_that_of_one_method():
    assert len({method.name for method in ALL_METHODS}) == len(ALL_METHODS)
    for method in ALL_METHODS:
        for name in (method.name, method.label, method.name.upper(), method.label.swapcase()):
            assert find_method(name) is method, name
    for base in BASES:
        for name in base.aliases:
            assert find_method(name).base is base
    assert {find_method(RECOMMENDED), find_method(WITHOUT_DICTIONARY)} <= set(METHODS)


@pytest.mark.parametrize("method", ALL_METHODS, ids=lambda method: method.name)
def test_every_method_is_made(method):
    made = method.make()
    assert hasattr(made, "fit_transform_spaces")
    assert same(made, chain(method.steps()))
    assert method.what


@pytest.mark.parametrize(
    ("name", "spellings", "aligner"),
    [
        ("PROC", ["proc", "procrustes", "Procrustes"], ProcrustesAligner()),
        ("PROC-B", ["proc-b"], ProcrustesAligner(bootstrap=True)),
        (
            "VecMap (self-learning)",
            ["vecmap-self-learning", "VecMap self-learning"],
            VecMapAligner(self_learning=True),
        ),
        ("InstaMap", ["instamap"], InstaMapAligner()),
        ("InstaMap (midpoint)", ["instamap-midpoint"], InstaMapAligner.from_preset("midpoint")),
        (
            "IM∘VM",
            ["im-vm", "im-vecmap", "IM ◦ VM", "IM.VM", "InstaMap∘VecMap", "IM∘VM (paper)"],
            make_aligner_pipeline(VecMapAligner(), InstaMapAligner()),
        ),
        (
            "IM∘VM (midpoint)",
            ["im-vm-midpoint", "im-vecmap-midpoint"],
            make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("midpoint")),
        ),
    ],
)
def test_names(name, spellings, aligner):
    for spelling in [name, *spellings]:
        ((found, made),) = choose_methods([spelling]).items()
        assert found == name
        assert same(made, aligner)


def test_one_name_is_a_name():
    assert list(choose_methods("VecMap")) == ["VecMap"]


@pytest.mark.parametrize(
    ("methods", "error", "message"),
    [
        (
            ["nonsense"],
            ValueError,
            "There is no method 'nonsense'; the methods are procrustes, procrustes-",
        ),
        (["im-vm", "im-vecmap"], ValueError, "methods name IM∘VM twice"),
        ([], ValueError, "methods is empty"),
        ([VecMapAligner()], TypeError, "as a mapping of names to them"),
        ({"mine": Normalizer()}, TypeError, r"methods\['mine'\] must be an aligner"),
        ({"mine": VecMapAligner}, TypeError, r"methods\['mine'\] must be an aligner"),
    ],
)
def test_refused(methods, error, message):
    with pytest.raises(error, match=message):
        choose_methods(methods)


def test_descriptions_tell_settings_apart_and_not_threads():
    assert describe(VecMapAligner()) == describe(VecMapAligner(n_jobs=2))
    assert describe(VecMapAligner()) != describe(VecMapAligner(reweight=1.0))
    assert describe(InstaMapAligner()) != describe(make_aligner_pipeline(InstaMapAligner()))


YAML = """\
# A comment.
VecMap:
PROC of mine: proc
rows: InstaMapAligner
no reweighting:
  VecMapAligner: {reweight: 0.0, normalization: [unit, center]}
"IM∘VM, K = 50":
  - Normalizer
  - StandardScaler: {with_std: false}
  - VecMapAligner:
  - InstaMapAligner: {preset: midpoint, n_neighbors: 50}
nested:
  - - TwoSidedTransformer: {transformer: {Normalizer: {norm: l1}}}
    - VecMap
  - InstaMapAligner
"""


def test_yaml(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "methods.yaml"
    path.write_text(YAML, encoding="utf-8")
    expected = {
        "VecMap": VecMapAligner(),
        "PROC of mine": ProcrustesAligner(),
        "rows": InstaMapAligner(),
        "no reweighting": VecMapAligner(reweight=0.0, normalization=["unit", "center"]),
        "IM∘VM, K = 50": make_aligner_pipeline(
            Normalizer(),
            StandardScaler(with_std=False),
            VecMapAligner(),
            InstaMapAligner.from_preset("midpoint", n_neighbors=50),
        ),
        "nested": make_aligner_pipeline(
            make_aligner_pipeline(TwoSidedTransformer(Normalizer("l1")), VecMapAligner()),
            InstaMapAligner(),
        ),
    }
    methods = choose_methods(path)
    assert list(methods) == list(expected)
    for name, aligner in expected.items():
        assert same(methods[name], aligner), name
    assert list(choose_methods(str(path))) == list(expected)


def test_yaml_of_the_user_guide(tmp_path):
    pytest.importorskip("yaml")
    guide = Path(__file__).parents[2] / "docs" / "guide" / "benchmark.rst"
    block = guide.read_text("utf-8").partition(".. code-block:: yaml\n\n")[2].partition("\n\n")[0]
    path = tmp_path / "methods.yaml"
    path.write_text(textwrap.dedent(block), encoding="utf-8")
    methods = choose_methods(path)
    assert list(methods) == [
        "VecMap",
        "VecMap, whitened only",
        "IM∘VM, K = 50",
        "normalized InstaMap",
    ]
    assert same(methods["VecMap, whitened only"], VecMapAligner(reweight=0.0))


def test_names_of_the_user_guide():
    guide = Path(__file__).parents[2] / "docs" / "guide" / "benchmark.rst"
    for method in METHODS:
        assert f"``{method.label}``" in guide.read_text("utf-8"), method.label


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"methods\.yaml: is not a mapping of names to methods"),
        ("- VecMap\n", r"methods\.yaml: is not a mapping"),
        ("{}\n", r"methods\.yaml: names no methods"),
        ("a: VecMap\nb: [VecMap\n", r"methods\.yaml, line 3: is not valid YAML"),
        ("a: VecMap\na: PROC\n", r"methods\.yaml, line 2: 'a' occurs twice"),
        ("a: VecMap\nb: nonsense\n", r"methods\.yaml, line 2: 'b': There is no method 'nonsense'"),
        ("nonsense:\n", r"methods\.yaml, line 1: 'nonsense': There is no method"),
        ("a: {LogisticRegression: {}}\n", "no class 'LogisticRegression' among this package's"),
        ("a: {os.system: {command: ls}}\n", r"there is no class 'os\.system'"),
        ("a: {VecMapAligner: {reweigh: 1}}\n", "VecMapAligner has no parameter 'reweigh'; it has"),
        ("a: {InstaMapAligner: {preset: x}}\n", "'preset' parameter must be "),
        ("a: {VecMapAligner: [1]}\n", "takes its parameters as a mapping NAME: VALUE"),
        ("a: 3\n", "line 1: 'a': cannot make a method of 3"),
        ("a: []\n", "cannot make a method of"),
        ("a: Normalizer\n", "line 1: 'a': is not an aligner; put one after it"),
        # Values are checked before any file is read.
        ("a: PROC\nb:\n  InstaMapAligner: {n_neighbors: 0}\n", r"line 2: 'b': The 'n_neighbors'"),
        ("a: [PCA: {n_components: -2}, PROC]\n", r"line 1: 'a': In step 'pca' of .*'n_components'"),
        (
            "a: {InstaMapAlignerCV: {estimator: {InstaMapAligner: {step: .nan}}}}\n",
            "line 1: 'a': In estimator of InstaMapAlignerCV: The 'step' parameter",
        ),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: is not valid YAML"),
        ("a: \x07\n", r"methods\.yaml: is not valid YAML"),
        ("'': VecMap\n", r"methods\.yaml, line 1: the name of a method is empty"),
        (
            "a:\n  VecMapAligner:\n    reweight: 0.0\n    reweight: 1.0\n",
            r"methods\.yaml, line 4: 'reweight' occurs twice",
        ),
        ("a: {InstaMapAligner: {preset: foo}}\n", r"line 1: 'a': The 'preset' parameter must"),
    ],
)
def test_yaml_errors(tmp_path, text, message):
    pytest.importorskip("yaml")
    path = tmp_path / "methods.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        choose_methods(path)
    assert "\n" not in str(caught.value)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 5000, "line 1: is nested more than 20 levels deep"),
        ("a:\n" + "".join(f"{' ' * i}- \n" for i in range(1, 60)), r"line \d+: "),
        ("a:\n  b: {c: " + "{d: " * 3000, "line 2: is nested more than 20"),
        (
            "a: VecMap\nb: {InstaMapAligner: {n_iter: " + "1:" * 9999 + "1}}",
            "line 2: has a name or",
        ),
        ("a: " + "b " * 9999, r"line 1: has a name or value of 19,997 characters"),
        ("a: &a [*a]", r"line 1: an alias \(\*name\) holds itself"),
        ("a: &a {b: *a}", "line 1: an alias"),
        ("&a a: *a", "line 1: 'a': There is no method 'a'"),
        (BOMB, r"line \d+: an alias"),
        ("x: &x {<<: [&y {a: 1}, *y]}\nb: !!bool foo", r"line 2: has a value that does not match"),
        ("a: !!bool foo", r"line 1: has a value that does not match its tag .* \(KeyError\)"),
        ("a: VecMap\nb: !!timestamp x", "line 2: has a value"),
        ("a: !!int ''", "line 1: has a value"),
        ("a: !!float x", "line 1: has a value"),
        ("a: {VecMapAligner: {reweight: 2001-99-99}}", "line 1: has a value"),
        ("? [a, b]\n: VecMap", "line 1: the name of a method must be a text"),
        ("a: {InstaMapAligner: {preset: [paper]}}", "line 1: 'a': "),
        ("a: {InstaMapAligner: {preset: {b: 1}}}", "line 1: 'a': "),
        ("a: {InstaMapAligner: {1: 2}}", "line 1: 'a': InstaMapAligner has no parameter 1"),
        ("a: {StandardScaler: {with_mean: [[[]]]}}", "line 1: 'a': is not an aligner"),
        ("a: [[VecMap], [[3]]]", "line 1: 'a': cannot make a method of 3"),
        ("a: [null]", "line 1: 'a': cannot make a method of None"),
        ('"a\\e[31m": nonsense', r"line 1: 'a\\x1b\[31m': There is no method"),
        ("x: y\n" * 100_000, "is larger than 200,000 bytes"),
    ],
)
def test_hostile_yaml_is_one_sentence(tmp_path, text, message):
    pytest.importorskip("yaml")
    path = tmp_path / "methods.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        choose_methods(path)
    assert str(caught.value).isprintable()


def test_aliases_that_hold_little_are_welcome(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "methods.yaml"
    path.write_text("a: &m {VecMapAligner: &p {reweight: 0.0}}\nb: *m\nyes: *m\n", "utf-8")
    assert list(choose_methods(path)) == ["a", "b", "yes"]


def test_yaml_file_that_is_not_there(tmp_path):
    pytest.importorskip("yaml")
    with pytest.raises(OSError, match="there is no such file"):
        choose_methods(tmp_path / "methods.yaml")


def test_without_yaml_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-instamap\[benchmark\]"'):
        choose_methods(tmp_path / "methods.yaml")


def test_parameters_of_estimators_are_checked_before_any_file_is_read():
    for wrong in (VecMapAligner(tol=-1), LexiconRanker([VecMapAligner(tol=-1)])):
        with pytest.raises(ValueError, match=r"methods\['mine'\]: .*The 'tol' parameter"):
            choose_methods({"mine": wrong})
