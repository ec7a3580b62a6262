"""Variance components are those of lme4, on random unbalanced tables and on one by hand.

`lme4.json` is written by scripts/lme4_tables.py, which says how R is installed.
"""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.mixed_model_equations import MixedModelEquations
from shared.insights.statistics.variance_components import crossing, reml
from tests.shared.insights.statistics.lme4 import fitted
from tests.shared.insights.statistics.random_crossings import random_crossing

TABLES = json.loads((Path(__file__).parent / "lme4.json").read_text())["tables"]


@pytest.fixture(params=TABLES, ids=lambda table: f"seed {table['seed']}")
def table(request):
    return request.param


def test_components_are_those_of_lme4(table):
    y, factors = random_crossing(table["seed"])
    assert (len(y), y.sum()) == (table["n"], pytest.approx(table["sum_y"]))

    estimated = reml(y, factors)

    for name, variance in estimated.components.items():
        assert variance == pytest.approx(table[name], rel=1e-4, abs=1e-6), name
    assert estimated.mean == pytest.approx(table["mean"], rel=1e-6)
    assert estimated.criterion <= table["criterion"] + 1e-6


def test_a_variance_is_exactly_0_where_lme4_says_so(table):
    y, factors = random_crossing(table["seed"])

    components = reml(y, factors).components

    assert {name for name, variance in components.items() if variance == 0.0} == {
        name for name in components if table[name] < 1e-9
    }


@pytest.mark.campaign  # the suite compares with what it said of many tables
def test_the_installed_lme4_says_the_same():
    if (
        shutil.which("Rscript") is None
        or subprocess.run(["Rscript", "-e", "find.package('lme4')"], capture_output=True).returncode
    ):
        pytest.skip("no R with lme4 here: apt-get install r-base-core r-cran-lme4")
    y, factors = random_crossing(2)

    expected = fitted(y, factors)

    for name, variance in reml(y, factors).components.items():
        assert variance == pytest.approx(expected[name], rel=1e-4, abs=1e-6), name


def test_a_balanced_table_gives_the_mean_squares_of_its_analysis_of_variance():
    # Three videos, each scored twice: means 10, 20, 36 and differences of 2, 4, 2.
    y = np.array([9.0, 11.0, 18.0, 22.0, 35.0, 37.0])
    video = np.array([0, 0, 1, 1, 2, 2])

    components = reml(y, {"video": video}).components

    # Within: (1 + 1 + 4 + 4 + 1 + 1) / 3 = 4. Between: 2 · (144 + 4 + 196) / 2 = 344, as the
    # grand mean is 22. Video: (344 - 4) / 2 = 170.
    assert components == pytest.approx({"video": 170.0, "residual": 4.0}, rel=1e-6)


def test_the_slopes_are_the_derivatives_of_the_deviance():
    y, factors = random_crossing(2)
    equations = MixedModelEquations.of(y - y.mean(), factors)
    ratios = np.linspace(0.3, 1.7, len(factors))

    solution = equations.solve(ratios)

    for at in range(len(factors)):
        step = np.zeros(len(factors))
        step[at] = 1e-5
        rise = equations.solve(ratios + step).deviance - equations.solve(ratios - step).deviance
        assert solution.slopes[at] == pytest.approx(rise / 2e-5, rel=1e-5)


def test_the_blocks_give_the_likelihood_of_the_whole_covariance():
    y, factors = random_crossing(2)

    estimated = reml(y, factors)

    covariance = estimated.components["residual"] * np.eye(len(y))
    for name, codes in factors.items():
        covariance += estimated.components[name] * (codes[:, None] == codes)
    inverse = np.linalg.inv(covariance)
    mean = inverse.sum(axis=0) @ y / inverse.sum()
    likelihood = (
        np.linalg.slogdet(covariance)[1]
        + np.log(inverse.sum())
        + (y - mean) @ inverse @ (y - mean)
        + (len(y) - 1) * np.log(2 * np.pi)
    )
    assert estimated.criterion == pytest.approx(likelihood, rel=1e-9)
    assert estimated.mean == pytest.approx(mean, rel=1e-9)


def test_a_table_without_differences_has_no_variance():
    assert reml(np.full(6, 50.0), {"video": np.array([0, 0, 1, 1, 2, 2])}).components == {
        "video": 0.0,
        "residual": 0.0,
    }


@pytest.mark.parametrize(
    "factors, sentence",
    [
        ({}, "no factor"),
        ({"video": [0, 0, 0, 0]}, "one level"),
        ({"video": [0, 1, 2, 3]}, "it is the residual"),
        ({"video": [0, 0, 1, 1], "creator": [7, 7, 3, 3]}, "the same levels"),
        ({"video": [0, 0, 1, 1], "model": [0, 1, 0, 1]}, "no residual"),
    ],
)
def test_a_variance_that_the_table_cannot_tell_is_refused(factors, sentence):
    y = np.array([10.0, 20.0, 40.0, 50.0])

    with pytest.raises(NotEstimable, match=sentence):
        reml(y, {name: np.array(codes) for name, codes in factors.items()})


def test_a_missing_value_is_refused():
    with pytest.raises(NotEstimable, match="missing"):
        reml(np.array([1.0, np.nan, 3.0, 4.0]), {"video": np.array([0, 0, 1, 1])})


def test_an_interaction_has_a_level_for_each_combination_that_occurs():
    video, model = np.array([0, 0, 1, 5]), np.array([1, 1, 0, 1])

    assert crossing(video, model).tolist() == [0, 0, 1, 2]
