"""Two Dask workers give the figures of one process, in a benchmark and in GridSearchCV."""

from __future__ import annotations

import os

import joblib
import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.model_selection import GridSearchCV

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.benchmark import _execution
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

TIMES = ["fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib"]


@pytest.fixture(scope="module")
def cluster():
    # A task that has killed one worker must not kill another.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as started,
    ):
        yield started


def tasks_done(cluster) -> list[int]:
    """How many tasks each worker has run."""
    with distributed.Client(cluster) as client:
        return list(client.run(lambda dask_worker: dask_worker.state.executed_count).values())


def test_benchmark(folders, cluster, tmp_path):
    alone = folders.run(methods=["PROC", "VecMap", "InstaMap"])
    elsewhere = folders._replace(results=tmp_path / "elsewhere")
    shared = elsewhere.run(
        methods=["PROC", "VecMap", "InstaMap"], scheduler=cluster.scheduler_address
    )
    assert (shared.rows["status"] == "ok").all()
    assert_frame_equal(shared.rows.drop(columns=TIMES), alone.rows.drop(columns=TIMES))
    assert_frame_equal(shared.ranks, alone.ranks)
    # How many each takes depends on how busy the machine is.
    assert min(tasks_done(cluster)) >= 1


def test_grid_search(en_de, cluster):
    spaces = {"source_space": en_de["source"], "target_space": en_de["target"]}

    def search():
        return GridSearchCV(
            InstaMapAligner(),
            {"n_neighbors": [5, 30], "n_iter": [1, 2]},
            scoring=make_bli_scorer(en_de["target"]),
            cv=WordDisjointKFold(2, random_state=0),
        ).fit(en_de["X"], en_de["y"], **spaces)

    alone, before = search(), sum(tasks_done(cluster))
    with distributed.Client(cluster) as client, joblib.parallel_config("dask", client=client):
        shared = search()
    # joblib may put several of the eight fits into one task.
    assert sum(tasks_done(cluster)) > before
    assert shared.best_params_ == alone.best_params_
    np.testing.assert_array_equal(
        shared.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


def test_lost_worker_is_a_failed_cell(folders, cluster):
    class Dying(ProcrustesAligner):
        def _fit_pairs(self, X, y, source, target):
            os._exit(1)

    results = folders.run(
        methods={"dying": Dying(), "PROC": ProcrustesAligner()},
        language_pairs=["en-de"],
        scheduler=cluster.scheduler_address,
    )
    assert results.failed["method"].tolist() == ["dying"]
    assert results.failed["error"].str.startswith("KilledWorker: ").all()
    assert set(results.ranks["method"]) == {"PROC"}


def test_joblib_on_dask(folders, cluster, tmp_path):
    alone = folders.run(methods=["PROC"])
    elsewhere = folders._replace(results=tmp_path / "elsewhere")
    with distributed.Client(cluster) as client, joblib.parallel_config("dask", client=client):
        shared = elsewhere.run(methods=["PROC"])
    assert_frame_equal(shared.rows.drop(columns=TIMES), alone.rows.drop(columns=TIMES))
    assert_frame_equal(shared.ranks, alone.ranks)


def test_nobody_at_the_address(folders, monkeypatch):
    monkeypatch.setattr(_execution, "_SECONDS_TO_CONNECT", 1)
    with pytest.raises(OSError, match=r"tcp://127\.0\.0\.1:1: no Dask scheduler answers there"):
        folders.run(scheduler="tcp://127.0.0.1:1")


def test_scheduler_without_workers(folders):
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(OSError, match="the scheduler has no workers"),
    ):
        folders.run(scheduler=empty.scheduler_address)
