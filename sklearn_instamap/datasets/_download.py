"""Downloads that continue after an interruption, and appear whole and checked or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from sklearn_instamap._files import complete, refuse_in_place
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._records import read_record
from sklearn_instamap.progress import BytesDone, emit, is_listening

# Of a chunk that is cut short nothing is kept.
_CHUNK = 2**16
_SECONDS_BETWEEN_REPORTS = 0.2
# Five times the largest of fastText's files.
_LARGEST = 1 << 35
# Server errors that may pass.
_PASSING = {429, 500, 502, 503, 504}


def import_fetching() -> tuple[ModuleType, ModuleType]:
    """Return the modules ``pooch`` and ``requests``, or say in one sentence how to install them."""
    pooch, requests = (
        import_optional(name, "Fetching data", "datasets") for name in ("pooch", "requests")
    )
    return pooch, requests


def check_hash(known_hash: str) -> str:
    """Return a hash as ``algorithm:digits``, SHA-256 if it names no algorithm."""
    algorithm, _, digits = f"{known_hash}".lower().rpartition(":")
    algorithm = algorithm or "sha256"
    known = algorithm in hashlib.algorithms_available and not algorithm.startswith("shake")
    if not known or not re.fullmatch("[0-9a-f]+", digits):
        raise ValueError(
            "known_hash must be hexadecimal digits, with the algorithm before them if it is not "
            f"SHA-256, such as 'md5:0cc1…'; got {known_hash!r}."
        )
    return f"{algorithm}:{digits}"


@dataclass(frozen=True)
class _Remote:
    """What a partial download is a part of; kept beside it."""

    url: str
    size: int | None
    validator: str | None

    @classmethod
    def of(cls, path: Path) -> _Remote | None:
        try:
            remote = cls(**read_record(path))
        except (OSError, ValueError, TypeError):
            # None, or half of one: the download starts again.
            return None
        is_one = (
            isinstance(remote.url, str)
            and (remote.size is None or type(remote.size) is int)
            and (remote.validator is None or _is_sendable(remote.validator))
        )
        return remote if is_one else None


class _BrokenOff(Exception):
    """A download ended early; the message says why. Trying again may help."""


class Downloader:
    """Fetches files over one HTTP session.

    While the connection breaks it tries again, each time where the last attempt ended, if the
    server can do that and its file is still the same. ``wait`` are the seconds before the second
    attempt, twice as many before each further one; ``timeout`` those of silence after which the
    connection counts as broken.
    """

    def __init__(self, *, attempts: int = 5, wait: float = 1.0, timeout: float = 60.0) -> None:
        self.attempts = attempts
        self.wait = wait
        self.timeout = timeout
        self._pooch, self._requests = import_fetching()
        self._session: Any = self._requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def obtain(
        self,
        url: str,
        path: Path,
        *,
        known_hash: str | None = None,
        download_if_missing: bool = True,
        largest: int = _LARGEST,
    ) -> None:
        """Make sure that a file is there and has its hash; download it where it is not.

        A hash is from `check_hash`; None trusts the size which the server announces. ``largest`` is
        more bytes than the file can have, so that no server fills the disk. Raises OSError if the
        file cannot be downloaded completely; ``path`` is then as it was before.
        """
        part = path.with_name(f"{path.name}.part")
        refuse_in_place(path, part, _remote_path(part))
        if path.exists():
            problem = self._difference(path, known_hash)
            if problem is None:
                return
            if download_if_missing:
                warnings.warn(
                    f"{printable(path)}: {problem}; it is fetched again.", UserWarning, stacklevel=3
                )
        if not download_if_missing:
            raise FileNotFoundError(
                f"{printable(path)}: is missing or damaged, and download_if_missing=False; put "
                f"{printable(url)} there."
            )
        self._download(url, part, path, need_size=known_hash is None, largest=largest)
        problem = self._difference(part, known_hash)
        if problem is not None:
            _discard(part)
            raise OSError(
                f"{url}: what was downloaded is damaged or has changed and was removed ({problem})."
            )
        complete(part, path)
        _discard(part)

    def file_hash(self, path: Path, algorithm: str = "sha256") -> str:
        """Return a file's hash as ``algorithm:digits``."""
        return f"{algorithm}:{self._pooch.file_hash(str(path), alg=algorithm)}"

    def _difference(self, path: Path, known_hash: str | None) -> str | None:
        """Say how a file differs from what its hash promises, if it does."""
        if known_hash is None:
            return None
        found = self.file_hash(path, known_hash.partition(":")[0])
        return None if found == known_hash else f"its hash is {found} instead of {known_hash}"

    @shown_safely()
    def _download(self, url: str, part: Path, path: Path, *, need_size: bool, largest: int) -> None:
        """Complete the partial file, in several attempts if need be."""
        before = _size_of(part)
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.wait * 2 ** (attempt - 1))
            try:
                return self._receive(url, part, need_size=need_size, largest=largest)
            except (ValueError, self._requests.TooManyRedirects) as error:
                # Addresses that are none, of a redirection too, and circles: the next time it
                # would be the same.
                raise OSError(
                    f"{url}: cannot be fetched from there ({_reason(error)}); check the address, "
                    f"or put the file at {path}."
                ) from None
            except (_BrokenOff, self._requests.RequestException) as error:
                reason = _reason(error)
                unreachable = isinstance(error, self._requests.ConnectionError)
                if unreachable and attempt and _size_of(part) == before:
                    # Most likely there is no network: more attempts would only delay the error.
                    raise ConnectionError(
                        f"{url}: cannot be reached ({reason}); connect to the network, or put the "
                        f"file at {path}."
                    ) from None
        known = _Remote.of(_remote_path(part))
        if known is None or known.validator is None:
            # It would begin anew.
            _discard(part)
        have = _size_of(part)
        again = "call again to continue" if have else "try again later"
        raise ConnectionError(
            f"{url}: the download broke off after {have:,} bytes ({reason}); {again}, or put the "
            f"file at {path}."
        )

    def _receive(self, url: str, part: Path, *, need_size: bool, largest: int) -> None:
        """Request what is missing of a file, and append it to the partial file."""
        known = _Remote.of(_remote_path(part))
        have = _size_of(part)
        # As it is, so that the size announced is the size of the file.
        headers = {"Accept-Encoding": "identity"}
        if known is None or known.url != url or known.validator is None:
            have = 0
        elif have == known.size:
            return
        elif have:
            # If-Range: a file that has changed meanwhile is sent as a whole.
            headers |= {"Range": f"bytes={have}-", "If-Range": known.validator}
        with self._session.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if url.startswith("https:") and not response.url.startswith("https:"):
                raise ValueError(f"it leads to {printable(response.url)}, which is not encrypted")
            if known is not None and have and _goes_on(response, have, known):
                remote = known
            else:
                remote, have = self._begin(url, part, response, need_size=need_size), 0
            most = largest if remote.size is None else remote.size
            if most > largest:
                _discard(part)
                raise ValueError(f"the server announces {most:,} bytes, more than such a file has")
            report = _Reporter(part.stem, remote.size)
            with _writing(part), open(part, "ab") as stream:
                try:
                    for chunk in response.iter_content(_CHUNK):
                        have += len(chunk)
                        if have > most:
                            # It may go on without end.
                            break
                        stream.write(chunk)
                        report(have)
                except self._requests.RequestException as error:
                    raise _BrokenOff(_reason(error)) from None
        if have > most:
            _discard(part)
            if remote.size is None:
                raise ValueError(f"the server sends more than {most:,} bytes, without end")
            raise _BrokenOff(f"the server sends more than the {most:,} bytes it announced")
        if not have and not remote.size:
            _discard(part)
            raise ValueError("the server sent an empty file")
        if remote.size is None or have == remote.size:
            return
        raise _BrokenOff(f"the server sent {have:,} of {remote.size:,} bytes")

    def _begin(self, url: str, part: Path, response: Any, *, need_size: bool) -> _Remote:
        """Begin a partial file with what the server says about the whole."""
        status = response.status_code
        if status in _PASSING:
            raise _BrokenOff(f"the server answers {status} {printable(response.reason)}")
        if status in (206, 416):
            # A part that does not follow on ours; or ours is longer than the file now is.
            _discard(part)
            raise _BrokenOff("the file has changed on the server")
        if status != 200:
            raise OSError(
                f"{url}: the server does not give the file ({status} "
                f"{printable(response.reason)}); check its name."
            )
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        length = None if encoded else response.headers.get("Content-Length")
        if length is None and need_size:
            raise OSError(
                f"{url}: the server does not announce the size, without which a truncated "
                "download cannot be noticed; pass known_hash."
            )
        if length is not None and not (length.isascii() and length.isdigit() and len(length) < 19):
            raise OSError(
                f"{url}: the server announces the size {printable(length[:40])!r}, which is "
                "not a number of bytes; try again later, or download the file by hand."
            )
        validator = None if encoded else _validator(response)
        remote = _Remote(url, None if length is None else int(length), validator)
        _discard(part)
        with _writing(part):
            _remote_path(part).write_text(json.dumps(asdict(remote)), encoding="utf-8")
        return remote


def _validator(response: Any) -> str | None:
    """Return what a server calls this version of the file, if anything."""
    etag = response.headers.get("ETag")
    if etag is None or etag.startswith("W/"):
        # A weak one does not promise equal bytes.
        etag = response.headers.get("Last-Modified")
    return etag if _is_sendable(etag) else None


def _is_sendable(validator: Any) -> bool:
    """Tell whether a text may stand in a request; others would be an error there."""
    return isinstance(validator, str) and re.fullmatch("[!-~][ -~]*", validator) is not None


def _goes_on(response: Any, have: int, known: _Remote) -> bool:
    """Whether an answer continues exactly where the partial file ends, in the same file."""
    size = "*" if known.size is None else known.size
    text = response.headers.get("Content-Range", "")
    return (
        response.status_code == 206
        # Where the server says which version this is, whatever If-Range asked of it.
        and _validator(response) in (None, known.validator)
        and "Content-Encoding" not in response.headers
        and text.startswith(f"bytes {have}-")
        and text.endswith(f"/{size}")
    )


@contextmanager
def _writing(part: Path) -> Iterator[None]:
    """Name the file that cannot be written, as where the disk is full."""
    try:
        yield
    except OSError as error:
        # What requests raises has no number, and is told elsewhere.
        if error.errno is None:
            raise
        raise type(error)(
            f"{printable(part)}: cannot be written ({error.strerror}); make room or name another "
            "folder, and call again to continue."
        ) from None


def _remote_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _remote_path(part).unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    """Return the innermost reason, in which requests wraps its others, in one line."""
    while error.args and isinstance(error.args[-1], Exception):
        error = error.args[-1]
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        return _reason(reason)
    text = " ".join(str(error).split()).rpartition("object at ")[2]
    # What servers answer may be part of it.
    return printable(text[:200]) or type(error).__name__


class _Reporter:
    """Reports how much of a file of known size is there, a few times a second."""

    def __init__(self, name: str, size: int | None) -> None:
        self.name = name
        self.size = size
        self.next = 0.0

    def __call__(self, have: int) -> None:
        """Report that so many bytes are there, unless it was just done."""
        if self.size is None or not is_listening():
            return
        now = time.monotonic()
        if now < self.next and have < self.size:
            return
        self.next = now + _SECONDS_BETWEEN_REPORTS
        emit(BytesDone(self.name, have, self.size))
