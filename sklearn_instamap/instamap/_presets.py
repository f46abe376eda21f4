"""Named settings of InstaMapAligner."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

PRESETS: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        # The paper's text, which is also what the constructor does by itself.
        "paper": {},
        # The program its authors published, for spaces of 300 dimensions, at the paper's T = 4.
        "program": {"n_components": 290, "dictionary_update": "replace"},
        # Both sides meet half way, on unit vectors, with more reliable new pairs.
        "midpoint": {
            "n_iter": 2,
            "step": 0.5,
            "normalize": True,
            "mutual_similarity": "csls",
        },
    }
)
