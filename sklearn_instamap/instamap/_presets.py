"""Named settings of InstaMapAligner."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

# All of 200,000 words take a hundred times as long. `benchmarks/cutoffs.py` measures what is lost.
_CUTOFF = 20_000

PRESETS: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        # The paper's text, which is also what the constructor does by itself.
        "paper": {},
        # The program its authors published, for spaces of 300 dimensions, at the paper's T = 4.
        "program": {"n_components": 290, "dictionary_update": "replace"},
        # Both sides meet halfway, on unit vectors, with more reliable new pairs.
        "midpoint": {
            "n_iter": 2,
            "step": 0.5,
            "normalization": ("unit", "center", "unit"),
            "mutual_similarity": "csls",
            "vocabulary_cutoff": _CUTOFF,
        },
        # The source lands among the target's vectors as they are, by the whole step. A target word
        # does not come to meet its known translation, which has more weight among fewer pairs.
        "target": {
            "n_neighbors": 30,
            "n_iter": 2,
            "normalization": ("unit", "center", "unit"),
            "mutual_similarity": "csls",
            "vocabulary_cutoff": _CUTOFF,
            "n_pair_iter": 2,
            "shared_space": "target",
        },
    }
)
