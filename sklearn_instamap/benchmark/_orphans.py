"""Worker processes end with the process that started them, even where that is killed."""

from __future__ import annotations

import os
import threading
import time
from functools import cache

_SECONDS_BETWEEN_LOOKS = 0.5


def end_with(starter: int) -> None:
    """End this process as soon as the one that started it is gone.

    Left to themselves, joblib's workers would finish what they are at, for nobody, and then wait
    five minutes for more: run, killed and run again, a benchmark would fill the memory with them.

    Parameters
    ----------
    starter : int
        Process id of the one that gave the work. Nothing is done where that did not start this
        process: where it is this process, or on another machine.
    """
    if os.getppid() == starter:
        _watch(starter)


@cache
def _watch(starter: int) -> None:
    def watch() -> None:
        # An orphan is given another parent. (Not on Windows, where it stays for its five minutes.)
        while os.getppid() == starter:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, name="instamap-watch", daemon=True).start()
