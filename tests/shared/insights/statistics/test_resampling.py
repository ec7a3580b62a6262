"""Resampling draws creators with all their rows, never single rows."""

import numpy as np
import pytest
from scipy import stats

from shared.insights.statistics.resampling import (
    Groups,
    bootstrap,
    drawn,
    jackknife,
    jackknife_variance,
)
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS


def mean_of(values):
    return lambda weights: (weights @ values / weights.sum(axis=1))[:, None]


def test_creators_are_numbered_as_they_first_appear():
    groups = Groups.of(["b", "a", "b", 7])

    assert (groups.codes.tolist(), groups.names) == ([0, 1, 0, 2], ("b", "a", "7"))
    assert groups.sizes.tolist() == [2, 1, 1]


def test_a_subset_drops_creators_without_rows():
    groups = Groups.of("aab").where(np.array([False, False, True]))

    assert (groups.names, groups.count, groups.n) == (("b",), 1, 1)


@pytest.mark.parametrize("missing", [None, float("nan"), ""])
def test_a_row_without_a_creator_is_refused(missing):
    with pytest.raises(ValueError, match="no creator"):
        Groups.of(["a", missing])


def test_sums_and_means_are_by_creator():
    groups = Groups.of("aba")

    assert groups.sums(np.array([1.0, 2.0, 4.0])).tolist() == [5, 2]
    assert groups.means(np.array([1.0, 2.0, 4.0])).tolist() == [2.5, 2]


def test_a_draw_takes_all_rows_of_a_creator_or_none_and_as_many_creators_as_there_are():
    groups = Groups.of([0] * 5 + [1] * 3 + [2] * 1 + [3] * 2)

    for draw in range(50):
        weights = drawn(groups, 1, draw)
        times = [set(weights[groups.codes == code]) for code in range(4)]
        assert all(len(weights) == 1 for weights in times)
        assert sum(weights.pop() for weights in times) == 4


def test_a_draw_depends_on_the_seed_and_its_own_number_alone():
    groups = Groups.of(range(30))
    values = np.arange(30.0)

    few = bootstrap(mean_of(values), groups, 10, seed=3)
    many = bootstrap(mean_of(values), groups, 20, seed=3)

    assert few.tolist() == many[:10].tolist()
    assert not np.array_equal(few, bootstrap(mean_of(values), groups, 10, seed=4))


def test_with_every_creator_once_the_jackknife_gives_the_textbook_standard_error():
    values = np.random.default_rng(0).normal(size=40)

    left_out = jackknife(mean_of(values), Groups.of(range(40)))

    assert jackknife_variance(left_out)[0] == pytest.approx(stats.sem(values) ** 2)


def test_with_every_creator_once_the_bootstrap_resamples_rows():
    values = np.random.default_rng(0).normal(size=200)

    means = bootstrap(mean_of(values), Groups.of(range(200)), 2000, seed=0).std(ddof=1)

    assert means == pytest.approx(stats.sem(values), rel=0.1)


def test_repeated_rows_of_a_creator_do_not_shorten_the_interval():
    values = np.random.default_rng(0).normal(size=30)
    once = jackknife(mean_of(values), Groups.of(range(30)))
    twice = jackknife(mean_of(np.repeat(values, 2)), Groups.of(np.repeat(range(30), 2)))

    assert jackknife_variance(twice)[0] == pytest.approx(jackknife_variance(once)[0])


def test_progress_ends_at_the_total():
    seen = []

    rows = np.arange(60_000.0)

    bootstrap(mean_of(rows), Groups.of(rows % 100), 120, 0, lambda *progress: seen.append(progress))

    assert seen == [(50, 120), (100, 120), (120, 120)]
