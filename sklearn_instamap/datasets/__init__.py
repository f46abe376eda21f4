"""Data sets: a bundled real sample, and generated spaces with known translations."""

from sklearn_instamap.datasets._generator import make_bilingual_spaces
from sklearn_instamap.datasets._samples import load_en_de

__all__ = ["load_en_de", "make_bilingual_spaces"]
