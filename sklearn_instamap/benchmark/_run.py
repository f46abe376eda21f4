"""Run a benchmark: plan it, take what is finished from its folder, run the rest, collect."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from sklearn_instamap._check import check_count, check_flag, check_n_jobs, check_option
from sklearn_instamap._printable import printable
from sklearn_instamap.benchmark._choose import MethodsLike, choose_methods
from sklearn_instamap.benchmark._collect import collect
from sklearn_instamap.benchmark._execution import dask_client, execute
from sklearn_instamap.benchmark._plan import make_plan
from sklearn_instamap.benchmark._spaces import map_spaces
from sklearn_instamap.benchmark._store import CellStore
from sklearn_instamap.benchmark._tasks import make_tasks
from sklearn_instamap.io._streams import check_encoding_errors
from sklearn_instamap.metrics._evaluation import SUBSETS, check_names
from sklearn_instamap.metrics._metric import METRICS, check_metrics
from sklearn_instamap.metrics._protocol import PROTOCOLS, Protocol
from sklearn_instamap.metrics._retrieval import RETRIEVALS, RetrievalName
from sklearn_instamap.results._results import (
    BenchmarkResults,
    check_format,
    has_parquet,
)

DEFAULT_METHODS = ("PROC", "VecMap", "RCSLS", "InstaMap", "IM∘VM")


def run_benchmark(
    spaces_folder: str | os.PathLike[str],
    dictionaries_folder: str | os.PathLike[str],
    results_folder: str | os.PathLike[str],
    *,
    language_pairs: str | Sequence[str] | None = None,
    methods: MethodsLike = DEFAULT_METHODS,
    sizes: str | Sequence[str] | None = "auto",
    directions: Literal["forward", "backward", "both"] = "forward",
    seeds: int | Iterable[int] = (0,),
    retrieval: RetrievalName | Sequence[RetrievalName] = ("cosine", "csls"),
    protocol: Protocol | Sequence[Protocol] = ("pair", "word"),
    metric: str | Sequence[str] = METRICS,
    subset: str | Sequence[str] = ("all", "unseen"),
    unseen_by: Literal["own", "largest"] = "own",
    csls_neighbors: int = 10,
    max_words: int | None = None,
    lowercase: bool = True,
    lowercase_vectors: bool = False,
    encoding_errors: str = "strict",
    format: Literal["parquet", "csv"] | None = None,
    retry_failed: bool = False,
    scheduler: str | None = None,
    n_jobs: int | None = None,
) -> BenchmarkResults:
    """Evaluate methods on many language pairs, in parallel, and resume where a run was killed.

    Every *cell* (pair, direction, method, dictionary size, seed) is one fit of a method. Once
    finished it is a file in ``results_folder``, written whole or not at all; the same call made
    again takes finished cells from there, whatever ended the call before. Cells are told apart by
    all that determines their results, the content of the files included: change a setting, and
    the cells it concerns are run again.

    Parameters
    ----------
    spaces_folder : str or path-like
        Vectors: ``en.npy`` (with ``en.words``), ``en.vec``, ``en.vec.gz``, ``en.txt``, perhaps
        named ``wiki.en`` or ``cc.en.300``, as :func:`~sklearn_instamap.io.read_vectors` reads
        them.
    dictionaries_folder : str or path-like
        Dictionaries, side by side or in one folder per pair, with the names of XLing-Eval
        (``yacle.train.freq.5k.en-de.tsv`` and ``yacle.test.freq.2k.en-de.tsv``) or of MUSE
        (``en-de.0-5000.txt``, for training and labeled 5k, and ``en-de.5000-6500.txt``).
    results_folder : str or path-like
        Where results go; made if it does not exist.
    language_pairs : str or sequence of str, default=None
        Pairs as the dictionaries name them, such as ``["en-de"]``; None for all whose
        dictionaries and spaces are there.
    methods : sequence of str, mapping of str to estimator, or path, \
default=("PROC", "VecMap", "RCSLS", "InstaMap", "IM∘VM")
        Names (see the user guide; in any spelling: ``"im-vm"`` is ``"IM∘VM"``), estimators by the
        names that tables give them, or a YAML file of them.
    sizes : str, sequence of str or None, default="auto"
        Training dictionaries by their labels; None for all there are; "auto" is 5k, and for pairs
        that have none their largest.
    directions : {"forward", "backward", "both"}, default="forward"
        ``"forward"`` maps en to de for the pair en-de, ``"backward"`` de to en, with the
        dictionaries reversed.
    seeds : int or iterable of int, default=(0,)
        Values of ``random_state``. Methods without one are run with the first only.
    retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"} or sequence of them, \
default=("cosine", "csls")
        How translations are looked up.
    protocol : {"pair", "word"} or sequence of them, default=("pair", "word")
        How queries are counted (:func:`~sklearn_instamap.metrics.evaluate_bli`).
    metric : str or sequence of str, default=("P@1", "P@5", "P@10", "MRR")
        The figures: ``"P@k"`` for any k, and ``"MRR"``.
    subset : str or sequence of str, default=("all", "unseen")
        Which test pairs figures are of: ``"all"``, ``"unseen"``, and by how alike their words are
        spelled ``"equal"``, ``"similar"`` and ``"dissimilar"``
        (:func:`~sklearn_instamap.metrics.evaluate_bli`). Rankers look at spelling: the last
        tells what they are worth where it does not help.
    unseen_by : {"own", "largest"}, default="own"
        Which test pairs are unseen: those without a word of the cell's own training dictionary,
        or of the largest of `sizes`, so that all sizes are tested on the same pairs.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages, in the evaluation.
    max_words : int, default=None
        Read only the first words of each space. The paper has 200,000.
    lowercase : bool, default=True
        Lower-case the dictionaries. Pairs that become equal are kept, as XLing-Eval counts
        every line.
    lowercase_vectors : bool, default=False
        Lower-case the words of the spaces.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8.
    format : {"parquet", "csv"}, default=None
        Of the files ``results`` and ``ranks``; None is Parquet where pyarrow is installed.
    retry_failed : bool, default=False
        Run cells again which have failed. Otherwise their errors stand.
    scheduler : str, default=None
        Address of a Dask scheduler, such as ``"tcp://node1:8786"``, whose workers run the
        cells. They need this package, and the folders under the same paths.
    n_jobs : int, default=None
        Number of cells at a time, as in scikit-learn: None is 1, or what an enclosing
        :func:`joblib.parallel_config` says, whose backend is used.

    Returns
    -------
    BenchmarkResults
        The figures of the cells asked for, and the ranks behind them; also written to
        ``results_folder``.

    Raises
    ------
    OSError
        If a file is missing, the folder cannot be written to, another benchmark is at work
        there, or a worker process was killed.
    ValueError
        If a parameter is out of range, a file is damaged, or a method is unknown.

    Warns
    -----
    UserWarning
        If pairs are left out because files are missing, or a method has warned.

    See Also
    --------
    sklearn_instamap.results.BenchmarkResults : What it returns.

    Notes
    -----
    Each worker uses one thread, whatever the BLAS, so that cells share the processors and
    figures do not depend on `n_jobs`. Spaces are memory-mapped: processes on one machine share
    their pages. Text and float16 are converted once, into ``results_folder/spaces``.

    The fingerprint of a cell holds this package's version, not its code: after changing the code
    itself, take another folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap.benchmark import run_benchmark
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.io import write_dictionary, write_vectors
    >>> data = make_bilingual_spaces(300, 20, n_train=100, n_test=50)
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     write_vectors(folder / "en.npy", data.source)
    ...     write_vectors(folder / "de.npy", data.target)
    ...     write_dictionary(folder / "yacle.train.freq.100.en-de.tsv", data.train)
    ...     write_dictionary(folder / "yacle.test.freq.50.en-de.tsv", data.test)
    ...     results = run_benchmark(
    ...         folder, folder, folder / "results", methods=["PROC", "VecMap"], sizes=["100"]
    ...     )
    >>> len(results.rows)
    16
    >>> results.rows["method"].unique().tolist()
    ['PROC', 'VecMap']
    """
    retrievals = check_names("retrieval", retrieval, RETRIEVALS)
    protocols = check_names("protocol", protocol, PROTOCOLS)
    metrics = check_metrics(metric)
    subsets = check_names("subset", subset, SUBSETS)
    check_flag("lowercase", lowercase)
    check_flag("lowercase_vectors", lowercase_vectors)
    check_flag("retry_failed", retry_failed)
    check_n_jobs(n_jobs)
    check_option("unseen_by", unseen_by, ("own", "largest"))
    csls_neighbors = check_count("csls_neighbors", csls_neighbors)
    check_encoding_errors(encoding_errors)
    if max_words is not None:
        check_count("max_words", max_words)
    if format is None:
        format = "parquet" if has_parquet() else "csv"
    check_format(format)
    chosen = choose_methods(methods)
    plan = make_plan(
        Path(spaces_folder),
        Path(dictionaries_folder),
        language_pairs=language_pairs,
        methods=chosen,
        sizes=sizes,
        directions=directions,
        seeds=seeds,
    )
    for name, reason in plan.skipped.items():
        warnings.warn(
            f"The pair {printable(name)} is left out: {printable(reason)}",
            UserWarning,
            stacklevel=2,
        )
    with CellStore(Path(results_folder)) as store:
        spaces = map_spaces(
            plan.spaces,
            store.spaces,
            max_words=max_words,
            lowercase=lowercase_vectors,
            encoding_errors=encoding_errors,
        )
        tasks = make_tasks(
            plan,
            chosen,
            spaces,
            unseen_by=unseen_by,
            retrieval=retrievals,
            csls_neighbors=csls_neighbors,
            lowercase=lowercase,
            encoding_errors=encoding_errors,
        )
        with dask_client(scheduler) if scheduler else nullcontext() as client:
            outcomes = execute(
                tasks, store, retry_failed=retry_failed, n_jobs=n_jobs, client=client
            )
        results = collect(outcomes, protocols, metrics, subsets)
        results.save(store.folder, format)
    return results
