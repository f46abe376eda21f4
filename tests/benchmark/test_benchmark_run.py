"""What a benchmark measures, keeps and repeats."""

from __future__ import annotations

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.benchmark import _cell, _execution
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors, write_vectors
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._named_rankers import NAMED
from sklearn_instamap.linear import ProcrustesAligner, RCSLSAligner, VecMapAligner
from sklearn_instamap.metrics import evaluate_bli
from sklearn_instamap.progress import PartDone, report_to
from sklearn_instamap.results import BenchmarkResults

TIMES = ["fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib"]


class Broken(ProcrustesAligner):
    """Fails on French, and fails to say so in one line."""

    def _fit_pairs(self, X, y, source, target):
        if self.growth == 1.5:
            raise ValueError("French\nis hard")
        super()._fit_pairs(X, y, source, target)


@pytest.fixture
def count_cells(monkeypatch):
    """Count the cells that are run rather than taken from the folder."""
    run = []

    def counting(task):
        run.append(str(task.cell))
        return _cell.run_task(task)

    monkeypatch.setattr(_execution, "run_task", counting)
    return run


def by_hand(folders, pair, aligner, turned=False):
    """The figures of one cell without any benchmark."""
    spaces, dictionaries = [], []
    for language in pair.split("-"):
        (path,) = (
            p for p in folders.spaces.iterdir() if p.stem == language and p.suffix != ".words"
        )
        spaces.append(read_vectors(path))
    for kind in ("train.freq.1k", "test.freq.2k"):
        path = folders.dictionaries / f"yacle.{kind}.{pair}.tsv"
        frame = read_dictionary(path, duplicates="keep")
        names = {"source": "target", "target": "source"} if turned else {}
        dictionaries.append(frame.rename(columns=names))
    train, test = dictionaries
    if turned:
        spaces.reverse()
    X, y, _ = lookup_pairs(train, *spaces)
    mapped = aligner.fit_transform_spaces(X, y, *spaces)
    return evaluate_bli(
        *mapped, test_dictionary=test, train_dictionary=train, protocol=("pair", "word")
    )


def test_rows_are_what_evaluate_bli_says(folders):
    results = folders.run(directions="both")
    rows = results.rows
    assert len(rows) == 2 * 2 * 2 * 8
    assert (rows["status"] == "ok").all()
    for (pair, direction, method), cell in rows.groupby(["language_pair", "direction", "method"]):
        aligner = {"PROC": ProcrustesAligner(), "InstaMap": InstaMapAligner()}[method]
        expected = by_hand(folders, pair, aligner, turned=direction == "backward")
        found = cell.set_index(["retrieval", "protocol", "subset"])
        for name in ("P@1", "P@5", "P@10", "MRR"):
            np.testing.assert_allclose(found[name], expected.loc[found.index, name])
        np.testing.assert_array_equal(found["n_queries"], expected.loc[found.index, "n_queries"])
        assert (found["source"] + "-" + found["target"] == pair).all() == (direction == "forward")
    unseen = rows[(rows["subset"] == "unseen") & (rows["protocol"] == "pair")]
    assert (unseen["n_test_pairs"] == 41).all()
    assert (unseen["n_test_out_of_vocabulary"] == 1).all()
    assert (rows["n_train_pairs"] == 80).all()
    assert rows["P@1"].mean() > 0.1
    assert (rows["peak_mib"] > 30).all()
    assert rows["versions"].str.startswith("sklearn-instamap 0").all()


@pytest.mark.filterwarnings("ignore:.*n_neighbors=:UserWarning")
def test_rankers_stand_beside_single_maps(folders):
    methods = ["VecMap", "Ranker-geometry", "ranker", "ranker-known-pairs-first"]
    results = folders.run(methods=methods, language_pairs=["en-de"])
    assert results.failed.empty
    rows = results.rows.set_index(["method", "retrieval", "protocol", "subset"])["P@1"].sort_index()
    assert set(rows.index.get_level_values("method")) == {"VecMap", *NAMED}
    for name in NAMED:
        # Nothing is looked up in a space.
        assert rows[name, "cosine"].equals(rows[name, "csls"])
    # What the same estimator answers outside a benchmark.
    source, target = (read_vectors(folders.spaces / f"{name}.npy") for name in ("en", "de"))
    train = read_dictionary(folders.dictionaries / "yacle.train.freq.1k.en-de.tsv")
    own = LexiconRanker(random_state=0)
    own.fit(train["source"], train["target"], source_space=source, target_space=target)
    test = read_dictionary(folders.dictionaries / "yacle.test.freq.2k.en-de.tsv")
    inside = test[test["source"] != "nowhere"]
    answers = own.predict(inside["source"])
    p1 = np.mean(answers == inside["target"].to_numpy())
    assert rows["ranker (known pairs first)", "csls", "pair", "all"] == pytest.approx(p1)
    ranks = results.ranks[results.ranks["method"] == "ranker"]["rank"]
    assert ranks.between(1, target.n_words).all()


def test_rankers_of_ones_own(folders):
    own = LexiconRanker([ProcrustesAligner()], features=["mean"], spelling_pairs=None)
    results = folders.run(methods={"own": own}, language_pairs=["en-de"])
    assert results.failed.empty


def test_figures_follow_from_ranks(folders):
    subsets = ["all", "unseen", "similar", "dissimilar"]
    results = folders.run(metric=["P@1", "P@3", "MRR"], subset=subsets)
    assert results.rows["subset"].unique().tolist() == subsets
    key = [
        "language_pair",
        "direction",
        "method",
        "dictionary_size",
        "seed",
        "retrieval",
        "protocol",
    ]
    ranks = results.ranks
    assert np.isfinite(ranks["rank"]).all()
    assert not ranks.duplicated([*key, "query"]).any()
    for subset in subsets:
        column = "rank" if subset == "all" else f"{subset}_rank"
        chosen = ranks[ranks[column] > 0].groupby(key)[column]
        rows = results.rows[results.rows["subset"] == subset].set_index(key).sort_index()
        found = pd.DataFrame(
            {
                "P@1": chosen.apply(lambda rank: (rank <= 1).mean()),
                "P@3": chosen.apply(lambda rank: (rank <= 3).mean()),
                "MRR": chosen.apply(lambda rank: (1 / rank).mean()),
            }
        ).sort_index()
        assert_frame_equal(rows[["P@1", "P@3", "MRR"]], found)
    for subset in subsets:
        selection = results.select(subset=subset, dictionary_size="1k")
        means = selection.outcomes().groupby("language_pair").mean().T
        assert_frame_equal(means, selection.figures, check_like=True, check_names=False)
    pairs = ranks[ranks["protocol"] == "pair"]
    assert (pairs["unseen_rank"] == pairs["rank"].where(pairs["unseen"], 0)).all()


def test_finished_cells_are_not_repeated(folders, count_cells):
    events = []
    with report_to(events.append):
        first = folders.run()
    assert len(count_cells) == 4
    parts = [event for event in events if isinstance(event, PartDone)]
    assert [(part.job, part.done, part.total) for part in parts] == [
        *(("spaces", done, 4) for done in range(1, 5)),
        *(("cells", done, 4) for done in range(1, 5)),
    ]
    assert events == parts
    second = folders.run()
    assert len(count_cells) == 4
    assert_frame_equal(first.rows, second.rows)
    assert_frame_equal(first.ranks, second.ranks)


def test_what_only_tables_depend_on_repeats_nothing(folders, count_cells):
    folders.run()
    rows = folders.run(metric=["P@2", "MRR"], protocol="word", format="csv").rows
    assert len(count_cells) == 4
    assert set(rows["protocol"]) == {"word"}
    assert "P@2" in rows


@pytest.mark.parametrize(
    ("change", "repeated"),
    [
        ({"methods": ["PROC", "VecMap"]}, 2),
        ({"methods": {"PROC": ProcrustesAligner(), "InstaMap": InstaMapAligner(3)}}, 2),
        ({"methods": {"PROC": ProcrustesAligner(), "InstaMap": InstaMapAligner(n_jobs=2)}}, 0),
        ({"sizes": ["500", "1k"], "methods": ["PROC"]}, 2),
        ({"sizes": ["500", "1k"], "methods": ["PROC"], "unseen_by": "largest"}, 2),
        ({"directions": "both"}, 4),
        ({"max_words": 140}, 4),
        ({"csls_neighbors": 5}, 4),
        ({"retrieval": "cosine"}, 4),
        ({"language_pairs": ["fr-it"]}, 0),
        ({"seeds": [1]}, 4),
    ],
)
def test_other_settings_run_the_cells_they_concern(folders, count_cells, change, repeated):
    folders.run()
    count_cells.clear()
    results = folders.run(**change)
    assert len(count_cells) == repeated
    asked = change.get("language_pairs", ["en-de", "fr-it"])
    assert set(results.rows["language_pair"]) == set(asked)
    # Nothing of the first run is left in the files of the second.
    assert_frame_equal(BenchmarkResults.load(folders.results).rows, results.rows)


def test_other_files_run_the_cells_they_concern(folders, count_cells):
    folders.run()
    count_cells.clear()
    # The same content under another date is the same.
    for path in (folders.spaces / "en.npy", folders.spaces / "fr.vec"):
        path.touch()
    folders.run()
    assert count_cells == []
    space = read_vectors(folders.spaces / "fr.vec")
    write_vectors(folders.spaces / "fr.vec", space.with_vectors(space.vectors * 2))
    folders.run()
    assert count_cells == ["fr-it, PROC, 1k", "fr-it, InstaMap, 1k"]
    with open(folders.dictionaries / "yacle.train.freq.1k.en-de.tsv", "a") as stream:
        stream.write("s0179\tt0179\n")
    count_cells.clear()
    folders.run()
    assert count_cells == ["en-de, PROC, 1k", "en-de, InstaMap, 1k"]


def test_unseen_by_the_largest_dictionary(folders):
    own = folders.run(sizes=None, methods=["PROC"]).rows
    largest = folders.run(sizes=None, methods=["PROC"], unseen_by="largest").rows
    chosen = {"subset": "unseen", "protocol": "pair", "retrieval": "cosine"}

    def counts(rows):
        for name, value in chosen.items():
            rows = rows[rows[name] == value]
        return rows.groupby("dictionary_size")["n_queries"].unique().map(list).to_dict()

    assert counts(own) == {"500": [50], "1k": [40]}
    assert counts(largest) == {"500": [40], "1k": [40]}


def test_failing_cell_is_recorded_and_the_others_go_on(folders, count_cells):
    methods = {"bad": Broken(), "PROC": ProcrustesAligner()}
    results = folders.run(methods=methods)
    failed = results.failed
    assert failed["error"].tolist() == ["ValueError: French is hard"] * 2
    assert failed["language_pair"].tolist() == ["en-de", "fr-it"]
    assert failed[["P@1", "P@5", "P@10", "MRR", "fit_seconds"]].isna().all(axis=None)
    assert (failed[["retrieval", "protocol", "subset"]] == "").all(axis=None)
    assert (results.rows["status"] == "ok").sum() == 16
    assert set(results.ranks["method"]) == {"PROC"}
    assert_frame_equal(BenchmarkResults.load(folders.results).rows, results.rows)
    # Errors stand until they are asked to be tried again.
    count_cells.clear()
    folders.run(methods=methods)
    assert count_cells == []
    folders.run(methods=methods, retry_failed=True)
    assert count_cells == ["en-de, bad, 1k", "fr-it, bad, 1k"]


def test_all_cells_failed(folders):
    results = folders.run(methods={"bad": Broken()})
    assert len(results.rows) == 2
    assert results.ranks.empty
    again = BenchmarkResults.load(folders.results)
    assert list(again.ranks.columns) == list(results.ranks.columns)


def test_warnings_of_cells_are_passed_on_once(folders):
    with pytest.warns(UserWarning, match="en-de, InstaMap, 500: n_neighbors=70") as caught:
        folders.run(methods=["InstaMap"], sizes=["500"])
    assert len([w for w in caught if "n_neighbors" in str(w.message)]) == 1


def test_pairs_that_cannot_be_run_are_named(folders):
    (folders.spaces / "it.vec").unlink()
    with pytest.warns(UserWarning, match="The pair fr-it is left out: .* has no vectors of it"):
        results = folders.run()
    assert set(results.rows["language_pair"]) == {"en-de"}


def test_seeds(folders):
    methods = {"RCSLS": RCSLSAligner(n_iter=1, batch_size=20), "PROC": ProcrustesAligner()}
    rows = folders.run(language_pairs=["en-de"], methods=methods, seeds=[1, 2]).rows
    assert rows.groupby("method")["seed"].unique().map(list).to_dict() == {
        "PROC": [1],
        "RCSLS": [1, 2],
    }
    cosine = rows[(rows["retrieval"] == "cosine") & (rows["protocol"] == "pair")]
    one, two = (cosine[(cosine["method"] == "RCSLS") & (cosine["seed"] == s)] for s in (1, 2))
    assert one["MRR"].tolist() != two["MRR"].tolist()
    expected = by_hand(folders, "en-de", RCSLSAligner(n_iter=1, batch_size=20, random_state=2))
    np.testing.assert_allclose(two["MRR"], expected.loc[("cosine", "pair"), "MRR"])


def test_processes_give_the_same_figures(folders):
    alone = folders.run(methods=["PROC", "VecMap"])
    for path in folders.results.glob("cells/*"):
        path.unlink()
    with joblib.parallel_config("loky", n_jobs=2):
        together = folders.run(methods=["PROC", "VecMap"])
    assert_frame_equal(alone.rows.drop(columns=TIMES), together.rows.drop(columns=TIMES))
    assert_frame_equal(alone.ranks, together.ranks)


def test_workers_are_sent_paths_and_open_maps(folders, monkeypatch):
    tasks = []

    def spying(task):
        tasks.append(task)
        return _cell.run_task(task)

    monkeypatch.setattr(_execution, "run_task", spying)
    # float16, which cannot be mapped as float32, is converted; float32 is mapped where it is.
    vectors = np.load(folders.spaces / "de.npy")
    np.save(folders.spaces / "de.npy", vectors.astype(np.float16))
    folders.run(methods=["PROC"])
    for task in tasks:
        assert len(pickle.dumps(task)) < 4000
        for space in (task.source, task.target):
            vectors = space.open().vectors
            while isinstance(vectors, np.ndarray) and not isinstance(vectors, np.memmap):
                vectors = vectors.base
            assert isinstance(vectors, np.memmap)
            assert vectors.dtype == np.float32
    paths = {task.cell.source: task.source.path for task in tasks}
    assert paths["en"] == str(folders.spaces / "en.npy")
    assert paths["fr"].startswith(str(folders.results / "spaces"))


def test_peak_memory_is_that_of_the_cell(folders):
    """A process that once held more does not report it again, where Linux lets it."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux sets the peak back")
    before = folders.run(methods=["PROC"], language_pairs=["en-de"]).rows["peak_mib"].max()
    ballast = np.ones(50 << 20)
    ballast.fill(2)
    during = (
        folders.run(methods=["PROC"], language_pairs=["en-de"], seeds=[1]).rows["peak_mib"].max()
    )
    del ballast
    after = (
        folders.run(methods=["PROC"], language_pairs=["en-de"], seeds=[2]).rows["peak_mib"].max()
    )
    assert during > before + 350
    assert after < during - 350


def test_formats(folders):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    results = folders.run(format="parquet")
    assert {path.name for path in folders.results.iterdir() if path.is_file()} == {
        ".lock",
        "results.parquet",
        "ranks.parquet",
    }
    parquet = BenchmarkResults.load(folders.results)
    results.save(folders.results, "csv")
    assert not (folders.results / "results.parquet").exists()
    csv = BenchmarkResults.load(folders.results)
    for loaded in (parquet, csv):
        assert_frame_equal(loaded.rows, results.rows)
        assert_frame_equal(loaded.ranks, results.ranks)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"format": "xlsx"},
            ValueError,
            "'format' parameter must be 'parquet' or 'csv'",
        ),
        ({"unseen_by": "none"}, ValueError, "'unseen_by' parameter must be"),
        ({"metric": "P@0"}, ValueError, "'metric' parameter must be"),
        ({"retrieval": "dot"}, ValueError, "'retrieval' parameter must be"),
        ({"protocol": []}, ValueError, "protocol is empty"),
    ],
)
def test_refused_before_anything_is_written(folders, options, error, message):
    with pytest.raises(error, match=message):
        folders.run(**options)
    assert not folders.results.exists()


def test_without_pyarrow(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-instamap\[benchmark\]"'):
        folders.run(format="parquet")
    folders.run(format=None, language_pairs=["en-de"], methods=["PROC"])
    assert (folders.results / "results.csv").exists()


def test_no_results_yet(tmp_path):
    with pytest.raises(OSError, match="has no results of a benchmark"):
        BenchmarkResults.load(tmp_path)


def test_one_run_at_a_time(folders):
    folders.run(language_pairs=["en-de"], methods=["PROC"])
    script = (
        "import filelock, sys\n"
        "with filelock.FileLock(sys.argv[1]): print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, folders.results / ".lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        with pytest.raises(OSError, match="another benchmark is running there"):
            folders.run()
        other.stdin.close()
    folders.run()


def test_killed_worker_is_one_sentence(folders, monkeypatch):
    class Dying(VecMapAligner):
        def _fit_pairs(self, X, y, source, target):
            import os
            import signal

            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(OSError, match="The system killed a worker process"):
        folders.run(methods={"dying": Dying()}, n_jobs=2)
    folders.run()


def test_damaged_cells_are_run_again(folders, count_cells):
    before = folders.run()
    count_cells.clear()
    path = sorted(folders.results.glob("cells/*.npz"))[0]
    path.write_bytes(path.read_bytes()[:-70] + b"x" * 70)
    with pytest.warns(UserWarning, match=f"{path.name}: is damaged"):
        after = folders.run()
    assert len(count_cells) == 1
    assert_frame_equal(after.rows.drop(columns=TIMES), before.rows.drop(columns=TIMES))


def overwrite(path):
    content = bytearray(path.read_bytes())
    content[200:1000] = bytes(800)
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def forge(text):
    return lambda path: path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("*.npy", overwrite),
        ("*.npy", cut),
        ("*.words", cut),
        ("*.npy", lambda path: path.unlink()),
        ("*.json", cut),
        *(
            ("*.json", forge(text))
            for text in ("", "null", "[]", "{}", '{"content": 3}', "[" * 9999)
        ),
    ],
)
def test_damaged_copies_of_spaces_are_made_again(folders, count_cells, pattern, damage):
    before = folders.run()
    copies = folders.results / "spaces"
    kept = {path.name: path.read_bytes() for path in copies.iterdir()}
    damage(sorted(copies.glob(pattern))[0])
    count_cells.clear()
    with pytest.warns(UserWarning, match="copy of a space, or the record of it, is damaged"):
        after = folders.run()
    assert {path.name: path.read_bytes() for path in copies.iterdir()} == kept
    assert not count_cells
    assert_frame_equal(after.rows, before.rows)


def test_copies_of_two_spaces_in_each_others_place_are_made_again(folders):
    before = folders.run(methods=["PROC"])
    first, second = sorted((folders.results / "spaces").glob("*.npy"))[:2]
    for suffix in (".npy", ".words", ".json"):
        paths = [path.with_suffix(suffix) for path in (first, second)]
        contents = [path.read_bytes() for path in paths]
        for path, content in zip(paths, reversed(contents), strict=True):
            path.write_bytes(content)
    for path in folders.results.glob("cells/*"):
        path.unlink()
    with pytest.warns(UserWarning, match="its digest is another one"):
        after = folders.run(methods=["PROC"])
    assert_frame_equal(after.rows.drop(columns=TIMES), before.rows.drop(columns=TIMES))


def test_damaged_tables_are_one_sentence(folders):
    folders.run(methods=["PROC"])
    (folders.results / "results.csv").write_bytes(b"\xff\x00\n,,\x00")
    with pytest.raises(ValueError, match=r"results\.csv: cannot be read"):
        BenchmarkResults.load(folders.results)


def test_the_largest_dictionary_where_5k_is_missing(folders):
    rows = folders.run(methods=["PROC"], sizes="auto").rows
    assert set(rows["dictionary_size"]) == {"1k"}
    for path in folders.dictionaries.glob("*train.freq.1k.en-de*"):
        path.rename(path.with_name(path.name.replace("1k", "5k")))
    rows = folders.run(methods=["PROC"], sizes="auto", unseen_by="largest").rows
    sizes = rows.groupby("language_pair")["dictionary_size"].unique().map(list).to_dict()
    assert sizes == {"en-de": ["5k"], "fr-it": ["1k"]}
    one = folders.run(methods="PROC", sizes="1k", language_pairs="fr-it", seeds=0).rows
    assert set(one["dictionary_size"]) == {"1k"}
    for wrong in ({"max_words": 0}, {"encoding_errors": "x"}):
        with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter must be"):
            folders.run(**wrong)


def test_workers_used_again_find_the_files_of_another_folder(folders, monkeypatch):
    options = {"methods": ["PROC"], "language_pairs": ["en-de"], "n_jobs": 2}
    folders.run(**options)
    monkeypatch.chdir(folders.spaces.parent)
    relative = [path.relative_to(folders.spaces.parent) for path in folders]
    results = folders._replace(**dict(zip(folders._fields, relative, strict=True))).run(
        **options, seeds=[0], csls_neighbors=5
    )
    assert (results.rows["status"] == "ok").all()
