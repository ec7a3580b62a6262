"""The draw: fixed in size, with the probabilities that it says, and the same again by its seed."""

import numpy as np
import pytest

from shared.insights.sampling.draw import DrawFrame, draw
from shared.insights.sampling.fixed_size import capped_probabilities, pivotal_draw
from shared.insights.statistics.resampling import Groups


@pytest.fixture
def frame():
    """Eighty videos of 16 creators with 2 to 8 each, who differ in size."""
    random = np.random.default_rng(3)
    creators = Groups.of(np.repeat(np.arange(16), [2, 8, 3, 7, 5, 5, 4, 6] * 2))
    n = creators.n
    return DrawFrame(
        np.arange(n),
        creators,
        random.normal(size=n),
        random.uniform(0.5, 2, n),
        random.lognormal(0, 1, 16),
        tuple("ab"[at % 2] for at in range(16)),
    )


def test_probabilities_follow_sizes_and_add_up_to_the_number_that_is_drawn():
    probabilities = capped_probabilities(np.array([1.0, 2, 3, 4, 100]), 2)

    assert probabilities.sum() == pytest.approx(2)
    assert probabilities[4] == 1
    assert probabilities[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_no_probability_falls_below_the_floor():
    probabilities = capped_probabilities(np.array([0.0, 0, 1, 1000]), 2, least_share=0.2)

    assert probabilities.sum() == pytest.approx(2)
    assert probabilities.min() >= 0.2 * 2 / 4


@pytest.mark.parametrize("sizes", [np.zeros(5), np.ones(5), np.array([0.0, 0, 0, 0, 1])])
def test_sizes_that_say_nothing_still_give_a_draw(sizes):
    probabilities = capped_probabilities(sizes, 3, least_share=0.1)

    assert probabilities.sum() == pytest.approx(3)
    assert int(pivotal_draw(probabilities, np.random.default_rng(1)).sum()) == 3


def test_each_unit_is_drawn_as_often_as_its_probability_says():
    random = np.random.default_rng(4)
    probabilities = capped_probabilities(random.lognormal(0, 1.5, 30), 8, least_share=0.2)
    hits = np.zeros(30)
    for _ in range(4_000):
        drawn = pivotal_draw(probabilities, random)
        assert drawn.sum() == 8
        hits += drawn

    chance = np.sqrt(probabilities * (1 - probabilities) / 4_000)
    assert (np.abs(hits / 4_000 - probabilities) <= 4 * chance + 1e-9).all()


def test_neighbours_in_the_list_are_not_drawn_together():
    """So a list in the order of strata gives each stratum its share."""
    probabilities = np.full(20, 0.25)
    for seed in range(50):
        drawn = pivotal_draw(probabilities, np.random.default_rng(seed))
        assert int(drawn[:10].sum()) in (2, 3)


def test_a_draw_has_the_number_of_videos_and_each_is_comparable(frame):
    for seed in range(20):
        drawn = draw(frame, 40, seed)

        assert len(np.unique(drawn.positions)) == 40
        assert np.bincount(np.unique(frame.creators.codes[drawn.positions])).max() == 1
        counts = np.bincount(frame.creators.codes[drawn.positions])
        assert (counts[counts > 0] >= 2).all()
        assert ((drawn.probabilities > 0) & (drawn.probabilities <= 1)).all()


def test_more_creators_are_drawn_where_each_has_few_videos():
    random = np.random.default_rng(6)
    pairs = Groups.of(np.repeat(np.arange(200), 2))
    values = random.normal(size=400), np.ones(400), random.lognormal(0, 0.5, 200)
    frame = DrawFrame(np.arange(400), pairs, *values, ("all",) * 200)

    for seed in range(5):
        assert len(draw(frame, 60, seed).positions) == 60


def test_the_same_seed_draws_the_same_videos(frame):
    first, again, other = (draw(frame, 40, seed).positions.tolist() for seed in (7, 7, 8))

    assert first == again != other


def test_weights_of_drawn_videos_add_up_to_all_videos_on_average(frame):
    """One over the stated probability is unbiased, for the number and for any total."""
    value = np.random.default_rng(5).normal(10, 3, frame.creators.n)
    sums = []
    for seed in range(200):
        drawn = draw(frame, 40, seed)
        sums.append((drawn.weights.sum(), float(drawn.weights @ value[drawn.positions])))

    mean, error = np.mean(sums, axis=0), np.std(sums, axis=0) / 200**0.5
    truth = np.array([frame.creators.n, value.sum()])
    assert (np.abs(mean - truth) <= 4 * error).all()


def test_all_videos_are_drawn_for_sure_where_there_are_no_more(frame):
    drawn = draw(frame, 500, 1)

    assert len(drawn.positions) == frame.creators.n
    assert (drawn.probabilities == 1).all()
