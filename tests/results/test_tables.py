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
    aggregate_table,
    cost_table,
    coverage_table,
    pair_table,
    query_outcomes,
    significance_table,
)

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
                "pair": pair,
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


@pytest.fixture
def rows():
    return rows_of(FIGURES)


@pytest.fixture
def with_failure(rows):
    failed = (rows["method"] == "PROC") & (rows["pair"] == "fr-tr")
    rows.loc[failed, ["retrieval", "protocol", "subset"]] = ""
    rows.loc[failed, ["P@1", "MRR"]] = np.nan
    rows.loc[failed, "status"] = "failed"
    return rows


# Methods by pairs.


def test_pairs(rows):
    table = pair_table(rows)
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
    table = pair_table(rows_of({"A": [0.50001], "B": [0.50004], "C": [0.499]}, ["en-de"]))
    assert table.texts["en-de"].tolist() == ["50.0", "50.0", "49.9"]
    assert table.best["en-de"].tolist() == [True, True, False]


def test_one_method_is_no_winner():
    assert not pair_table(rows_of({"A": [0.5]}, ["en-de"])).best.any(axis=None)


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
        pair_table(both, dictionary_size="5k").frame.drop(index="A"), pair_table(rows).frame
    )
    unseen = pair_table(both, subset="unseen", dictionary_size="5k")
    assert unseen.frame.loc["A", "en-de"] == 0.9
    assert unseen.frame.drop(index="A").isna().all(axis=None)
    assert unseen.title == (
        "P@1 (%), cosine, per dictionary pair, unseen test pairs, training dictionary 5k"
    )


def test_mrr(rows):
    table = pair_table(rows, metric="MRR")
    assert table.frame.loc["PROC", "en-de"] == pytest.approx(0.6)
    assert table.texts.loc["PROC", "en-de"] == ".600"


def test_turned_round_a_pair_has_its_name_turned_round():
    rows = rows_of({"A": [0.5]}, ["en-de"], direction="backward", source="de", target="en")
    assert list(pair_table(rows, direction="backward").frame) == ["de-en"]


def test_seeds_are_averaged(rows):
    again = rows.assign(seed=1, **{"P@1": rows["P@1"] + 0.1})
    frame = pair_table(pd.concat([rows, again])).frame
    pd.testing.assert_frame_equal(frame, pair_table(rows).frame + 0.05)


def test_failed_cells_have_a_dash(with_failure):
    table = pair_table(with_failure)
    assert list(table.frame) == PAIRS
    assert table.texts.loc["PROC", "fr-tr"] == "–"
    assert table.notes[-1] == "– where a method failed or was not run."


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"retrieval": "csls"}, "no rows with retrieval='csls'.*there are 'cosine'"),
        ({}, {"dictionary_size": "1k"}, "dictionary_size must be one of '5k'; got '1k'"),
        ({}, {"direction": "backward"}, "no rows with direction='backward'"),
        ({}, {"metric": "P@7"}, "no column 'P@7'"),
        ({}, {"reference": "VecMap"}, "needs the ranks of every query"),
        ({"retrieval": "", "status": "failed"}, {}, "there are none, as every cell failed"),
    ],
)
def test_refused_choices(rows, change, options, message):
    with pytest.raises(ValueError, match=message):
        pair_table(rows.assign(**change), **options)


def test_several_sizes_must_be_chosen_from(rows):
    both = pd.concat([rows, rows.assign(dictionary_size="500")])
    with pytest.raises(ValueError, match="must be one of '5k', '500'; got None"):
        pair_table(both)
    # As a file of text would give it back.
    numbers = both.assign(
        dictionary_size=[500 if s == "500" else s for s in both["dictionary_size"]]
    )
    assert pair_table(numbers, dictionary_size="500").frame.shape == (3, 5)


def test_not_results():
    with pytest.raises(TypeError, match="must be BenchmarkResults or a DataFrame"):
        pair_table([1])


# Averages over groups.


def test_groups(rows):
    frame = aggregate_table(rows).frame
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
    table = aggregate_table(rows_of(figures, ["a-b", "a-c", "b-c", "b-d"]), share=0.25)
    assert any(note.startswith("EASY: b-d; HARD: a-b (") for note in table.notes)


@pytest.mark.parametrize(("n_pairs", "size"), [(2, 1), (5, 1), (15, 3), (28, 6)])
def test_sizes_of_easy_and_hard(n_pairs, size):
    pairs = [f"a-{i:02}" for i in range(n_pairs)]
    table = aggregate_table(rows_of({"A": np.linspace(0.1, 0.9, n_pairs)}, pairs))
    (note,) = (note for note in table.notes if note.startswith("Pairs: "))
    assert note == f"Pairs: ALL {n_pairs}, EASY {size}, HARD {size}."


def test_one_pair_is_neither_easy_nor_hard():
    assert list(aggregate_table(rows_of({"A": [0.5]}, ["de-fr"]), n_best_pairs=0).frame) == ["ALL"]


def test_another_language_in_the_place_of_english(rows):
    frame = aggregate_table(rows, anchor="de").frame
    assert frame.loc["PROC", "DE-*"] == pytest.approx(0.30)
    assert frame.loc["PROC", "No-DE"] == pytest.approx(0.35)


def test_best_pairs_by_hand():
    """Means .4 .5 .15: A has 1.25 1 .667 of them, B .75 1 1.333."""
    figures = {"A": [0.5, 0.5, 0.10], "B": [0.3, 0.5, 0.20]}
    table = aggregate_table(rows_of(figures, ["a-b", "a-c", "b-c"]), n_best_pairs=2)
    assert table.frame["best pairs"].to_dict() == {"A": "a-b, a-c", "B": "b-c, a-c"}


def test_no_average_where_a_pair_is_missing(with_failure):
    table = aggregate_table(with_failure)
    assert table.frame.loc["PROC", ["ALL", "No-EN", "HARD"]].isna().all()
    assert table.frame.loc["PROC", "EN-*"] == pytest.approx(0.55)
    assert table.frame.loc["VecMap", "ALL"] == pytest.approx(0.382)
    assert "fr-tr" not in table.frame.loc["PROC", "best pairs"]
    assert "– where a method failed on a pair of the group." in table.notes


@pytest.mark.parametrize("share", [0, 0.6])
def test_refused_share(rows, share):
    with pytest.raises(ValueError, match="share must be above 0"):
        aggregate_table(rows, share=share)


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
                "pair": pair,
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
    outcomes = query_outcomes(results, metric=metric, subset=subset)
    means = outcomes.groupby(level="pair", sort=False).mean().T
    figures = pair_table(results, metric=metric, subset=subset).frame
    pd.testing.assert_frame_equal(means[list(figures)], figures, check_names=False)


def test_outcomes_of_seeds_are_averaged(results):
    again = results.ranks.assign(seed=1, rank=1.0)
    both = BenchmarkResults(results.rows, pd.concat([results.ranks, again]))
    outcomes = query_outcomes(both)
    pd.testing.assert_frame_equal(outcomes, (query_outcomes(results) + 1) / 2)


def test_significance_is_of_the_average_over_pairs(results):
    table = significance_table(results, "A")
    averages = aggregate_table(results).frame["ALL"]
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
    table = significance_table(holes)
    assert "over 300 queries of 1 pair," in table.notes[0]
    assert table.notes[1] == "Left out, as a method failed there: en-fr."
    only = pair_table(holes).frame["en-de"]
    assert table.frame["mean_method"].iloc[0] == pytest.approx(only["A"])


def test_nothing_to_compare():
    holes = simulated(
        {"en-de": 50, "en-fr": 50}, {"A": 0.3, "B": 0.5}, [("B", "en-fr"), ("A", "en-de")]
    )
    with pytest.raises(ValueError, match="No pair has ranks of all methods"):
        significance_table(holes)


def test_marks_on_pairs_as_the_sign_test_has_them(results):
    table = pair_table(results, reference="A")
    outcomes = query_outcomes(results)
    for pair in table.frame:
        there = outcomes.xs(pair, level="pair").astype(bool)
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
    table = aggregate_table(results, reference="A", n_best_pairs=2)
    assert table.marks.loc["C"].tolist() == ["†"] * (table.frame.shape[1] - 1) + [""]
    assert table.marks.loc["B", "ALL"] == ""
    assert table.texts.loc["C", "best pairs"] in table.to_markdown()


def test_no_mark_where_a_method_failed():
    holes = simulated({"en-de": 300, "en-fr": 200}, {"A": 0.3, "B": 0.6}, [("B", "en-fr")])
    assert pair_table(holes, reference="A").marks.loc["B"].tolist() == ["†", ""]


def test_ranks_beside_plain_rows(results):
    marks = pair_table(results.rows, reference="A", ranks=results.ranks).marks
    pd.testing.assert_frame_equal(marks, pair_table(results, reference="A").marks)


def test_unknown_reference(results):
    with pytest.raises(ValueError, match="reference must be one of the methods 'A', 'B'"):
        pair_table(results, reference="Z")


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
    table = coverage_table(pd.concat([failed, everything, unseen]))
    assert table.frame.index.tolist() == [("en-de", "5k"), ("en-fr", "5k")]
    assert table.frame.iloc[0].tolist() == [4, 3, 0.75, 10, 6, 0.6, 2]
    assert table.texts.iloc[0].tolist() == ["4", "3", "75.0", "10", "6", "60.0", "2"]
    with pytest.raises(ValueError, match="Every cell of these results failed"):
        coverage_table(failed)


def test_cost():
    measured = {"fit_seconds": 2.0, "cpu_seconds": 3.0, "evaluate_seconds": 1.0, "peak_mib": 100.0}
    first = rows_of({"A": [0.5]}, ["en-de"], **measured)
    second = first.assign(pair="en-fr", fit_seconds=5.0, peak_mib=300.0)
    failed = first.assign(pair="de-fr", status="failed", fit_seconds=np.nan, peak_mib=999.0)
    # Several rows of one cell are one fit.
    table = cost_table(pd.concat([first, first.assign(subset="unseen"), second, failed]))
    assert table.frame.loc[("A", "5k")].tolist() == [2, 1, 3.5, 3.0, 1.0, 300.0]
    assert table.texts.loc[("A", "5k")].tolist() == ["2", "1", "3.5", "3.0", "1.0", "300"]
    only_failed = cost_table(failed.assign(method="B"))
    assert only_failed.texts.loc[("B", "5k")].tolist() == ["0", "1", "–", "–", "–", "–"]


# Printing.


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def test_markdown(results):
    lines = pair_table(results, reference="A").to_markdown().splitlines()
    assert lines[0].startswith("**P@1 (%), cosine")
    assert cells(lines[2]) == ["method", "en-de", "en-fr", "de-fr"]
    assert re.fullmatch(r"\| -+ \| -+: \| -+: \| -+: \|", lines[3])
    assert len({len(line) for line in lines[2:8]}) == 1
    assert all(re.fullmatch(r"\*\*\d\d\.\d\*\*†", cell) for cell in cells(lines[6])[1:])
    assert str(pair_table(results)) == pair_table(results).to_markdown()


def test_markdown_cannot_be_broken_by_names():
    text = pair_table(rows_of({"A|B *star*": [0.5], "C": [0.4]}, ["en-de"])).to_markdown()
    assert r"| A\|B \*star* | **50.0** |" in re.sub(" +", " ", text)


def test_latex(results):
    text = aggregate_table(results, reference="A").to_latex(label="tab:all")
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
    text = pair_table(rows_of({name: [0.5], "B": [0.4]}, ["en-de"])).to_latex()
    assert (
        r"50\%\_\#\&\$x\textasciicircum{}2\textasciitilde{}\{a\}\textbackslash{}b "
        r"$<$IM$\circ$VM$>$ & \textbf{50.0} \\"
    ) in text


def test_split(rows):
    parts = pair_table(rows).split(2)
    assert [list(part.frame) for part in parts] == [PAIRS[:2], PAIRS[2:4], PAIRS[4:]]
    assert [bool(part.notes) for part in parts] == [False, False, True]
    assert parts[1].texts.shape == parts[1].best.shape == (3, 2)
    with pytest.raises(ValueError, match="n_columns must be at least 1"):
        pair_table(rows).split(0)


def in_terminal(table, width=80, **options):
    console = pytest.importorskip("rich.console").Console(
        width=width, file=io.StringIO(), **options
    )
    console.print(table)
    return console.file.getvalue()


# Labels and one column of figures; two; all.
@pytest.mark.parametrize(("width", "n_parts"), [(15, 3), (22, 2), (29, 1), (200, 1)])
def test_terminal_cuts_no_cell(results, width, n_parts):
    table = pair_table(results, reference="A")
    out = in_terminal(table, width)
    assert "…" not in out
    assert out.count("method ") == n_parts
    shown = {(row[0], cell) for row in map(str.split, out.splitlines()) for cell in row[1:]}
    for (method, texts), marks in zip(table.texts.iterrows(), table.marks.to_numpy(), strict=True):
        for text, mark in zip(texts, marks, strict=True):
            assert (method, text + mark) in shown
    assert max(map(len, out.splitlines())) <= width


def test_terminal_shows_labels_as_they_are():
    assert "[red]A" in in_terminal(pair_table(rows_of({"[red]A": [0.5]}, ["en-de"])))


def test_terminal_in_bold(rows):
    out = in_terminal(pair_table(rows), force_terminal=True, color_system="standard")
    assert re.search(r"\x1b\[1m *56\.0\x1b\[0m", out)
    assert not re.search(r"\x1b\[1m *52\.0\x1b\[0m", out)


def test_repr(rows):
    assert repr(pair_table(rows)) == (
        "<ResultTable: P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary "
        "5k, (3, 5) cells>"
    )


def test_hand_made_table():
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["x"], name="what"))
    table = ResultTable(frame, frame.astype(str), "Counts")
    assert (
        table.to_markdown() == "**Counts**\n\n| what |    n |\n| ---- | ---: |\n| x    |    1 |\n"
    )


def test_optional_packages_are_not_needed():
    code = (
        "import sys\n"
        "sys.modules['rich'] = sys.modules['jinja2'] = sys.modules['tabulate'] = None\n"
        "from sklearn_instamap.results import load_paper_results, pair_table\n"
        "table = pair_table(load_paper_results())\n"
        "print(len(table.to_latex()) > 0, len(table.to_markdown()) > 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"
