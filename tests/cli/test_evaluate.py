"""``instamap evaluate``."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap.io import write_vectors
from sklearn_instamap.metrics import evaluate_bli

from .conftest import without_stages

FILES = ("en.vec", "de.npy", "test.tsv")


def csv_of(result) -> pd.DataFrame:
    assert result.code == 0, result
    return pd.read_csv(io.StringIO(result.out))


def assert_equals_library(frame, data, dictionary=None, **options):
    expected = evaluate_bli(
        data.source,
        data.target,
        test_dictionary=data.test if dictionary is None else dictionary,
        **options,
    ).reset_index()
    pd.testing.assert_frame_equal(frame, expected, rtol=1e-9)


def test_figures_are_those_of_the_library(instamap, files, data):
    frame = csv_of(instamap("evaluate", *FILES, "--format", "csv"))
    assert_equals_library(frame, data)


def test_options(instamap, files, data):
    half = data.train.head(40)
    half.to_csv(files / "half.tsv", sep="\t", header=False, index=False)
    result = instamap(
        *("evaluate", "en.vec", "de.npy", "train.tsv", "--train-dictionary", "half.tsv"),
        *("--retrieval", "sinkhorn,inverted-softmax,csls", "--protocol", "pair,word"),
        *("--metric", "P@1,P@3,MRR"),
        *("--format", "csv"),
    )
    assert_equals_library(
        csv_of(result),
        data,
        data.train,
        train_dictionary=half,
        retrieval=("sinkhorn", "inverted-softmax", "csls"),
        protocol=("pair", "word"),
        metric=("P@1", "P@3", "MRR"),
    )
    assert csv_of(result)["subset"].tolist() == ["all", "unseen"] * 6


def test_table_is_in_percent_and_for_people(instamap, files, data):
    result = instamap("evaluate", *FILES, "--metric", "P@1,P@10,MRR", "--retrieval", "cosine")
    assert without_stages(result.err) == ["Dictionary: 50 of 50 pairs found (100.0 %)."]
    figures = evaluate_bli(
        data.source,
        data.target,
        test_dictionary=data.test,
        retrieval="cosine",
        metric=("P@1", "P@10", "MRR"),
    )
    precision, mrr = 100 * figures["P@1"].iloc[0], figures["MRR"].iloc[0]
    head, _, line = (line for line in result.out.splitlines() if line.strip())
    assert head.split()[:5] == ["retrieval", "protocol", "subset", "P@1", "P@10"]
    assert line.split()[:4] == ["cosine", "pair", "all", f"{precision:.1f}"]
    assert f"{mrr:.3f}" in line
    assert "\x1b" not in result.out
    assert len(head) <= 80


def test_markdown(instamap, files, data):
    out = instamap("evaluate", *FILES, "--format", "markdown").out
    lines = out.splitlines()
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {11}
    assert re.match(r"(\|:-+){3}\|-+:\|", lines[1])


@pytest.mark.parametrize("suffix", ["csv", "json", "md"])
def test_output_file(instamap, fails, files, data, suffix):
    result = instamap("evaluate", *FILES, "--output", f"table.{suffix}")
    assert result.code == 0
    assert result.out == ""
    assert f"Wrote table.{suffix}." in result.err
    style = {"md": "markdown"}.get(suffix, suffix)
    printed = instamap("evaluate", *FILES, "--format", style).out
    assert (files / f"table.{suffix}").read_text() == printed
    assert "exists already" in fails("evaluate", *FILES, "--output", f"table.{suffix}")


def test_json_holds_numbers_and_null(instamap, files, data):
    result = instamap(
        "evaluate", *FILES, "--train-dictionary", "test.tsv", "--format", "json", "--metric", "P@1"
    )
    rows = json.loads(result.out)
    assert [row["subset"] for row in rows] == ["all", "unseen"] * 2
    expected = evaluate_bli(data.source, data.target, test_dictionary=data.test)["P@1"].iloc[0]
    assert rows[0]["P@1"] == pytest.approx(expected)
    assert rows[1]["P@1"] is None
    assert rows[1]["n_queries"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--metric", "P@0"],
            "--metric must be 'MRR', 'P@k' or 'recall@k', .* Got 'P@0'",
        ),
        (["--metric", "P@1,five"], "Got 'five'"),
        (["--retrieval", "cosine,dot"], "--retrieval takes cosine, csls.*got 'dot'"),
        (["--retrieval", ","], "--retrieval takes"),
        (["--protocol", "all"], "--protocol takes pair, word, separated by commas; got 'all'"),
        (
            ["--format", "xml"],
            "'xml' is not one of 'table', 'csv', 'json', 'markdown'",
        ),
        (["--output", "table.xls"], "table.xls: the suffix chooses the format"),
        (["--output", "test.tsv", "--format", "csv", "-f"], "the same file as test.tsv"),
        (["--output", "no/table.csv"], "the folder .*no does not exist"),
        (["--train-dictionary", "nowhere.tsv"], "nowhere.tsv: there is no such file"),
    ],
)
def test_refused(fails, files, options, message):
    assert re.search(message, fails("evaluate", *FILES, *options))


def test_spaces_that_are_not_aligned(fails, files, data):
    write_vectors(files / "short.vec", data.target.with_vectors(data.target.vectors[:, :4]))
    message = fails("evaluate", "en.vec", "short.vec", "test.tsv")
    assert re.search(r"10 and .* 4 dimensions; map both sides into the shared space", message)


def test_pairs_without_vectors_are_counted(instamap, files, data):
    with open(files / "test.tsv", "a") as stream:
        stream.write("nothing\tnichts\n")
    result = instamap("evaluate", *FILES, "--format", "csv")
    assert "50 of 51 pairs found (98.0 %)" in result.err
    assert csv_of(result)["n_out_of_vocabulary"].tolist() == [1, 1]
    np.testing.assert_allclose(csv_of(result)["coverage"], 50 / 51)
