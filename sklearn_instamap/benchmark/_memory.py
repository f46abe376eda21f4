"""The most memory a process had resident during a stretch of code."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 1 << 20
_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
# What proc(5) documents: set the peak resident set size back to the current one.
_RESET_PEAK = "5"


@contextmanager
def peak_memory() -> Iterator[Callable[[], float]]:
    """Measure the peak of the resident memory, in MiB, of the enclosed code.

    Resident is all of the process: the interpreter, its libraries, and the pages of memory-mapped
    spaces that were used, which several processes share. On Linux the peak is set back first, so
    that a worker process which is used again does not report its earlier tasks. Elsewhere it
    cannot be, and the peak is that of the process so far; nan where the system does not tell.

    Yields
    ------
    callable
        Returns the peak so far.
    """
    gc.collect()
    yield _peak_since_reset if _reset_peak() else _peak_of_process


def _reset_peak() -> bool:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _peak_since_reset() -> float:
    match = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), flags=re.MULTILINE)
    return int(match[1]) * 1024 / _MIB if match else _peak_of_process()


def _peak_of_process() -> float:
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MIB if sys.platform == "darwin" else peak * 1024 / _MIB
