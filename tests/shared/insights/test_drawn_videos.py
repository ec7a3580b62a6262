"""A sample of a very large table: who is in it, what it says, and that it answers the same."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from shared.insights import drawn_videos as drawing
from shared.insights.analysis import analyse
from shared.insights.drawn_videos import drawn_videos
from shared.insights.quality_gate import Gate
from tests.insights_tables import plan, rows, table

VIDEOS, MOST = 20_000, 5_000


@cache
def passed(creators: int, videos: int = VIDEOS) -> Gate:
    """Creators of one to many videos. No test changes the rows."""
    random = np.random.default_rng(1)
    weights = random.pareto(1.5, creators) + 1
    codes = random.choice(creators, videos, p=weights / weights.sum())
    frame = pd.DataFrame(
        {
            "video_id": [str(number) for number in range(videos)],
            "creator": [f"creator {code}" for code in codes],
            "created_at": pd.Timestamp("2026-05-01T00:00:00Z")
            + pd.to_timedelta(random.uniform(0, 50, videos), unit="D"),
        }
    )
    return Gate(frame, videos, {}, (), 0, 0, {})


def of(most: int = MOST, **keys: str):
    """A plan for fewer videos than a plan may ask for, so that tables are small."""
    return plan(**keys).model_copy(update={"most_videos": most})


def ids(drawn) -> set[str]:
    return set(drawn.gate.frame["video_id"])


def test_a_table_that_is_small_enough_and_a_plan_without_the_key_use_every_video():
    assert drawn_videos(passed(9_000, MOST), of()) is None
    assert drawn_videos(passed(9_000), plan()) is None


def test_creators_are_drawn_with_all_their_videos_and_alike_in_size():
    whole = passed(9_000)

    drawn = drawn_videos(whole, of())

    sizes = whole.frame["creator"].value_counts()
    kept = drawn.gate.frame["creator"].value_counts()
    assert (sizes[kept.index] == kept).all()
    assert drawn.drawn_creators / drawn.creators == pytest.approx(MOST / VIDEOS, abs=1e-3)
    by_size, kept_by_size = sizes.value_counts(), kept.value_counts()
    for size in (1, 2, 5, 10):
        assert kept_by_size[size] == pytest.approx(by_size[size] / 4, abs=2)


def test_every_creator_has_the_same_chance(monkeypatch):
    monkeypatch.setattr(drawing, "FEWEST_DRAWN_CREATORS", 10)
    whole, times = passed(60, 400), pd.Series(0, index=[f"creator {n}" for n in range(60)])
    seeds, half = 200, of(200)

    for seed in range(seeds):
        half = half.model_copy(update={"seed": seed})
        times[drawn_videos(whole, half).gate.frame["creator"].unique()] += 1

    chances = times[whole.frame["creator"].unique()] / seeds
    assert chances.to_numpy() == pytest.approx(np.full(len(chances), 0.5), abs=0.15)


def test_of_few_creators_each_keeps_the_same_share_along_time():
    whole = passed(40)

    drawn = drawn_videos(whole, of())

    sizes = whole.frame["creator"].value_counts()
    kept = drawn.gate.frame["creator"].value_counts().reindex(sizes.index, fill_value=0)
    assert (kept - sizes / 4).abs().max() <= 1
    halves = (each.frame["created_at"].median() for each in (whole, drawn.gate))
    assert abs(next(halves) - next(halves)) < pd.Timedelta(days=1)


def test_the_order_of_rows_changes_nothing_and_the_seed_does():
    for creators in (9_000, 40):
        whole = passed(creators)
        shuffled = replace(whole, frame=whole.frame.sample(frac=1, random_state=1))

        drawn = drawn_videos(whole, of())

        assert ids(drawn) == ids(drawn_videos(shuffled, of()))
        assert ids(drawn) != ids(drawn_videos(whole, of(seed="8")))


def test_without_named_creators_videos_are_drawn_at_random():
    drawn = drawn_videos(passed(40), of(cluster="null", calendar_weeks="false"))

    assert (drawn.by, drawn.drawn, drawn.creators) == ("videos", MOST, None)
    assert "drawn at random" in drawn.sentence


@pytest.fixture(scope="module")
def sampled():
    """An analysis of half of 600 videos."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "FEWEST_DRAWN_CREATORS", 10)
        half = of(300)
        return analyse(table(rows(600), half), half)


def test_the_associations_rest_on_the_sample_and_the_counts_on_every_video(sampled):
    document = sampled.document()

    drawn = document["sample"]
    assert document["n"] == drawn["drawn"] < drawn["videos"] == document["quality"]["kept"]
    assert drawn["share"] == pytest.approx(drawn["drawn"] / drawn["videos"])
    assert len(sampled.analysed.frame) == drawn["drawn"] < len(sampled.gate.frame)


def test_a_caution_says_what_was_drawn_and_how_to_use_every_video(sampled):
    (sentence,) = (text for text in sampled.warnings if text.startswith("The associations rest"))

    assert f"{sampled.drawn.drawn:,} of {sampled.drawn.videos:,} videos" in sentence
    assert "Without the key most_videos the plan uses every video" in sentence


def test_a_whole_table_has_no_sample():
    whole = plan()

    assert analyse(table(rows(), whole), whole).document()["sample"] is None
