"""Print the lowest version of every hard dependency that pyproject.toml allows, as constraints."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

metadata = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
for requirement in metadata["project"]["dependencies"]:
    match = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement)
    if match is None:
        raise SystemExit(f"pyproject.toml: cannot read a lowest version from {requirement!r}")
    # "~=1.6.0" takes the last bug fix of the lowest release series.
    version = match[2] if match[2].count(".") > 1 else f"{match[2]}.0"
    print(f"{match[1]}~={version}")
