"""What kind of file it is, told from its first bytes and not from its name."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

# So many first bytes decide.
HEAD = 1 << 16


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, what it is (after "is"), and what to do where it cannot be read.

    ``holds_data`` says that the remedy is about vectors in it, where there may be something else.
    """

    name: str
    what: str
    remedy: str = ""
    holds_data: bool = False


# What a file is expected to be, in messages.
VECTORS = "a file of vectors"


TEXT = Kind("text", "a text", "convert it to the expected format")
WORD2VEC = Kind("word2vec", "a binary word2vec file", "read it with read_vectors")
NPZ = Kind("npz", "a .npz archive", "read it with read_vectors")

_GENSIM = (
    "load it with the program that wrote it and pass the words and vectors to EmbeddingSpace, or "
    "gensim's KeyedVectors to EmbeddingSpace.from_keyed_vectors"
)
_EXPORT = "export its words and vectors and pass them to EmbeddingSpace"
_UNPACK = "unpack it, and read the file in it"
_AGAIN = "download the file itself"
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", Kind("gzip", "gzip-compressed twice", _UNPACK)),
    (b"BZh91AY&SY", Kind("bzip2", "compressed by bzip2 inside another compression", _UNPACK)),
    (b"\xfd7zXZ\0", Kind("xz", "compressed by xz inside another compression", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("zstd", "compressed by zstd inside another compression", _UNPACK)),
    (b"PK\x03\x04", Kind("zip", "a zip archive", _UNPACK)),
    (b"\x93NUMPY", Kind("npy", "a .npy file", "name it NAME.npy, with NAME.words beside it")),
    (
        b"\xba\x16\x4f\x2f",
        Kind("fasttext", "a fastText model", "read it with sklearn_instamap.io.read_fasttext"),
    ),
    (b"PAR1\x15", Kind("parquet", "a Parquet file", "read it with read_vectors")),
    (b"ARROW1\0\0", Kind("arrow", "an Arrow file", "read it with read_vectors")),
    (b"\xff\xff\xff\xff", Kind("arrow-stream", "an Arrow stream", "write an Arrow file instead")),
    (
        b"\x89HDF\r\n\x1a\n",
        Kind("hdf5", "an HDF5 file", f"{_EXPORT} (h5py, pandas.read_hdf)", True),
    ),
    (b"SQLite format 3\0", Kind("sqlite", "an SQLite database", _EXPORT, True)),
    (b"\x00\x01\x00\x00Standard Jet DB", Kind("access", "an Access database", _EXPORT, True)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z", "a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", Kind("rar", "a RAR archive", _UNPACK)),
    (b"\x1f\x9d", Kind("compress", "compressed by compress", "unpack it with uncompress")),
    (b"\x04\x22\x4d\x18", Kind("lz4", "compressed by lz4", "unpack it with lz4 -d")),
    (b"]\0\0", Kind("lzma", "compressed by lzma", "unpack it with unlzma")),
    (b"GGUF\3\0", Kind("gguf", "a model of llama.cpp", _EXPORT)),
    (
        b"MATLAB 5.0 MAT-file",
        Kind("matlab", "a MATLAB file", f"{_EXPORT} (scipy.io.loadmat)", True),
    ),
    # Written by MATLAB, and HDF5 behind its first 512 bytes.
    (b"MATLAB 7.3 MAT-file", Kind("matlab", "a MATLAB file", f"{_EXPORT} (h5py)", True)),
    (b"RDX3\n", Kind("r", "a file of R", _EXPORT, True)),
    (b"X\n\0\0\0", Kind("r", "a file of R", _EXPORT, True)),
    (b"\x89PNG", Kind("png", "an image", _AGAIN)),
    (b"\xff\xd8\xff", Kind("jpeg", "an image", _AGAIN)),
    (b"/annex/objects/", Kind("annex", "a git-annex pointer", "fetch it with git annex get")),
    (b"%PDF-", Kind("pdf", "a PDF document", _AGAIN)),
    (b"version https://git-lfs", Kind("lfs", "a Git LFS pointer", "fetch it with git lfs pull")),
    (b"{\\rtf", Kind("rtf", "a rich text document", "save it as plain text in UTF-8")),
    (b"\xd0\xcf\x11\xe0", Kind("ole", "an old Office document", "save it as text in UTF-8")),
    (b"\x80\x02", Kind("pickle", "a pickle", _GENSIM, True)),
    (b"\x80\x03", Kind("pickle", "a pickle", _GENSIM, True)),
    (b"\x80\x04", Kind("pickle", "a pickle", _GENSIM, True)),
    (b"\x80\x05", Kind("pickle", "a pickle", _GENSIM, True)),
)
_ICONV = "convert it to UTF-8, for example by iconv -f {0} -t UTF-8"
_UTF_16 = Kind("utf-16", "UTF-16 text", _ICONV.format("UTF-16"))
_UTF_32 = Kind("utf-32", "UTF-32 text", _ICONV.format("UTF-32"))
_TAR = Kind("tar", "a tar archive", "unpack it with tar -xf, and read the file in it")
_SAFETENSORS = Kind("safetensors", "a safetensors file", "read it with read_vectors")
_OLD_PICKLE = Kind("pickle", "a pickle", _GENSIM, True)
_HTML = Kind("html", "a web page or XML", _AGAIN)
_XML = Kind(
    "xml", "a web page or XML", "write the words in it to a text, or download the file itself"
)
_JSON = Kind(
    "json", "JSON", "load it with json, and pass words and vectors to EmbeddingSpace", True
)
_BINARY = Kind("binary", "a binary file of an unknown kind", "convert it to text first")
_ANSWER = Kind("answer", "the error message of a server", _AGAIN)
_ZEROS = Kind("zeros", "filled with zero bytes", "it is damaged, fetch it again")

NOT_THE_FILE = ("answer", "html", "lfs", "annex", "pdf")
"""What may lie in the place of a file that was not fetched."""

_HEADER = re.compile(rb"(\d{1,18})[ \t](\d{1,9})[ \t\r]*\n")
# Those of protocol 1 begin with an empty dict or list, put aside.
_PICKLE_0 = re.compile(
    rb"\(*[dl]p\d+\n|\(*[}\]]q\0|c(numpy|gensim|copy_reg|collections|__builtin__)[\w.]*\n"
)
# What servers answer in the place of a file: "404: Not Found", and nothing else.
_SERVER_ERROR = re.compile(
    rb"(http/[\d.]+ )?([45]\d\d:? )?(not found|forbidden|unauthorized|access denied|bad gateway"
    rb"|bad request|gateway time-?out|service unavailable|internal server error|too many requests)",
    re.IGNORECASE,
)
_TAGS = re.compile(
    rb"<(!--|(!doctype|\?xml|html|head|body|div|title|script|meta|center|error|tmx|xliff|tei|svg)\b)",
    re.IGNORECASE,
)
# What no text has: control characters that are neither blanks nor line ends.
_CONTROL = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r"))


def kind_of(head: bytes) -> Kind:
    """Return the kind of a file by its first `HEAD` bytes; text where nothing else fits."""
    if head[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return _UTF_32
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _UTF_16
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar" or _is_old_tar(head[:512]):
        return _TAR
    if len(head) > 9 and head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32:
        return _SAFETENSORS
    if _PICKLE_0.match(head):
        return _OLD_PICKLE
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> Kind:
    start = head[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not _ends_in_numbers(head):
        if _TAGS.match(start):
            # Some servers say in XML that there is no such file.
            is_xml = start[:5] == b"<?xml" and not re.search(rb"<(html|error)\b", head, re.I)
            return _XML if is_xml or re.match(rb"<(tmx|xliff|tei)\b", start, re.I) else _HTML
        if _SERVER_ERROR.fullmatch(head.strip(b" \t\r\n.")):
            return _ANSWER
        if re.match(rb'[\[{]\s*("|\{|\[|\d)', start):
            return _JSON
    if head and not head.strip(b"\0"):
        return _ZEROS
    # No text of two or four bytes a letter begins with a header.
    header = _HEADER.match(head)
    if header and _is_binary(head[header.end() :], int(header[2])):
        return WORD2VEC
    if _is_wide(head, 4):
        return _UTF_32
    if _is_wide(head, 2):
        return _UTF_16
    if not header and not _ends_in_numbers(head) and not _is_utf8(head) and _has_controls(head):
        return _BINARY
    return TEXT


def _has_controls(head: bytes) -> bool:
    """Whether more than a hundredth of the bytes are such as no text has."""
    return len(head) - len(head.translate(None, _CONTROL)) > max(4, len(head) // 100)


def _ends_in_numbers(head: bytes) -> bool:
    """Whether the first line is a row after all: brackets and tags are words, too."""
    tokens = head.partition(b"\n")[0].split()
    return len(tokens) > 1 and re.fullmatch(rb"[-+]?[\d.]+(e[-+]?\d+)?", tokens[-1]) is not None


def _is_old_tar(block: bytes) -> bool:
    """Whether the first 512 bytes are a header of tar by their checksum, without its mark."""
    stated = block[148:156].strip(b" \0")
    if len(block) < 512 or not block[0] or not re.fullmatch(rb"[0-7]{3,7}", stated):
        return False
    return sum(block) - sum(block[148:156]) + 8 * ord(" ") == int(stated, 8)


def _is_wide(head: bytes, width: int) -> bool:
    """Whether most characters are one byte and zeros, as in UTF-16 and UTF-32 without a mark."""
    start = head[:1024]
    n_units = len(start) // width
    if n_units < 5:
        return False
    # Of letters outside Latin the second byte is not zero, but those of blanks and digits are.
    zeros = [start[place : n_units * width : width].count(0) for place in range(width)]
    many = [count > 0.6 * n_units for count in zeros]
    few = [count < 0.1 * n_units for count in zeros]
    if width == 4:
        return (many[3] and many[2] and few[0]) or (many[0] and many[1] and few[3])
    return (many[1] and few[0]) or (many[0] and few[1])


def _is_binary(body: bytes, n_features: int) -> bool:
    """Whether what follows a header of two counts is a word and float32 values."""
    end = body.find(b" ")
    first = body.partition(b"\n")[0].split()
    if end < 0 or (len(first) > n_features and _is_number(first[-1])):
        return False
    values = body[end + 1 : end + 1 + 4 * n_features]
    floats = np.abs(np.frombuffer(values[: len(values) // 4 * 4], dtype="<f4"))
    # Letters and digits taken for float32 are below 1e-9 or beyond any embedding.
    plausible = (floats == 0) | ((floats > 1e-9) & (floats < 1e6))
    is_text = values.translate(None, _CONTROL) == values and _is_utf8(values)
    return not is_text and len(floats) > 0 and bool(plausible.mean() > 0.5)


def _is_number(token: bytes) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        # The piece may end within a character.
        return error.reason == "unexpected end of data"
    return True
