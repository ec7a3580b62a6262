"""The fixed-effects fit and its clustered errors are those of pyfixest, on random tables.

`pyfixest.json` is written by scripts/pyfixest_tables.py, which says its version.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import standard_errors, within_ratios
from tests.shared.insights.statistics.random_counts import SEEDS, informative, random_counts

ORACLE = json.loads((Path(__file__).parent / "pyfixest.json").read_text())
TABLES = ORACLE["tables"]


def fitted(frame):
    return poisson_fixed_effects(
        frame["y"].to_numpy(),
        frame[["x", "flag"]],
        frame["offset"].to_numpy(),
        Groups.of(frame["creator"]),
        Groups.of(frame["week"]),
    )


@pytest.fixture(params=TABLES, ids=lambda table: f"seed {table['seed']}")
def table(request):
    return request.param


@pytest.mark.few(10)
def test_the_tables_are_those_that_pyfixest_read(table):
    frame = random_counts(table["seed"])

    assert frame["y"].sum() == table["sum_y"]
    assert frame["x"].sum() == pytest.approx(table["sum_x"])


@pytest.mark.few(10)
def test_coefficients_and_clustered_errors_are_those_of_pyfixest(table):
    frame = random_counts(table["seed"])
    sounds = Groups.of(frame["sound"])

    model = fitted(frame)

    kept_sounds = sounds.where(model.kept)
    one_way = standard_errors(model, [model.creators])
    two_way = standard_errors(model, [model.creators, kept_sounds])
    assert len(model.y) == table["rows"] and {*model.names} == {*table["columns"]}
    for name, estimate in zip(model.names, model.beta, strict=True):
        expected = table["columns"][name]
        assert estimate == pytest.approx(expected["estimate"], rel=0, abs=1e-8)
        assert one_way[name] == pytest.approx(expected["se"], rel=1e-6)
        assert two_way[name] == pytest.approx(expected["se_two_way"], rel=1e-6)


def test_within_ratios_have_that_coefficient_and_that_error():
    table = TABLES[1]
    frame = random_counts(table["seed"])
    design, creators = frame[["x", "flag"]], Groups.of(frame["creator"])
    weeks, sounds = Groups.of(frame["week"]), Groups.of(frame["sound"])
    offset = frame["offset"].to_numpy()

    fit = within_ratios(
        frame["y"].to_numpy(), design, offset, creators, ["x"], weeks=weeks, sounds=sounds
    )

    effect = fit.effect("x", "views")
    assert effect.method == "ppml" and effect.n == table["rows"]
    assert effect.estimate == pytest.approx(table["columns"]["x"]["estimate"], abs=1e-8)
    assert effect.se == pytest.approx(table["columns"]["x"]["se_two_way"], rel=1e-6)


@pytest.mark.few(10)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_that_are_dropped_are_those_of_the_definition(seed):
    """By linear programming, or alone. pyfixest 0.60 itself drops others in some tables."""
    frame = random_counts(seed)

    np.testing.assert_array_equal(fitted(frame).kept, informative(frame))


def test_the_tables_have_what_is_hard():
    models = [fitted(random_counts(seed)) for seed in SEEDS]

    assert sum("separated" in model.dropped for model in models) > 10
    assert sum("alone" in model.dropped for model in models) > 10
    assert sum(model.left_out == ("flag",) for model in models) > 10
    assert sum(table["rows_by_itself"] == table["rows"] for table in TABLES) > 20
