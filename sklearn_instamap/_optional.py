"""PyTorch where it is needed: imported late, seeded by us, its settings given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def import_torch(user: str) -> Any:
    """Return the module ``torch``, or say in one sentence how to install it.

    Parameters
    ----------
    user : str
        Name of the estimator that needs it, for the message.

    Returns
    -------
    module
        PyTorch.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f'{user} needs PyTorch, which is not installed: pip install "sklearn-instamap[bliss]".'
        ) from error
    return torch


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """Let PyTorch compute in one thread, and give the process its setting back after.

    With more threads sums are split differently, and thousands of steps of adversarial training
    amplify the rounding: a seed would no longer fix the result.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
