"""Tables of results, computed by hand from small ones, and the texts they are printed as."""

import io
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sklearn_instamap.results import (
    BenchmarkResults,
    ResultTable,
    cost_table,
    coverage_table,
)
from sklearn_instamap.results._figures import Figures

PAIRS = ["en-de", "en-fr", "de-fr", "fr-tr", "de-tr"]
# Rows are methods, columns the pairs above.
FIGURES = {
    "PROC": [0.50, 0.60, 0.40, 0.10, 0.20],
    "VecMap": [0.52, 0.58, 0.45, 0.14, 0.22],
    "IM∘VM": [0.56, 0.60, 0.44, 0.18, 0.20],
}


def rows_of(figures, pairs=PAIRS, **columns):
    return pd.DataFrame(
        [
            {
                "language_pair": pair,
                "direction": "forward",
                "source": pair.split("-")[0],
                "target": pair.split("-")[1],
                "method": method,
                "dictionary_size": "5k",
                "seed": 0,
                "retrieval": "cosine",
                "protocol": "pair",
                "subset": "all",
                "P@1": value,
                "MRR": value + 0.1,
                "status": "ok",
            }
            | columns
            for method, values in figures.items()
            for pair, value in zip(pairs, values, strict=True)
        ]
    )


def selected(results, **choices):
    if isinstance(results, pd.DataFrame):
        results = BenchmarkResults(results)
    return results.select(**choices)


@pytest.fixture
def rows():
    return rows_of(FIGURES)


@pytest.fixture
def with_failure(rows):
    failed = (rows["method"] == "PROC") & (rows["language_pair"] == "fr-tr")
    rows.loc[failed, ["retrieval", "protocol", "subset"]] = ""
    rows.loc[failed, ["P@1", "MRR"]] = np.nan
    rows.loc[failed, "status"] = "failed"
    return rows


# Methods by pairs.


def test_pairs(rows):
    table = selected(rows).by_language_pair()
    assert table.frame.to_dict("index") == {
        method: dict(zip(PAIRS, values, strict=True)) for method, values in FIGURES.items()
    }
    best = {(m, p) for m, row in table.best.iterrows() for p, is_best in row.items() if is_best}
    assert best == {
        ("IM∘VM", "en-de"),
        ("PROC", "en-fr"),
        ("IM∘VM", "en-fr"),
        ("VecMap", "de-fr"),
        ("IM∘VM", "fr-tr"),
        ("VecMap", "de-tr"),
    }


def test_figures_which_read_alike_are_both_the_best():
    table = selected(
        rows_of({"A": [0.50001], "B": [0.50004], "C": [0.499]}, ["en-de"])
    ).by_language_pair()
    assert table.texts["en-de"].tolist() == ["50.0", "50.0", "49.9"]
    assert table.best["en-de"].tolist() == [True, True, False]


def test_one_method_is_no_winner():
    assert not selected(rows_of({"A": [0.5]}, ["en-de"])).by_language_pair().best.any(axis=None)


def test_the_other_choices(rows):
    others = [
        rows_of({"A": [0.9]}, ["en-de"], **{name: value})
        for name, value in {
            "retrieval": "csls",
            "protocol": "word",
            "subset": "unseen",
            "direction": "backward",
            "dictionary_size": "1k",
        }.items()
    ]
    both = pd.concat([rows, *others])
    pd.testing.assert_frame_equal(
        selected(both, dictionary_size="5k").by_language_pair().frame.drop(index="A"),
        selected(rows).by_language_pair().frame,
    )
    unseen = selected(both, subset="unseen", dictionary_size="5k").by_language_pair()
    assert unseen.frame.loc["A", "en-de"] == 0.9
    assert unseen.frame.drop(index="A").isna().all(axis=None)
    assert unseen.title == (
        "P@1 (%), cosine, per dictionary pair, unseen test pairs, training dictionary 5k"
    )


def test_mrr(rows):
    table = selected(rows, metric="MRR").by_language_pair()
    assert table.frame.loc["PROC", "en-de"] == pytest.approx(0.6)
    assert table.texts.loc["PROC", "en-de"] == ".600"


def test_a_reversed_pair_has_a_reversed_name():
    rows = rows_of({"A": [0.5]}, ["en-de"], direction="backward", source="de", target="en")
    assert list(selected(rows, direction="backward").by_language_pair().frame) == ["de-en"]


def test_seeds_are_averaged(rows):
    again = rows.assign(seed=1, **{"P@1": rows["P@1"] + 0.1})
    frame = selected(pd.concat([rows, again])).by_language_pair().frame
    pd.testing.assert_frame_equal(frame, selected(rows).by_language_pair().frame + 0.05)


def test_failed_cells_have_a_dash(with_failure):
    table = selected(with_failure).by_language_pair()
    assert list(table.frame) == PAIRS
    assert table.texts.loc["PROC", "fr-tr"] == "–"
    assert table.notes[-1] == "– where a method failed or was not run."


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"retrieval": "csls"}, "'retrieval' .*in these results: 'cosine'. Got 'csls'"),
        ({}, {"dictionary_size": "1k"}, "'dictionary_size' .*results: '5k'. Got '1k'"),
        ({}, {"direction": "backward"}, "'direction' .*results: 'forward'. Got 'backward'"),
        ({}, {"metric": "P@7"}, "'metric' .*in these results: 'P@1'.*Got 'P@7'"),
        ({"retrieval": "", "status": "failed"}, {}, "in these results: none, as every cell failed"),
    ],
)
def test_refused_choices(rows, change, options, message):
    with pytest.raises(ValueError, match=message):
        selected(rows.assign(**change), **options)


def test_several_sizes_must_be_chosen_from(rows):
    both = pd.concat([rows, rows.assign(dictionary_size="500")])
    with pytest.raises(ValueError, match=r"in these results: '5k', '500'[.] Got None"):
        selected(both).by_language_pair()
    # As a file of text would give it back.
    numbers = both.assign(
        dictionary_size=[500 if s == "500" else s for s in both["dictionary_size"]]
    )
    assert selected(numbers, dictionary_size="500").by_language_pair().frame.shape == (3, 5)


def test_not_results():
    with pytest.raises(TypeError, match="rows must be a DataFrame, got list"):
        BenchmarkResults([1])


# Averages over groups.


def test_groups(rows):
    frame = selected(rows).by_group().frame
    assert list(frame) == ["ALL", "EN-*", "No-EN", "EASY", "HARD", "best pairs"]
    assert frame.loc["PROC", "ALL"] == pytest.approx(0.36)
    assert frame.loc["PROC", "EN-*"] == pytest.approx(0.55)
    assert frame.loc["PROC", "No-EN"] == pytest.approx(0.7 / 3)
    # Every method finds en-fr easiest and fr-tr hardest.
    assert frame.loc["PROC", ["EASY", "HARD"]].tolist() == [0.60, 0.10]


def test_difficulty_is_by_rank_and_not_by_size():
    """C's figures are large, but a vote is a vote: to A and B the first pair is the hardest."""
    figures = {"A": [0.1, 0.2, 0.3, 0.4], "B": [0.1, 0.3, 0.2, 0.4], "C": [0.9, 0.2, 0.1, 0.05]}
    # Ranks: A 4 3 2 1, B 4 2 3 1, C 1 2 3 4; means 3, 2.33, 2.67, 2.
    table = selected(rows_of(figures, ["a-b", "a-c", "b-c", "b-d"])).by_group(share=0.25)
    assert any(note.startswith("EASY: b-d; HARD: a-b (") for note in table.notes)


@pytest.mark.parametrize(("n_pairs", "size"), [(2, 1), (5, 1), (15, 3), (28, 6)])
def test_sizes_of_easy_and_hard(n_pairs, size):
    pairs = [f"a-{i:02}" for i in range(n_pairs)]
    table = selected(rows_of({"A": np.linspace(0.1, 0.9, n_pairs)}, pairs)).by_group()
    (note,) = (note for note in table.notes if note.startswith("Pairs: "))
    assert note == f"Pairs: ALL {n_pairs}, EASY {size}, HARD {size}."


def test_one_pair_is_neither_easy_nor_hard():
    assert list(selected(rows_of({"A": [0.5]}, ["de-fr"])).by_group(n_best_pairs=0).frame) == [
        "ALL"
    ]


def test_another_language_in_the_place_of_english(rows):
    frame = selected(rows).by_group(anchor="de").frame
    assert frame.loc["PROC", "DE-*"] == pytest.approx(0.30)
    assert frame.loc["PROC", "No-DE"] == pytest.approx(0.35)


def test_best_pairs_by_hand():
    """Means .4 .5 .15: A has 1.25 1 .667 of them, B .75 1 1.333."""
    figures = {"A": [0.5, 0.5, 0.10], "B": [0.3, 0.5, 0.20]}
    table = selected(rows_of(figures, ["a-b", "a-c", "b-c"])).by_group(n_best_pairs=2)
    assert table.frame["best pairs"].to_dict() == {"A": "a-b, a-c", "B": "b-c, a-c"}


def test_no_average_where_a_pair_is_missing(with_failure):
    table = selected(with_failure).by_group()
    assert table.frame.loc["PROC", ["ALL", "No-EN", "HARD"]].isna().all()
    assert table.frame.loc["PROC", "EN-*"] == pytest.approx(0.55)
    assert table.frame.loc["VecMap", "ALL"] == pytest.approx(0.382)
    assert "fr-tr" not in table.frame.loc["PROC", "best pairs"]
    assert "– where a method failed on a pair of the group." in table.notes


@pytest.mark.parametrize("share", [0, 0.6])
def test_refused_share(rows, share):
    with pytest.raises(ValueError, match="'share' parameter must be a float in the range"):
        selected(rows).by_group(share=share)


# Significance.


def simulated(n_queries, chances, missing=()):
    """Results whose ranks are 1 by the chance given for the method and pair, else 2 to 9."""
    rng = np.random.default_rng(0)
    rows, ranks = [], []
    for pair, n in n_queries.items():
        unseen = rng.random(n) < 0.5
        for method, chance in chances.items():
            if (method, pair) in missing:
                continue
            rank = np.where(rng.random(n) < chance, 1.0, rng.integers(2, 10, n))
            cell = {
                "language_pair": pair,
                "direction": "forward",
                "method": method,
                "dictionary_size": "5k",
                "seed": 0,
                "retrieval": "cosine",
                "protocol": "pair",
            }
            ranks.append(
                pd.DataFrame(
                    {
                        **cell,
                        "unseen": unseen,
                        "query": np.arange(n),
                        "rank": rank,
                        "unseen_rank": np.where(unseen, rank, 0),
                    }
                )
            )
            for subset, member in {"all": np.ones(n, bool), "unseen": unseen}.items():
                rows.append(
                    cell
                    | {
                        "source": pair[:2],
                        "target": pair[-2:],
                        "subset": subset,
                        "P@1": np.mean(rank[member] == 1),
                        "MRR": np.mean(1 / rank[member]),
                    }
                )
    return BenchmarkResults(pd.DataFrame(rows), pd.concat(ranks, ignore_index=True))


@pytest.fixture(scope="module")
def results():
    return simulated(
        {"en-de": 300, "en-fr": 600, "de-fr": 200}, {"A": 0.3, "B": 0.32, "C": 0.55, "D": 0.10}
    )


@pytest.mark.parametrize("subset", ["all", "unseen"])
@pytest.mark.parametrize("metric", ["P@1", "MRR"])
def test_outcomes_average_to_the_figures(results, metric, subset):
    outcomes = selected(results, metric=metric, subset=subset).outcomes()
    means = outcomes.groupby(level="language_pair", sort=False).mean().T
    figures = selected(results, metric=metric, subset=subset).by_language_pair().frame
    pd.testing.assert_frame_equal(means[list(figures)], figures, check_names=False)


def test_outcomes_of_seeds_are_averaged(results):
    again = results.ranks.assign(seed=1, rank=1.0)
    both = BenchmarkResults(results.rows, pd.concat([results.ranks, again]))
    outcomes = selected(both).outcomes()
    pd.testing.assert_frame_equal(outcomes, (selected(results).outcomes() + 1) / 2)


def test_significance_is_of_the_average_over_pairs(results):
    table = selected(results).significance("A")
    averages = selected(results).by_group().frame["ALL"]
    assert table.frame.index.tolist() == [("B", "A"), ("C", "A"), ("D", "A")]
    np.testing.assert_allclose(table.frame["mean_method"], averages[["B", "C", "D"]])
    np.testing.assert_allclose(table.frame["mean_other"], averages["A"])
    assert table.frame["significant"].tolist() == [False, True, True]
    assert table.texts["significant"].tolist() == ["no", "yes", "yes"]
    assert table.texts["difference"].iloc[2].startswith("−")
    assert "over 1,100 queries of 3 pairs" in table.notes[0]
    assert "Bonferroni's method, 3 comparisons" in table.notes[0]


def test_pairs_where_a_method_failed_are_left_out_for_all():
    holes = simulated({"en-de": 300, "en-fr": 200}, {"A": 0.3, "B": 0.5}, [("B", "en-fr")])
    table = selected(holes).significance()
    assert "over 300 queries of 1 pair," in table.notes[0]
    assert table.notes[1] == "Left out, as a method failed there: en-fr."
    only = selected(holes).by_language_pair().frame["en-de"]
    assert table.frame["mean_method"].iloc[0] == pytest.approx(only["A"])


def test_nothing_to_compare():
    holes = simulated(
        {"en-de": 50, "en-fr": 50}, {"A": 0.3, "B": 0.5}, [("B", "en-fr"), ("A", "en-de")]
    )
    with pytest.raises(ValueError, match="No pair has ranks of all methods"):
        selected(holes).significance()


def test_marks_on_pairs_as_the_sign_test_has_them(results):
    table = selected(results).by_language_pair(reference="A")
    outcomes = selected(results).outcomes()
    for pair in table.frame:
        there = outcomes.xs(pair, level="language_pair").astype(bool)
        for method in "BCD":
            gained = int((there[method] & ~there["A"]).sum())
            lost = int((there["A"] & ~there[method]).sum())
            pvalue = 9 * stats.binomtest(gained, gained + lost).pvalue
            # None is so close to the level that 10,000 shuffles could miss it.
            assert not 0.03 < pvalue < 0.08
            mark = "" if pvalue > 0.05 else "†" if gained > lost else "‡"
            assert table.marks.loc[method, pair] == mark
    assert (table.marks.loc["A"] == "").all()
    assert {"", "†", "‡"} == set(table.marks.to_numpy().ravel())
    assert "Bonferroni's correction for 9 comparisons" in table.notes[1]


def test_marks_on_averages(results):
    table = selected(results).by_group(reference="A", n_best_pairs=2)
    assert table.marks.loc["C"].tolist() == ["†"] * (table.frame.shape[1] - 1) + [""]
    assert table.marks.loc["B", "ALL"] == ""
    assert table.texts.loc["C", "best pairs"] in table.to_markdown()


def test_no_mark_where_a_method_failed():
    holes = simulated({"en-de": 300, "en-fr": 200}, {"A": 0.3, "B": 0.6}, [("B", "en-fr")])
    assert selected(holes).by_language_pair(reference="A").marks.loc["B"].tolist() == ["†", ""]


def test_significance_needs_ranks(rows):
    selection = selected(rows)
    for ask in (selection.outcomes, selection.significance):
        with pytest.raises(ValueError, match="have no ranks"):
            ask()
    with pytest.raises(ValueError, match="have no ranks"):
        selection.by_language_pair("VecMap")


def test_unknown_reference(results):
    with pytest.raises(ValueError, match=r"'reference' parameter must be 'A'(, | or )'B'"):
        selected(results).by_language_pair(reference="Z")


# Results of a run.


# Coverage and cost.


def test_coverage():
    counts = {"n_train_pairs": 4, "n_train_out_of_vocabulary": 1}
    everything = rows_of({"A": [0.5, 0.5], "B": [0.5, 0.5]}, ["en-de", "en-fr"], **counts).assign(
        n_test_pairs=10, n_test_out_of_vocabulary=4
    )
    unseen = everything.assign(subset="unseen", n_test_pairs=5, n_test_out_of_vocabulary=3)
    failed = rows_of(
        {"C": [np.nan]},
        ["en-de"],
        status="failed",
        subset="",
        n_train_pairs=0,
        n_train_out_of_vocabulary=0,
        n_test_pairs=0,
        n_test_out_of_vocabulary=0,
    )
    table = coverage_table(BenchmarkResults(pd.concat([failed, everything, unseen])))
    assert table.frame.index.tolist() == [("en-de", "5k"), ("en-fr", "5k")]
    assert table.frame.iloc[0].tolist() == [4, 3, 0.75, 10, 6, 0.6, 2]
    assert table.texts.iloc[0].tolist() == ["4", "3", "75.0", "10", "6", "60.0", "2"]
    with pytest.raises(ValueError, match="Every cell of these results failed"):
        coverage_table(BenchmarkResults(failed))


def test_cost():
    measured = {"fit_seconds": 2.0, "cpu_seconds": 3.0, "evaluate_seconds": 1.0, "peak_mib": 100.0}
    first = rows_of({"A": [0.5]}, ["en-de"], **measured)
    second = first.assign(language_pair="en-fr", fit_seconds=5.0, peak_mib=300.0)
    failed = first.assign(
        language_pair="de-fr", status="failed", fit_seconds=np.nan, peak_mib=999.0
    )
    # Several rows of one cell are one fit.
    table = cost_table(
        BenchmarkResults(pd.concat([first, first.assign(subset="unseen"), second, failed]))
    )
    assert table.frame.loc[("A", "5k")].tolist() == [2, 1, 3.5, 3.0, 1.0, 300.0]
    assert table.texts.loc[("A", "5k")].tolist() == ["2", "1", "3.5", "3.0", "1.0", "300"]
    only_failed = cost_table(BenchmarkResults(failed.assign(method="B")))
    assert only_failed.texts.loc[("B", "5k")].tolist() == ["0", "1", "–", "–", "–", "–"]


# Printing.


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def test_markdown(results):
    lines = selected(results).by_language_pair(reference="A").to_markdown().splitlines()
    assert lines[0].startswith("**P@1 (%), cosine")
    assert cells(lines[2]) == ["method", "en-de", "en-fr", "de-fr"]
    assert re.fullmatch(r"\|:-+\|-+:\|-+:\|-+:\|", lines[3])
    assert len({len(line) for line in lines[2:8]}) == 1
    assert all(re.fullmatch(r"\*\*\d\d\.\d\*\*†", cell) for cell in cells(lines[6])[1:])
    assert (
        str(selected(results).by_language_pair())
        == selected(results).by_language_pair().to_markdown()
    )


def test_markdown_cannot_be_broken_by_names():
    text = (
        selected(rows_of({"A|B *star*": [0.5], "C": [0.4]}, ["en-de"]))
        .by_language_pair()
        .to_markdown()
    )
    assert r"| A\|B \*star* | **50.0** |" in re.sub(" +", " ", text)


def test_latex(results):
    text = selected(results).by_group(reference="A").to_latex(label="tab:all")
    assert text.count("{") == text.count("}")
    assert r"\label{tab:all}" in text
    assert r"\caption{P@1 (\%), cosine" in text
    assert r"\begin{tabular}{lrrrrrl}" in text
    rows = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(rows) == 4
    assert all(row.endswith(r" \\") and row.count("&") == 6 for row in rows)
    assert re.search(r"\\textbf\{\d\d\.\d\d\}\\rlap\{\$\^\{\\dagger\}\$\}", rows[2])
    assert not re.search(r"[†‡–∘−]", text)


def test_latex_escapes():
    name = r"50%_#&$x^2~{a}\b <IM∘VM>"
    text = selected(rows_of({name: [0.5], "B": [0.4]}, ["en-de"])).by_language_pair().to_latex()
    assert (
        r"50\%\_\#\&\$x\textasciicircum{}2\textasciitilde{}\{a\}\textbackslash{}b "
        r"$<$IM$\circ$VM$>$ & \textbf{50.0} \\"
    ) in text


def test_headers_and_titles_from_strangers():
    """Braces, and what is written with braces, stand in headers; nothing is a command."""
    names = ["x^2{0}\\b", "{}", "\x1b[31m\u202e\n# H", "\\input{a}"]
    frame = pd.DataFrame([[0.5] * 4], index=pd.Index(["a\x1bb"], name="m\x9b"), columns=names)
    texts = frame.map("{:.1f}".format)
    table = ResultTable(title="T\x1b\n# H", frame=frame, texts=texts, notes=("n\u2028",))
    head = table.to_latex().split(r"\toprule")[1].split(r"\midrule")[0]
    assert r"& x\textasciicircum{}2\{0\}\textbackslash{}b & \{\} &" in head
    assert r"\textbackslash{}input\{a\}" in head
    with pytest.MonkeyPatch.context() as patch:
        texts = [repr(table), str(table), table.to_latex(), table._repr_html_()]
        patch.setattr("sklearn_instamap.results._result_table.is_installed", lambda name: False)
        texts.append(str(table))
    for text in texts:
        assert not re.search("[\x1b\x9b\u202e\u2028]|^# H", text, flags=re.MULTILINE)


def test_split(rows):
    parts = selected(rows).by_language_pair().split(2)
    assert [list(part.frame) for part in parts] == [PAIRS[:2], PAIRS[2:4], PAIRS[4:]]
    assert [bool(part.notes) for part in parts] == [False, False, True]
    assert parts[1].texts.shape == parts[1].best.shape == (3, 2)
    with pytest.raises(ValueError, match="'n_columns' parameter must be an int in the range"):
        selected(rows).by_language_pair().split(0)


def in_terminal(table, width=80, **options):
    console = pytest.importorskip("rich.console").Console(
        width=width, file=io.StringIO(), **options
    )
    console.print(table)
    return console.file.getvalue()


# Labels and one column of figures; two; all.
@pytest.mark.parametrize(("width", "n_parts"), [(15, 3), (22, 2), (29, 1), (200, 1)])
def test_terminal_cuts_no_cell(results, width, n_parts):
    table = selected(results).by_language_pair(reference="A")
    out = in_terminal(table, width)
    assert "…" not in out
    assert out.count("method ") == n_parts
    shown = {(row[0], cell) for row in map(str.split, out.splitlines()) for cell in row[1:]}
    for (method, texts), marks in zip(table.texts.iterrows(), table.marks.to_numpy(), strict=True):
        for text, mark in zip(texts, marks, strict=True):
            assert (method, text + mark) in shown
    assert max(map(len, out.splitlines())) <= width


def test_terminal_shows_labels_as_they_are():
    assert "[red]A" in in_terminal(
        selected(rows_of({"[red]A": [0.5]}, ["en-de"])).by_language_pair()
    )


def test_terminal_in_bold(rows):
    out = in_terminal(
        selected(rows).by_language_pair(), force_terminal=True, color_system="standard"
    )
    assert re.search(r"\x1b\[1m *56\.0\x1b\[0m", out)
    assert not re.search(r"\x1b\[1m *52\.0\x1b\[0m", out)


def test_repr(rows):
    assert repr(selected(rows).by_language_pair()) == (
        "<ResultTable: P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary "
        "5k, (3, 5) cells>"
    )


def test_hand_made_table():
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["x"], name="what"))
    table = ResultTable(frame, frame.astype(str), "Counts")
    lines = ["**Counts**", "", "| what   |   n |", "|:-------|----:|", "| x      |   1 |"]
    assert table.to_markdown().splitlines() == lines


def test_without_optional_packages():
    code = (
        "import sys\n"
        "sys.modules['rich'] = sys.modules['jinja2'] = sys.modules['tabulate'] = None\n"
        "from sklearn_instamap.results import load_paper_results\n"
        "table = load_paper_results().select().by_group()\n"
        "assert 'IM∘VM' in str(table) and 'HARD' in str(table)\n"
        "for write in (table.to_latex, table.to_markdown):\n"
        "    try:\n"
        "        write()\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    needed = 'which is not installed: pip install "sklearn-instamap[benchmark]".'
    assert done.stdout == (
        f"A table in LaTeX needs Jinja2, {needed}\nA table in Markdown needs tabulate, {needed}\n"
    )


# What a selection has beside tables.


def test_the_six_choices_are_kept(results):
    selection = results.select(metric="MRR", subset="unseen", dictionary_size="5k")
    assert repr(selection) == (
        "<ResultSelection: MRR, cosine, per dictionary pair, unseen test pairs, training "
        "dictionary 5k>"
    )
    assert (selection.metric, selection.subset, selection.direction) == ("MRR", "unseen", "forward")
    assert selection.intervals() is None


def test_selection_of_several_sizes(rows):
    both = pd.concat([rows, rows.assign(dictionary_size="500")])
    selection = selected(both)
    assert selection.dictionary_sizes == ["5k", "500"]
    assert repr(selection) == "<ResultSelection: P@1, dictionaries of several sizes>"
    assert selection.with_dictionary_size("500").figures.equals(selected(rows).figures)
    with pytest.raises(ValueError, match="Got '1k'"):
        selection.with_dictionary_size("1k")


def test_intervals_are_wilsons(rows):
    low, high = selected(rows.assign(n_queries=400)).intervals(0.9)
    ends = stats.binomtest(200, 400).proportion_ci(0.9, method="wilson")
    assert (low.loc["PROC", "en-de"], high.loc["PROC", "en-de"]) == (ends.low, ends.high)


def test_means_have_an_interval_and_a_number_of_queries(rows):
    table = selected(rows.assign(n_queries=400)).by_group()
    header = table.to_markdown().splitlines()[2]
    assert "| ALL (n 2,000) |" in re.sub(" +", " ", header)
    halves = []
    for share in FIGURES["PROC"]:
        ends = stats.binomtest(round(400 * share), 400).proportion_ci(method="wilson")
        halves.append((ends.high - ends.low) / 2)
    half = 100 * np.sqrt(np.sum(np.square(halves))) / 5
    assert table.texts.iloc[0, 0] == f"36.00 ±{half:.2f}"
    assert any(note.startswith("± 95% confidence") for note in table.notes)
    assert table.frame.loc["PROC", "ALL"] == pytest.approx(0.36)


def test_interval_of_a_mean_covers_as_often_as_it_says():
    """2,000 simulated benchmarks of three pairs: the true mean lies within in about 95 %."""
    rng = np.random.default_rng(0)
    chances, numbers = np.array([0.2, 0.5, 0.7]), np.array([300, 500, 400])
    shares = rng.binomial(numbers, chances, (2000, 3)) / numbers
    pairs = ["a-b", "a-c", "b-c"]
    frame = pd.DataFrame(shares, columns=pairs)
    counts = pd.DataFrame(np.broadcast_to(numbers, shares.shape), columns=pairs)
    margins = Figures("P@1", frame, pd.DataFrame(), "", counts).margins(pairs, 0.95)
    covered = np.abs(shares.mean(axis=1) - chances.mean()) <= margins.to_numpy()
    assert 0.93 < covered.mean() < 0.97


def test_columns_that_say_nothing_are_left_out():
    table = selected(rows_of({"A": [0.5], "B": [0.4]}, ["en-de"])).by_group()
    assert list(table.frame) == ["ALL"]
    assert "Pairs: en-de." in table.notes


# Texts from strangers.

HOSTILE = "\x1b[31m<b>=x</b>\n# H|"


def test_names_of_methods_are_no_commands(rows):
    table = selected(rows_of({HOSTILE: [0.5], "=1+1": [0.4]}, ["en-de"])).by_language_pair()
    for text in (table.to_markdown(), table.to_latex(), table.to_csv(), in_terminal(table)):
        assert "\x1b" not in text
        assert not re.search(r"^\s*# H", text, flags=re.MULTILINE)
    assert "<b>" not in table.to_markdown()
    assert r"\|" in table.to_markdown()
    assert "\n'=1+1,0.4\n" in table.to_csv()


def test_names_of_methods_in_files_of_results(rows, tmp_path):
    names = {"=1+1": [0.5], "@A": [0.4], "-x": [0.3], "'=quoted": [0.2], "nan": [0.1]}
    results = BenchmarkResults(rows_of(names, ["en-de"]))
    results.save(tmp_path, "csv")
    text = (tmp_path / "results.csv").read_text("utf-8")
    assert ",'=1+1," in text
    loaded = BenchmarkResults.load(tmp_path)
    assert loaded.rows["method"].tolist() == list(names)
