"""Where fetched data are kept, and one process at a time fetching them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from sklearn_instamap._files import StrPath, locked
from sklearn_instamap._printable import shown_safely
from sklearn_instamap._wording import named


@shown_safely()
def get_data_home(data_home: StrPath | None = None) -> Path:
    """Return the folder where fetched data are kept, making it if it is not there.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder; ``~`` is the user's home. None is the environment variable
        ``INSTAMAP_DATA``, and where that is not set ``~/sklearn_instamap_data``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OSError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_instamap.datasets import get_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     get_data_home(f"{folder}/corpora").name
    'corpora'
    """
    if data_home is None:
        data_home = os.environ.get("INSTAMAP_DATA") or "~/sklearn_instamap_data"
    folder = Path(data_home).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"{folder}: cannot be created as the folder for data ({error.strerror}); name another "
            f"by {named('data_home')} or INSTAMAP_DATA."
        ) from None
    return folder


def one_at_a_time(path: Path) -> AbstractContextManager[None]:
    """Let one process at a time into the block; the others wait for it."""
    return locked(path, "Fetching data", "datasets")
