"""How ranks are counted: per pair or per word, ties, and over which test pairs."""

from __future__ import annotations

from typing import Literal, TypeAlias

Protocol: TypeAlias = Literal["pair", "word"]
Ties: TypeAlias = Literal["worst", "best"]

PROTOCOLS = ("pair", "word")
TIES = ("worst", "best")
