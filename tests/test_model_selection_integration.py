"""The aligners inside scikit-learn's own tools, metadata routing off and on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, cross_val_score, validation_curve
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold

CV = WordDisjointKFold(3, random_state=0)


@pytest.fixture
def scorer(en_de):
    return make_bli_scorer(en_de["target"])


@pytest.fixture
def spaces(en_de):
    return {"source_space": en_de["source"], "target_space": en_de["target"]}


def requesting(aligner):
    return aligner.set_fit_request(source_space=True, target_space=True)


def test_grid_search_over_k_and_t_in_two_processes(en_de, scorer, spaces):
    grid = {"n_neighbors": [5, 40], "n_iter": [1, 2]}
    search = GridSearchCV(InstaMapAligner(), grid, scoring=scorer, cv=CV, n_jobs=2)
    search.fit(en_de["X"], en_de["y"], **spaces)
    results = pd.DataFrame(search.cv_results_)
    assert np.isfinite(results["mean_test_score"]).all()
    assert search.best_params_ in [{"n_neighbors": k, "n_iter": t} for k in (5, 40) for t in (1, 2)]
    # The whole spaces reached every fit: a fold by hand gives the very same score.
    train, test = next(CV.split(en_de["X"], en_de["y"]))
    aligner = InstaMapAligner(**search.best_params_)
    aligner.fit(en_de["X"][train], en_de["y"][train], **spaces)
    assert results["split0_test_score"][search.best_index_] == pytest.approx(
        scorer(aligner, en_de["X"][test], en_de["y"][test])
    )


def test_routing_on_gives_the_same_scores(en_de, scorer, spaces):
    grid = {"n_neighbors": [5, 40]}
    aligner = InstaMapAligner(n_iter=1)
    plain = GridSearchCV(aligner, grid, scoring=scorer, cv=CV)
    plain.fit(en_de["X"], en_de["y"], **spaces)
    with config_context(enable_metadata_routing=True):
        routed = GridSearchCV(requesting(InstaMapAligner(n_iter=1)), grid, scoring=scorer, cv=CV)
        routed.fit(en_de["X"], en_de["y"], **spaces)
    np.testing.assert_array_equal(
        plain.cv_results_["mean_test_score"], routed.cv_results_["mean_test_score"]
    )


def test_spaces_reach_the_end_of_a_pipeline(en_de, spaces):
    direct = InstaMapAligner(n_iter=1).fit(en_de["X"], en_de["y"], **spaces)
    off = Pipeline([("same", "passthrough"), ("align", InstaMapAligner(n_iter=1))])
    off.fit(en_de["X"], en_de["y"], **{f"align__{name}": s for name, s in spaces.items()})
    with config_context(enable_metadata_routing=True):
        on = Pipeline([("same", "passthrough"), ("align", requesting(InstaMapAligner(n_iter=1)))])
        on.fit(en_de["X"], en_de["y"], **spaces)
        routed = on.transform(en_de["X"])
    np.testing.assert_array_equal(off.transform(en_de["X"]), direct.transform(en_de["X"]))
    np.testing.assert_array_equal(routed, direct.transform(en_de["X"]))


def test_transform_input_takes_the_source_space_through_earlier_steps(en_de):
    source = en_de["source"].vectors
    with config_context(enable_metadata_routing=True):
        pipeline = Pipeline(
            [
                ("center", StandardScaler(with_std=False)),
                ("align", InstaMapAligner(n_iter=1).set_fit_request(source_space=True)),
            ],
            transform_input=["source_space"],
        ).fit(en_de["X"], en_de["y"], source_space=source)
    scaler = StandardScaler(with_std=False).fit(en_de["X"])
    direct = InstaMapAligner(n_iter=1).fit(
        scaler.transform(en_de["X"]), en_de["y"], source_space=scaler.transform(source)
    )
    np.testing.assert_array_equal(
        pipeline.transform(source), direct.transform(scaler.transform(source))
    )


def test_nested_parameters_of_an_aligner_pipeline(en_de, scorer, spaces):
    pipeline = make_aligner_pipeline(
        Normalizer(), StandardScaler(with_std=False), Normalizer(), InstaMapAligner(n_iter=1)
    )
    grid = {"instamapaligner__n_neighbors": [5, 40]}
    search = GridSearchCV(pipeline, grid, scoring=scorer, cv=CV)
    search.fit(en_de["X"], en_de["y"], **spaces)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_validation_curve_and_cross_val_score(en_de, scorer, spaces):
    X, y = en_de["X"], en_de["y"]
    _, curve = validation_curve(
        InstaMapAligner(n_iter=1),
        X,
        y,
        param_name="n_neighbors",
        param_range=[5, 40],
        cv=CV,
        scoring=scorer,
        **_fit_parameters(validation_curve, spaces),
    )
    scores = cross_val_score(
        InstaMapAligner(n_neighbors=40, n_iter=1),
        X,
        y,
        cv=CV,
        scoring=scorer,
        n_jobs=2,
        **_fit_parameters(cross_val_score, spaces),
    )
    np.testing.assert_allclose(curve[1], scores)


def _fit_parameters(function, spaces):
    """``fit_params`` became ``params`` at different releases for different functions."""
    from inspect import signature

    name = "params" if "params" in signature(function).parameters else "fit_params"
    return {name: spaces}


def test_the_default_score_needs_no_scorer(en_de):
    scores = cross_val_score(InstaMapAligner(20, 1), en_de["X"], en_de["y"], cv=CV)
    assert ((scores > 0.1) & (scores <= 1)).all()
