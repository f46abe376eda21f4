"""Data sets: a bundled real sample, generated spaces, and published data fetched when asked for."""

from sklearn_instamap.datasets._data_home import get_data_home
from sklearn_instamap.datasets._fasttext import fetch_fasttext
from sklearn_instamap.datasets._generator import make_bilingual_spaces
from sklearn_instamap.datasets._samples import load_en_de
from sklearn_instamap.datasets._xling_eval import fetch_xling_eval

__all__ = [
    "fetch_fasttext",
    "fetch_xling_eval",
    "get_data_home",
    "load_en_de",
    "make_bilingual_spaces",
]
