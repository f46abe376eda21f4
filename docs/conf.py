"""Configuration of the documentation; ``make docs`` builds it, warnings being errors."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sklearn_instamap import __version__

# The small extensions of our own.
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "sklearn-instamap"
author = "the sklearn-instamap developers"
project_copyright = f"2026, {author}"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "sphinx_design",
    # MathML instead of a script from elsewhere: the pages need no network, built or read.
    "mathml",
    "markdown_changelog",
    "stale_pages",
]
exclude_patterns = ["_build", "_inventories"]
templates_path = ["_templates"]
default_role = "code"

# Pages of the API: one per public name, inherited public methods included (_templates/).
autosummary_generate = True
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

# Every link leads somewhere. Names of other projects are those in _inventories/ (see there).
nitpicky = True
intersphinx_mapping = {
    name: (address, f"_inventories/{name}.inv")
    for name, address in {
        "sklearn": "https://scikit-learn.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "pandas": "https://pandas.pydata.org/docs/",
        "joblib": "https://joblib.readthedocs.io/en/stable/",
        "matplotlib": "https://matplotlib.org/stable/",
    }.items()
}
nitpick_ignore = [("py:meth", "bytes.decode")]
# Properties, which have no page but that of their class: numpydoc makes links of them.
nitpick_ignore_regex = [("py:obj", "[a-z_]+")]
# Types of parameters link to their pages: these, and no other words.
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    "ndarray": "numpy.ndarray",
    "RandomState": "numpy.random.RandomState",
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    "Bunch": "sklearn.utils.Bunch",
    "EmbeddingSpace": "sklearn_instamap.EmbeddingSpace",
    "InstaMapAligner": "sklearn_instamap.InstaMapAligner",
    "AlignerPipeline": "sklearn_instamap.AlignerPipeline",
    "Retrieval": "sklearn_instamap.metrics.Retrieval",
    "LexiconRanker": "sklearn_instamap.lexicon.LexiconRanker",
    "BenchmarkResults": "sklearn_instamap.results.BenchmarkResults",
    "ResultSelection": "sklearn_instamap.results.ResultSelection",
    "ResultTable": "sklearn_instamap.results.ResultTable",
}

# The gallery: every script is run when it has changed, and shows what it prints and draws.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("sklearn_instamap",),
    # API pages list the examples that use a name.
    "backreferences_dir": "api/backreferences",
    "reference_url": {"sklearn_instamap": None},
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_memory": False,
    "thumbnail_size": (480, 330),
    "show_signature": False,
    "download_all_examples": False,
    "plot_gallery": True,
    "min_reported_time": 1_000,
    "default_thumb_file": str(Path(__file__).parent / "_static" / "thumbnail.png"),
}
# The dollar of a console and the prompts of Python are not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# Figures of the guide, drawn anew when their lines change.
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]
plot_rcparams = {"figure.autolayout": False, "savefig.bbox": "tight"}

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn-instamap {release}"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["instamap.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    # Without the version, which would push the buttons off a narrow screen.
    "logo": {"text": "sklearn-instamap"},
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "default",
    "show_toc_level": 2,
}
# Pages that are no part of a section have nothing to show at their side.
_ALONE = ("index", "changelog", "install", "getting_started", "which_aligner", "which_protocol")
_ALONE += ("how_many_pairs", "glossary", "citation", "contrib_checklist")
html_sidebars = {name: [] for name in _ALONE}


# Labels that scikit-learn's docstrings point to and this documentation has as well.
_SHARED_LABELS = ("metadata_routing",)


def _without_foreign_labels(app, what, name, obj, options, lines):
    """Unlink references to scikit-learn's own pages in docstrings inherited from it."""
    if (getattr(obj, "__module__", None) or "").startswith("sklearn_instamap"):
        return
    for number, line in enumerate(lines):
        if not any(label in line for label in _SHARED_LABELS):
            lines[number] = re.sub(r":(?:ref|term):`([^`<]+?)\s*(?:<[^`]*>)?`", r"\1", line)


def _only_our_aliases(app, config):
    """Take away the types that numpydoc links by itself, such as Python's."""
    config.numpydoc_xref_aliases_complete = dict(config.numpydoc_xref_aliases)


def setup(app):
    """Let Sphinx call us where docstrings are read."""
    # After numpydoc, which adds its own.
    app.connect("config-inited", _only_our_aliases, priority=900)
    app.connect("autodoc-process-docstring", _without_foreign_labels)
