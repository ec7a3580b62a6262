"""Alpha for unitizing: by hand, by all pairs of cells of a grid, and from ratings."""

import numpy as np
import pytest

from shared.insights.agreement.events import events
from shared.insights.agreement.unitizing import disagreements, unitizing_alpha
from tests.agreement_tables import GEMINI, ratings, row, video


def alpha(marks, length_s):
    return unitizing_alpha([[(marks, length_s)]]).estimate


def by_all_pairs_of_cells(marks, length_s, cells_per_s):
    """The same disagreements from the definition, for spans that end on cells of the grid.

    Observed: cells that one rater of an ordered pair marks and the other does not, by m - 1.
    Expected: the share of unlike pairs among all ordered pairs of cells of all raters, without the
    pairs within one span, times the cells of all raters.
    """
    cells = round(length_s * cells_per_s)
    units = np.full((len(marks), cells), -1)
    for number, (rater, (start, end)) in enumerate(
        (rater, span) for rater, spans in enumerate(marks) for span in spans
    ):
        units[rater, round(start * cells_per_s) : round(end * cells_per_s)] = number
    marked = units >= 0
    observed = sum(
        (marked[first] != marked[second]).sum()
        for first in range(len(marks))
        for second in range(len(marks))
    ) / (len(marks) - 1)
    pooled = units.ravel()
    unlike = (pooled[:, None] >= 0) != (pooled[None, :] >= 0)
    within = (pooled[:, None] == pooled[None, :]) & (pooled[:, None] >= 0)
    expected = pooled.size * unlike.sum() / (~within).sum()
    return observed / cells_per_s, expected / cells_per_s


def random_marks(random, length_s):
    """Up to three spans of each of two to five raters, without overlaps, on half seconds."""
    marks = []
    for _ in range(random.integers(2, 6)):
        count = random.integers(0, 4)
        ends = np.sort(random.choice(int(2 * length_s) + 1, size=2 * count, replace=False)) / 2
        marks.append([(float(start), float(end)) for start, end in ends.reshape(-1, 2)])
    return marks


@pytest.mark.parametrize("seed", range(40))
def test_random_spans_give_what_all_pairs_of_cells_give(seed):
    random = np.random.default_rng(seed)
    length_s = float(random.integers(4, 25))
    marks = random_marks(random, length_s)

    assert disagreements(marks, length_s) == pytest.approx(
        by_all_pairs_of_cells(marks, length_s, 2)
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_finer_grid_changes_nothing_because_time_is_continuous(seed):
    marks = random_marks(np.random.default_rng(seed), 6.0)

    coarse, fine = (by_all_pairs_of_cells(marks, 6.0, cells) for cells in (2, 20))

    assert coarse == pytest.approx(fine)


def test_two_raters_by_hand():
    # In 10 s one marks 2–4 and the other 3–5. Unlike: 2–3 and 4–5, twice over ordered pairs: 4.
    # Marked: 4 of 20 s. Pairs: 2 · 4 · 16 / (20 - (2² + 2²) / 20) = 128 / 19.6.
    marks = [[(2.0, 4.0)], [(3.0, 5.0)]]

    assert disagreements(marks, 10.0) == pytest.approx((4.0, 128 / 19.6))
    assert alpha(marks, 10.0) == pytest.approx(1 - 4 * 19.6 / 128)


def test_three_raters_by_hand():
    # In 10 s: 2–4, 2–4 and nothing. In 2–4, two of three mark: 2 s · 2 · 2 · 1 / 2 = 4.
    # Marked: 4 of 30 s. 2 · 4 · 26 / (30 - 8 / 30).
    marks = [[(2.0, 4.0)], [(2.0, 4.0)], []]

    assert disagreements(marks, 10.0) == pytest.approx((4.0, 208 / (30 - 8 / 30)))


def test_the_same_spans_are_1_and_spans_apart_are_below_chance():
    assert alpha([[(1.0, 2.0), (4.0, 6.0)]] * 3, 10.0) == 1.0
    assert alpha([[(1.0, 2.0)], [(4.0, 5.0)]], 10.0) < 0


def test_a_rater_without_an_event_disagrees_with_one_who_marks():
    assert alpha([[(1.0, 9.0)], []], 10.0) < 0


def test_videos_where_nobody_marks_or_all_mark_everything_say_nothing():
    empty = [([[], []], 10.0)]
    whole = [([[(0.0, 10.0)], [(0.0, 10.0)]], 10.0)]
    alone = [([[(1.0, 2.0)]], 10.0)]
    same = [([[(1.0, 2.0)], [(1.0, 2.0)]], 10.0)]

    assert unitizing_alpha([empty, whole, alone]).note == "no video"
    assert unitizing_alpha([]).estimate is None
    assert unitizing_alpha([same, empty, whole, alone, []]).n == 1


def test_spans_are_cut_at_the_ends_and_merged_where_they_overlap():
    cut = [[(-1.0, 2.0), (1.5, 3.0), (4.0, 4.0), (9.0, 12.0)], [(5.0, 6.0)]]

    assert disagreements(cut, 10.0) == disagreements(
        [[(0.0, 3.0), (9.0, 10.0)], [(5.0, 6.0)]], 10.0
    )


def test_a_video_without_a_length_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        disagreements([[], []], 0.0)


def test_chance_is_that_of_the_same_video():
    """A pair that marks the first half of each video agrees by half, in long and short ones."""
    random = np.random.default_rng(4)
    videos = []
    for _ in range(400):
        length_s = random.uniform(5, 60)
        starts = random.uniform(0, 0.8, size=2) * length_s
        videos.append([([[(at, at + 0.2 * length_s)] for at in starts], length_s)])

    # Spans at random places agree by chance. They never lie at the ends, so a little more.
    estimate = unitizing_alpha(videos)
    assert estimate.ci_low < 0.15 and abs(estimate.estimate) < 0.15


PEOPLE = ("human/ana", "human/bo", "human/cy")


def marked(videos=40, error=0.1):
    """Ratings of people and Gemini, who mark moments and suspense near the same times."""
    random = np.random.default_rng(1)
    records = []
    for number in range(videos):
        at = random.uniform(3, 8)
        for rater in (*PEOPLE, GEMINI):
            values = {
                "unexpectedness": 50,
                "surprise_onset_s": at + error * random.normal(),
                "suspense_from_s": at - 2 + error * random.normal(),
                "suspense_to_s": at + error * random.normal(),
            }
            records += [row(video(number), rater, name, value) for name, value in values.items()]
        records.append(row(video(number), "signals/2", "duration_s", 15.0))
    return records


def test_machines_and_people_stand_beside_each_other_for_each_event():
    document = events(ratings(marked()))

    assert [*document] == ["moment_within_0.25_s", "moment_within_1_s", "suspense"]
    near, wide = document["moment_within_0.25_s"], document["moment_within_1_s"]
    assert near["human_human"]["estimate"] < wide["human_human"]["estimate"]
    assert wide["human_machine"][GEMINI]["estimate"] == pytest.approx(
        wide["human_human"]["estimate"], abs=0.05
    )
    assert document["suspense"]["human_machine"][GEMINI]["n"] == 40
    assert "signals/2" not in wide["human_machine"]


def test_no_moment_in_a_scored_video_says_that_there_is_none():
    records = marked()
    all_marked = events(ratings(records))["moment_within_1_s"]["human_machine"][GEMINI]
    silent = [
        record
        for record in records
        if record["rater"] != GEMINI
        or record["dimension"] != "surprise_onset_s"
        or record["video_id"] >= video(20)
    ]

    half = events(ratings(silent))["moment_within_1_s"]["human_machine"][GEMINI]

    assert half["n"] == 40 and half["estimate"] < all_marked["estimate"] - 0.3


def test_without_lengths_the_latest_moment_is_the_end():
    with_lengths = events(ratings(marked()))["suspense"]["human_human"]["estimate"]
    records = [record for record in marked() if record["dimension"] != "duration_s"]

    assert 0 < events(ratings(records))["suspense"]["human_human"]["estimate"] < with_lengths


def test_without_people_there_is_nothing_to_compare_with():
    assert events(ratings([row(video(1), GEMINI, "surprise_onset_s", 2.0)])) == {}
