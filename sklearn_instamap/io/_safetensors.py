"""safetensors: our own words and vectors in one file, and model2vec's beside its tokenizer."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable, reason
from sklearn_instamap._words import check_words
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._npy import choose_rows
from sklearn_instamap.io._streams import RUN, Repeats, decode, encode_words

MODEL = "model.safetensors"
"""The name of the file in a folder that a model of embeddings is."""

_VECTORS = ("vectors", "embeddings", "embedding", "embedding.weight", "weight")
_LARGEST_TOKENIZER = 1 << 28


def read_safetensors(
    path: StrPath, asked: Asked
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for safetensors."""
    name = os.fspath(path)
    module = import_optional("safetensors", name, "safetensors")
    try:
        with module.safe_open(name, framework="numpy") as file:
            keys = list(file.keys())
            key = next((each for each in _VECTORS if each in keys), None)
            if key is None:
                has = printable(", ".join(keys[:6])) or "none"
                raise ValueError(
                    f"{name}: has no tensor {_VECTORS[0]} (nor {', '.join(_VECTORS[1:])}), but "
                    f"{has}; pass words and vectors to EmbeddingSpace."
                )
            vectors = file.get_tensor(key)
            stored = file.get_tensor("words") if "words" in keys else None
            places = file.get_tensor("mapping") if "mapping" in keys else None
    except ValueError:
        raise
    except Exception as error:
        # SafetensorError, and TypeError for types that numpy does not have, such as bfloat16.
        raise ValueError(
            f"{name}: is damaged or of a type that is not read ({reason(error)}); write it as "
            "float32."
        ) from None
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise ValueError(
            f"{name}: its tensor {key} is {vectors.dtype.name} of shape {vectors.shape}; expected "
            "floating-point numbers, one row per word."
        )
    if not vectors.size:
        raise ValueError(f"{name}: its tensor {key} is of shape {vectors.shape}; it has no values.")
    words = _tokens_beside(Path(name)) if stored is None else _stored(name, stored, asked)
    if places is not None and stored is None:
        vectors = _placed(name, vectors, places, len(words))
    if len(words) != len(vectors):
        raise ValueError(
            f"{name}: has {len(vectors)} vectors for {len(words)} words; they do not belong "
            "together."
        )
    return choose_rows(path, words, vectors, asked)


def _stored(name: str, stored: NDArray[Any], asked: Asked) -> list[str]:
    if stored.dtype != np.uint8 or stored.ndim != 1:
        raise ValueError(f"{name}: its tensor words is not a text; write it with write_vectors.")
    lines = stored.tobytes().removesuffix(b"\n").split(b"\n")
    errors = asked.encoding_errors
    return [decode(line, name, row, errors, "word") for row, line in enumerate(lines)]


def _placed(
    name: str, vectors: NDArray[np.floating], places: NDArray[Any], n_words: int
) -> NDArray[np.floating]:
    """Return a vector per token, of a model in which several tokens share one."""
    if places.shape != (n_words,) or places.dtype.kind not in "iu":
        raise ValueError(f"{name}: its tensor mapping does not fit its {n_words} words.")
    if places.min() < 0 or places.max() >= len(vectors):
        raise ValueError(f"{name}: its tensor mapping points outside its {len(vectors)} vectors.")
    return vectors[places]


def _tokens_beside(path: Path) -> tuple[str, ...]:
    """Return the tokens of the tokenizer.json that lies beside a model, in the order of rows."""
    file = path.with_name("tokenizer.json")
    if not file.is_file() or file.stat().st_size > _LARGEST_TOKENIZER:
        raise ValueError(
            f"{path}: holds vectors without their words, and there is no tokenizer.json beside it; "
            "put it there, or pass words and vectors to EmbeddingSpace."
        )
    try:
        vocabulary = json.loads(file.read_bytes())["model"]["vocab"]
        if isinstance(vocabulary, dict):
            by_row = sorted((int(row), token) for token, row in vocabulary.items())
            if [row for row, _ in by_row] != list(range(len(by_row))):
                raise ValueError("its tokens are not numbered one by one")
            tokens = [token for _, token in by_row]
        else:
            tokens = [token for token, _ in vocabulary]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(
            f"{file}: is not a tokenizer with a vocabulary ({reason(error)})."
        ) from None
    return check_words(tokens, str(file), what="token")


def write_safetensors(
    path: StrPath, words: Sequence[str], vectors: NDArray[np.floating], run: str = ""
) -> None:
    """Write words and vectors; what `write_vectors` does for ``.safetensors``."""
    name = os.fspath(path)
    module = import_optional("safetensors.numpy", name, "safetensors")
    encoded = encode_words(words, path, blanks=True, first_line=False)
    text = np.frombuffer(b"".join(word + b"\n" for word in encoded), dtype=np.uint8)
    tensors = {"vectors": np.ascontiguousarray(vectors), "words": text}
    # Not save_file: it writes to a file of its own beside this one, which nobody removes when the
    # process is killed, and which others may not read.
    content = module.save(tensors, {RUN: run} if run else None)
    with atomic_paths(path) as (temporary,):
        temporary.write_bytes(content)
