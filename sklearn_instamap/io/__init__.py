"""Words: reading and writing embedding spaces and dictionaries, and looking up their pairs."""

from sklearn_instamap.io._dictionary_file import read_dictionary, write_dictionary
from sklearn_instamap.io._fasttext_model import FastTextModel, read_fasttext
from sklearn_instamap.io._lookup import CoverageReport, lookup_pairs
from sklearn_instamap.io._vectors import read_vectors, write_vectors

__all__ = [
    "CoverageReport",
    "FastTextModel",
    "lookup_pairs",
    "read_dictionary",
    "read_fasttext",
    "read_vectors",
    "write_dictionary",
    "write_vectors",
]
