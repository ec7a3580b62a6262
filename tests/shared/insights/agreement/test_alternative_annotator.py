"""The alternative annotator test, worked by hand on three panels of people and a machine."""

import numpy as np
import pytest
from scipy import stats

from shared.insights.agreement.alternative_annotator import alternative_annotator
from shared.insights.agreement.peers import peers
from shared.insights.statistics.location_tests import signed_rank_below, t_test_below
from tests.agreement_tables import GEMINI, ratings, row, video

PEOPLE = ("ana", "bo", "cy")
NO_RATING = np.nan


def panel(*patterns):
    """People's scores (videos, people) and the machine's, from (times, people, machine)."""
    table = [people for times, people, _ in patterns for _ in range(times)]
    machine = [score for times, _, score in patterns for _ in range(times)]
    return np.array(table, dtype=float), np.array(machine, dtype=float)


# Panel 1, ties. In 24 videos all agree. In 12 the machine is in the middle:
#   for ana, the others are 50 and 60: machine 0² + 10² = 100, ana 10² + 20² = 500. Machine nearer.
#   for bo, the others are 40 and 60: machine 10² + 10² = 200, bo the same. A tie.
#   for cy, the others are 40 and 50: machine 10² + 0² = 100, cy 20² + 10² = 500. Machine nearer.
TIES = panel((24, (50, 50, 50), 50), (12, (40, 50, 60), 50))


def test_a_tie_counts_for_the_machine_and_for_the_person():
    test = alternative_annotator(TIES[0], PEOPLE, TIES[1], epsilon=0.15)

    ana, bo, cy = test.people
    assert (ana.machine, ana.person) == (1.0, pytest.approx(24 / 36))
    assert (bo.machine, bo.person) == (1.0, 1.0)
    # For ana, ρʰ - ρᶠ is -1 in 12 of 36 videos: mean -1/3, variance (12 - 36/9) / 35 = 8/35, and
    # t = (-1/3 - .15) / √(8/35/36) = -6.066 with 35 degrees of freedom. For bo nothing varies, and
    # 0 is below .15: p = 0. Adjusted for three people, ana and cy: p · 3 · (1 + 1/2 + 1/3) / 2.
    p = stats.t.cdf(-6.0659, 35)
    assert (ana.p, bo.p, cy.p) == (pytest.approx(p * 11 / 4 * 2 / 3, rel=1e-3), 0.0, ana.p)
    assert test.method == "t" and test.winning_rate == 1.0 and test.passes
    assert test.advantage.estimate == 1.0


def test_at_an_epsilon_of_0_a_tie_is_not_enough():
    test = alternative_annotator(TIES[0], PEOPLE, TIES[1], epsilon=0.0)

    # For ana t = (-1/3) / √(8/35/36) = -4.183, and p is .0001. For bo, 0 is not below 0.
    assert [person.wins for person in test.people] == [True, False, True]
    assert test.people[0].p == pytest.approx(stats.t.cdf(-4.1833, 35) * 11 / 6 * 3 / 2, rel=1e-3)
    assert test.people[1].p == 1.0
    assert test.winning_rate == pytest.approx(2 / 3) and test.passes


# Panel 2, missing cells. In 20 videos only ana and bo rated, alike, and the machine is 20 away. In
# 16 only bo and cy did: each is 20 from the other, and the machine 10. In 10 the machine is
# missing, and 5 have one person. So ana counts in 20 videos, cy in 16 and bo in 36.
GAPS = panel(
    (20, (40, 40, NO_RATING), 60),
    (16, (NO_RATING, 40, 60), 50),
    (10, (50, 50, 50), NO_RATING),
    (5, (50, NO_RATING, NO_RATING), 50),
)


def test_people_with_fewer_than_30_videos_are_left_out_where_somebody_has_more():
    test = alternative_annotator(GAPS[0], PEOPLE, GAPS[1])

    (bo,) = test.people
    assert (bo.name, bo.n) == ("bo", 36)
    assert (bo.machine, bo.person) == (pytest.approx(16 / 36), pytest.approx(20 / 36))
    # ρʰ - ρᶠ is 1 in 20 videos and -1 in 16: mean 1/9, variance (36 - 36/81) / 35 = 1.0159, and
    # t = (1/9 - .15) / √(1.0159/36) = -.2315.
    assert bo.p == pytest.approx(stats.t.cdf(-0.2315, 35), rel=1e-3)
    assert test.winning_rate == 0.0 and not test.passes
    assert "2 with fewer than 30 videos left out" in test.note
    # It is not shown either that the machine is worse by more than ε.
    assert (test.possible_rate, test.verdict) == (1.0, "undecided")


# Panel 3, two people and six videos, so each is compared with the other alone, and by signed ranks.
FEW = panel((4, (40, 60), 60), (1, (40, 60), 40), (1, (40, 60), 90))


def test_two_people_with_few_videos_are_compared_by_signed_ranks():
    test = alternative_annotator(FEW[0], ("ana", "bo"), FEW[1], epsilon=0.1)

    # ana: ρʰ - ρᶠ is -1 four times, 0, 1. Less .1: -1.1 four times, -.1, .9, with ranks 4.5, 1, 2.
    # The positive ranks sum to 2. Of 64 sets of ranks {}, {1} and {2} sum to 2 or less: p = 3/64.
    # bo: 0 four times, -1, 1. Less .1: -.1 four times, -1.1, .9, with ranks 2.5, 6, 5. The positive
    # ranks sum to 5. {}, 4 times {2.5}, 6 times {2.5, 2.5} and {5}: p = 12/64.
    # Adjusted for two people: 3/64 · 2 · 1.5 = 9/64, and 12/64 · 1.5 = 18/64.
    assert [person.p for person in test.people] == [9 / 64, 18 / 64]
    assert [person.machine for person in test.people] == [5 / 6, 5 / 6]
    assert test.method == "wilcoxon" and test.winning_rate == 0.0
    assert test.advantage.estimate == pytest.approx(5 / 6)
    assert test.note == (
        "of two people, each is compared with the other alone; fewer than 30 videos, so by "
        "Wilcoxon's test, which passes a machine too easily where many comparisons are ties"
    )


def test_a_machine_that_is_always_farther_is_shown_to_be_worse():
    table, machine = panel((40, (50, 52, 54), 90))

    test = alternative_annotator(table, PEOPLE, machine)

    assert (test.winning_rate, test.possible_rate, test.verdict) == (0.0, 0.0, "fail")
    assert (test.advantage.estimate, test.rate.ci_high) == (0.0, 0.0)


def test_scores_that_never_vary_are_ties_and_the_result_says_so():
    table, machine = panel((40, (50, 50, 50), 50))

    test = alternative_annotator(table, PEOPLE, machine)

    assert test.winning_rate == 1.0 and "every comparison is a tie" in test.note
    assert alternative_annotator(table, PEOPLE, machine, epsilon=0.0).winning_rate == 0.0


def test_without_a_second_person_there_is_no_test():
    table, machine = panel((40, (50,), 50))

    assert alternative_annotator(table, ("ana",), machine) is None
    assert alternative_annotator(np.empty((0, 2)), ("ana", "bo"), np.empty(0)) is None


@pytest.mark.parametrize("epsilon", [-0.1, 1.0])
def test_an_epsilon_that_is_no_share_is_refused(epsilon):
    with pytest.raises(ValueError, match="from 0 to below 1"):
        alternative_annotator(*(TIES[0], PEOPLE, TIES[1]), epsilon)


@pytest.mark.few(10)
@pytest.mark.parametrize("seed", range(30))
def test_random_panels_give_what_the_authors_program_gives(seed):
    random = np.random.default_rng(seed)
    videos, people = int(random.integers(60, 120)), int(random.integers(2, 6))
    true = 50 + 15 * random.normal(size=(videos, 1))
    table = np.round((true + 10 * random.normal(size=(videos, people))) / 5)
    table[random.random(table.shape) < 0.2] = NO_RATING
    machine = np.round((true[:, 0] + random.choice([2, 10, 20]) * random.normal(size=videos)) / 5)

    test = alternative_annotator(table, [f"{name}" for name in range(people)], machine, 0.15)

    rate, advantage = as_published(table, machine, 0.15)
    assert test.winning_rate == rate
    assert test.advantage.estimate == pytest.approx(advantage)


def as_published(table, machine, epsilon):
    """The winning rate and the average advantage by the procedure of section 3 of the paper."""
    ps, advantages = [], []
    for person in range(table.shape[1]):
        differences, as_good = [], []
        for row_of_people, score in zip(table, machine, strict=True):
            others = np.delete(row_of_people, person)
            others = others[~np.isnan(others)]
            if np.isnan(row_of_people[person]) or not len(others):
                continue
            of_machine = -np.sqrt(np.mean((score - others) ** 2))
            of_person = -np.sqrt(np.mean((row_of_people[person] - others) ** 2))
            differences.append(int(of_person >= of_machine) - int(of_machine >= of_person))
            as_good.append(of_machine >= of_person)
        if len(differences) >= 30:
            ps.append(stats.ttest_1samp(differences, epsilon, alternative="less").pvalue)
            advantages.append(np.mean(as_good))
    adjusted = stats.false_discovery_control(ps, method="by")
    return np.mean(adjusted <= 0.05), np.mean(advantages)


@pytest.mark.parametrize("seed", range(5))
def test_signed_ranks_are_those_of_all_permutations(seed):
    values = np.random.default_rng(seed).choice([-1.0, 0.0, 1.0], size=9)

    every = stats.PermutationMethod(n_resamples=10_000)
    expected = stats.wilcoxon(values - 0.15, alternative="less", method=every).pvalue
    assert signed_rank_below(values, 0.15) == pytest.approx(expected)


def test_values_without_spread_are_below_or_they_are_not():
    same = np.full(5, 0.2)

    assert (t_test_below(same, 0.3), t_test_below(same, 0.2), t_test_below(same, 0.1)) == (0, 1, 1)
    assert t_test_below(same[:1], 0.3) == 1.0
    assert signed_rank_below(np.zeros(4), 0.0) == 1.0


def test_the_result_stands_beside_the_ceiling_of_people():
    table, machine = TIES
    records = [
        row(video(number), name, "unexpectedness", score)
        for number in range(len(table))
        for name, score in zip((*PEOPLE, GEMINI), (*table[number], machine[number]), strict=True)
    ]

    document = peers(ratings(records), "unexpectedness", epsilon=0.15)["human_machine"][GEMINI]

    assert document["alternative_annotator"]["winning_rate"]["estimate"] == 1.0
    assert document["alternative_annotator"]["sentence"] == (
        "It passes the alternative annotator test: it is shown to be as good as 3 of 3 people, or "
        "less than ε worse (ω = 1.00, ρ = 1.00, ε = 0.15)."
    )
