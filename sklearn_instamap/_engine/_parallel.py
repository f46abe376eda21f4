"""Run many small tasks on a few threads, one BLAS thread to each.

Threads over tiles beat threads inside the BLAS: the selection that follows every
matrix product runs in parallel too, and numpy releases the interpreter lock in both.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import current_process
from time import monotonic
from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn import get_config
from threadpoolctl import ThreadpoolController

from sklearn_instamap.progress import TilesDone, emit, is_listening

# A listener hears of progress at most this often (seconds).
REPORT_EVERY = 0.1


@lru_cache(maxsize=2)
def _libraries(*, per_thread: bool) -> list[Any]:
    """Return the BLAS libraries whose number of threads is each thread's own, or the others.

    Looking for them takes milliseconds.
    """
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    return [
        library
        for library in libraries
        if (getattr(library, "threading_layer", None) == "openmp") is per_thread
    ]


def limit_threads(libraries: list[Any]) -> list[tuple[Any, int]]:
    """Limit libraries to one thread; return those that obeyed and their threads before."""
    before = [(library, library.get_num_threads()) for library in libraries]
    for library in libraries:
        library.set_num_threads(1)
    return [(library, n) for library, n in before if library.get_num_threads() != n]


def restore_threads(limited: list[tuple[Any, int]]) -> None:
    """Undo `limit_threads`, in whatever thread."""
    for library, n_threads in limited:
        # Since threadpoolctl 3.8 the thread that set a limit is the only one heard, until
        # it is told to hand over.
        hand_over = getattr(library, "clear_controlling_thread", lambda force: None)
        hand_over(force=True)
        library.set_num_threads(n_threads)
        hand_over(force=True)


class _OneBlasThread:
    """Limit the BLAS to one thread while at least one caller is inside.

    As a rule the limit belongs to the process, not to a thread: were every caller to restore
    what it found, two overlapping calls could leave the BLAS at one thread for good, or lift
    the limit under the other's feet. So the first one in sets it, the last one out lifts it.
    A BLAS on OpenMP has a limit for every thread, which each caller sets for itself.
    """

    def __init__(self) -> None:
        self._limited: list[tuple[Any, int]] = []
        self._forget_callers()

    def _forget_callers(self) -> None:
        # Also run in the child of a fork, where the threads inside do not exist and the
        # lock may have been copied while held. What the parent has limited is remembered:
        # with it, the number of threads to go back to.
        self._lock = threading.Lock()
        self._n_inside = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        own = limit_threads(_libraries(per_thread=True))
        with self._lock:
            # Finds nothing to do once limited, unless threadpoolctl did not listen to the
            # thread that came first.
            self._limited += limit_threads(_libraries(per_thread=False))
            self._n_inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0:
                    restore_threads(self._limited)
                    self._limited = []
            restore_threads(own)


one_blas_thread = _OneBlasThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_blas_thread._forget_callers)


def working_memory() -> int:
    """Return scikit-learn's `working_memory` in bytes."""
    return int(get_config()["working_memory"] * 2**20)


def count_workers(n_jobs: int | None, n_tasks: int, affordable: int) -> int:
    """Return how many threads to use: as asked, as there are tasks, and as memory allows."""
    if get_active_backend()[0].nesting_level or current_process().daemon:
        # Inside a worker of joblib or multiprocessing the cores are already shared out.
        return 1
    return max(1, min(effective_n_jobs(n_jobs), n_tasks, affordable))


class _Stopped(Exception):
    """Another thread failed or the user interrupted: unwind."""


class Run:
    """The threads, the stop flag and the progress of one call of the engine.

    `total` is the number of times `tick` will be called; a worker calls it after every
    tile, so that an interrupted run stops after one more tile per thread.
    """

    def __init__(self, job: str, total: int, n_workers: int) -> None:
        self.job = job
        self.total = total
        self.n_workers = n_workers
        self._lock = threading.Lock()
        self._done = 0
        self._stop = False
        self._inline = False
        self._listening = is_listening()
        self._next_report = monotonic() + REPORT_EVERY

    def tick(self) -> None:
        """Count one tile; leave the task if the run is being stopped."""
        if self._stop:
            raise _Stopped
        with self._lock:
            self._done += 1
        if self._inline:
            self._report()

    def _report(self) -> None:
        finished = self._done == self.total
        if self._listening and (finished or monotonic() >= self._next_report):
            self._next_report = monotonic() + REPORT_EVERY
            emit(TilesDone(self.job, self._done, self.total))

    def map(
        self, work: Callable[[Any, int], None], n_tasks: int, new_worker: Callable[[], Any]
    ) -> None:
        """Call ``work(worker, task)`` for every task; each thread has its own worker."""
        n_threads = min(self.n_workers, n_tasks)
        self._inline = n_threads == 1
        if self._inline:
            worker = new_worker()
            for task in range(n_tasks):
                work(worker, task)
            return
        tasks = iter(range(n_tasks))
        errors: list[BaseException] = []
        finished = threading.Semaphore(0)

        def loop() -> None:
            try:
                limit_threads(_libraries(per_thread=True))
                worker = new_worker()
                while not self._stop:
                    with self._lock:
                        task = next(tasks, None)
                    if task is None:
                        break
                    work(worker, task)
            except _Stopped:
                pass
            except BaseException as error:
                errors.append(error)
                self._stop = True
            finally:
                finished.release()

        threads = [
            threading.Thread(target=loop, name=f"instamap-{self.job}-{i}", daemon=True)
            for i in range(n_threads)
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in threads:
                # Never without a time-out, listener or not: a signal that comes just before the
                # wait begins would not end it.
                while not finished.acquire(timeout=REPORT_EVERY):
                    self._report()
        except BaseException:
            # Ctrl-C lands here, in the main thread.
            self._stop = True
            raise
        finally:
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        if errors:
            raise errors[0]
        self._report()
