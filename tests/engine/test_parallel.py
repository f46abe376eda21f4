"""Threads end, limits are lifted, processes and nesting are harmless, interrupts are prompt."""

import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_backend
from threadpoolctl import ThreadpoolController, threadpool_limits

from sklearn_instamap._engine import csls_means, top_k
from sklearn_instamap._engine._parallel import Run, count_workers, one_blas_thread
from sklearn_instamap.progress import TilesDone, report_to


def blas_threads():
    """Number of threads of every BLAS in the process."""
    return [
        library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()
    ]


def engine_threads():
    """Threads of the engine which are alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("instamap")]


def neighbors(n_jobs=2):
    """Do one search; give a result that tells wrong from right."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(700, 20)), rng.normal(size=(2000, 20))
    return top_k(X, Y, 5, n_jobs=n_jobs)[1].sum()


@pytest.fixture(scope="module")
def expected():
    return neighbors(n_jobs=1)


@pytest.fixture
def two_blas_threads():
    """A process whose BLAS has two threads, whatever the machine."""
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.mark.usefixtures("two_blas_threads")
def test_blas_limit_is_lifted_by_the_last_to_leave():
    before = blas_threads()
    assert set(before) == {2}
    with one_blas_thread():
        assert set(blas_threads()) == {1}
        with one_blas_thread():
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.parametrize("main_leaves_first", [True, False])
def test_overlapping_calls_restore_the_limit(main_leaves_first):
    # The first in is the first out: restoring what each one found would end at one thread.
    main_is_out, other_is_out = threading.Event(), threading.Event()
    both_in = threading.Barrier(2)
    seen = []

    def other():
        with one_blas_thread():
            both_in.wait(10)
            if main_leaves_first:
                main_is_out.wait(10)
                seen.append(set(blas_threads()))
        other_is_out.set()

    thread = threading.Thread(target=other)
    thread.start()
    with one_blas_thread():
        both_in.wait(10)
        if not main_leaves_first:
            other_is_out.wait(10)
            seen.append(set(blas_threads()))
    main_is_out.set()
    thread.join()
    assert seen == [{1}]
    assert set(blas_threads()) == {2}


@pytest.mark.usefixtures("two_blas_threads")
def test_limit_is_lifted_and_threads_end_after_errors():
    def broken(_):
        raise RuntimeError("broken listener")

    with pytest.raises(RuntimeError, match="broken listener"), report_to(broken):
        csls_means(np.ones((40_000, 50)), np.ones((5000, 50)), n_jobs=2)
    assert not engine_threads()
    assert set(blas_threads()) == {2}


@pytest.mark.usefixtures("two_blas_threads")
def test_interleaved_searches_from_many_threads(expected):
    with parallel_backend("threading", n_jobs=4):
        assert Parallel()(delayed(neighbors)() for _ in range(8)) == [expected] * 8
    assert not engine_threads()
    assert set(blas_threads()) == {2}


def test_error_in_a_thread_reaches_the_caller():
    done = []

    def work(worker, task):
        done.append(task)
        if task == 5:
            raise ValueError("task 5 failed")

    run = Run("test", 1000, 3)
    with pytest.raises(ValueError, match="task 5 failed"):
        run.map(work, 1000, lambda: None)
    assert len(done) < 1000
    assert not engine_threads()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_interrupt_is_prompt_and_leaves_no_thread(n_jobs):
    rows = np.random.default_rng(0).normal(size=(100_000, 50)).astype(np.float32)
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.4, interrupt)
    timer.start()
    # Minutes of work.
    with pytest.raises(KeyboardInterrupt):
        csls_means(rows, rows, n_jobs=n_jobs)
    assert time.monotonic() - sent[0] < 1
    timer.join()
    assert not engine_threads()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes(method, expected):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this platform")
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(neighbors, [1, 2, 2]) == [expected] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork_while_a_search_runs(expected):
    # The child gets the lock as it is and none of the threads that would release it.
    with one_blas_thread():
        assert one_blas_thread._lock.acquire(timeout=10)
        try:
            process = os.fork()
            if process == 0:
                fine = neighbors() == expected and set(blas_threads()) == {2}
                os._exit(0 if fine else 1)
        finally:
            one_blas_thread._lock.release()
        _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_loky_workers_use_one_thread_each(expected):
    def search():
        return neighbors(), count_workers(2, 100, 100), count_workers(-1, 100, 100)

    results = Parallel(n_jobs=2, backend="loky")(delayed(search)() for _ in range(2))
    assert results == [(expected, 1, 1)] * 2


def test_joblib_threads_use_one_thread_each():
    counts = Parallel(n_jobs=2, backend="threading")(
        delayed(count_workers)(n_jobs, 100, 100) for n_jobs in (2, -1, None)
    )
    assert counts == [1, 1, 1]


def test_number_of_threads():
    assert count_workers(None, 100, 100) == 1
    assert count_workers(3, 100, 100) == 3
    assert count_workers(3, 2, 100) == 2
    assert count_workers(3, 100, 1) == 1
    assert count_workers(3, 0, 0) == 1
    with parallel_backend("threading", n_jobs=2):
        assert count_workers(None, 100, 100) == 2
    with pytest.raises(ValueError, match="n_jobs == 0"):
        count_workers(0, 100, 100)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_counts_to_the_end(n_jobs):
    events = []
    with report_to(events.append):
        neighbors(n_jobs)
    assert {type(event) for event in events} == {TilesDone}
    assert {event.job for event in events} == {"top-k"}
    done = [event.done for event in events]
    assert done == sorted(done)
    assert events[-1].done == events[-1].total == 6


def test_progress_is_reported_by_the_calling_thread():
    threads = set()
    rows = np.random.default_rng(0).normal(size=(20_000, 50)).astype(np.float32)
    with report_to(lambda event: threads.add(threading.current_thread())):
        csls_means(rows, rows[:3000], n_jobs=2)
    assert threads == {threading.current_thread()}
