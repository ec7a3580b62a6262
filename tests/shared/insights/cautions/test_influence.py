"""A creator or a video that carries the headline is found, counted and not named in a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.analysis import Insights, analyse
from shared.insights.cautions.influence import single_influences
from shared.insights.influence import EXACT, EXACT_OF_MANY, influence
from tests.insights_tables import plan, rows, table

HANGS = "The answer hangs on that"


def analysed(of, analysis_plan=None) -> Insights:
    analysis_plan = analysis_plan or plan()
    return analyse(table(of, analysis_plan), analysis_plan)


def carried() -> list[dict]:
    """Nothing but one video of the last creator, a viral and surprising one."""
    of = rows(slope=0.0, seed=4)
    of[239] |= {"unexpectedness": 100, "views": 3_000_000}
    return of


def hanging(insights: Insights) -> list[str]:
    return [warning for warning in insights.warnings if HANGS in warning]


@pytest.fixture(scope="module")
def viral() -> Insights:
    return analysed(carried())


def test_one_viral_video_that_carries_the_answer_is_reported_without_its_name(viral):
    of_creator, of_video = hanging(viral)

    assert of_creator.startswith("Without one creator with 10 of the 240 videos, videos 10 points ")
    assert "10 points higher in unexpectedness have " in of_creator and "instead of" in of_creator
    assert of_video.startswith("Without one video, ")
    assert "creator 23" not in of_creator + of_video


def test_the_json_names_the_creator_and_the_video(viral):
    document = viral.document()["influence"]

    assert document["largest"][0]["cluster"] == "creator 23"
    assert document["largest"][0]["n"] == 10 and document["largest"][0]["exact"] is True
    assert document["largest_videos"][0]["video"] == carried()[239]["video_id"]
    assert document["largest_videos"][0]["cluster"] == "creator 23"
    assert document["estimate"] == viral.document()["primary"]["estimate"]


@pytest.mark.parametrize("part", ["largest", "largest_videos"])
def test_what_is_left_out_exactly_is_what_an_analysis_of_the_others_says(viral, part):
    (first, *_) = viral.document()["influence"][part]
    others = [
        row
        for row in carried()
        if row["creator"] != first["cluster"]
        or (part == "largest_videos" and row["video_id"] != first["video"])
    ]

    primary = analysed(others).document()["primary"]

    assert first["estimate_without"] == pytest.approx(primary["estimate"], rel=1e-6)
    assert first["p_without"] == pytest.approx(primary["p"], rel=1e-6)
    assert first["change"] == pytest.approx(primary["estimate"] - viral.primary.estimate, rel=1e-6)


def test_the_extremes_are_over_all_creators(viral):
    carried_by = viral.robustness.influence

    assert carried_by.lowest < carried_by.estimate < carried_by.highest
    assert len(carried_by.creators) == len(carried_by.videos) == EXACT


def test_a_creator_who_is_only_stepped_out_is_close_to_a_whole_fit(monkeypatch):
    headline = analysed(rows(n=480, creators=40)).headline

    monkeypatch.setattr("shared.insights.influence.EXACT", 0)
    stepped = influence(headline, "unexpectedness")
    monkeypatch.setattr("shared.insights.influence.EXACT", 40)
    whole = influence(headline, "unexpectedness")

    assert stepped.lowest - whole.estimate == pytest.approx(whole.lowest - whole.estimate, rel=0.3)
    assert stepped.highest - whole.estimate == pytest.approx(
        whole.highest - whole.estimate, rel=0.3
    )


def test_in_a_large_sample_fewer_are_left_out_exactly(viral, monkeypatch):
    monkeypatch.setattr("shared.insights.influence.MANY_VIDEOS", 100)

    assert len(influence(viral.headline, "unexpectedness").videos) == EXACT_OF_MANY


def test_a_finding_that_many_creators_carry_gets_no_caution():
    assert hanging(analysed(rows(n=480, creators=40))) == []


def test_without_a_model_within_creators_there_is_no_influence(viral):
    assert influence(None, "unexpectedness") is None
    assert influence(viral.headline, "no such rating") is None
    assert influence(replace(viral.headline, model=None), "unexpectedness") is None


def test_two_creators_have_no_influence_of_creators_but_of_videos():
    of = rows(n=60, creators=2)

    carried_by = analysed(of).robustness.influence

    assert carried_by.creators == () and carried_by.lowest is None
    assert len(carried_by.videos) == EXACT


def changed(insights: Insights, p: float, p_without: float, change: float = 0.0, sign: int = 1):
    """Cautions where the first creator is left out with these figures."""
    primary = replace(insights.primary, estimate=0.01, ci_low=-0.01, ci_high=0.03, p=p)
    without = replace(
        insights.robustness.influence.creators[0],
        estimate=sign * (0.01 + change),
        change=change,
        p=p_without,
    )
    only = replace(insights.robustness.influence, creators=(without,), videos=())
    return len(list(single_influences(only, primary, insights.gate.frame)))


@pytest.mark.parametrize(
    ("figures", "count"),
    [
        ({"p": 0.04, "p_without": 0.3}, 1),
        ({"p": 0.04, "p_without": 0.06}, 0),  # over the line by a hair
        ({"p": 0.3, "p_without": 0.04}, 1),
        ({"p": 0.06, "p_without": 0.04}, 0),
        ({"p": 0.04, "p_without": 0.04, "sign": -1}, 1),
        ({"p": 0.3, "p_without": 0.3, "sign": -1}, 0),  # no sign was found
        ({"p": 0.3, "p_without": 0.3, "change": 0.021}, 1),  # more than half the interval
        ({"p": 0.3, "p_without": 0.3, "change": 0.019}, 0),
    ],
)
def test_what_decides(viral, figures, count):
    assert changed(viral, **figures) == count


def test_a_ratio_that_hardly_changes_is_not_written_twice(viral):
    primary = replace(viral.primary, estimate=0.0100, ci_low=-0.01, ci_high=0.03, p=0.04)
    first = viral.robustness.influence.creators[0]
    without = replace(first, estimate=0.0101, change=0.0001, p=0.2)
    only = replace(viral.robustness.influence, creators=(without,), videos=())

    (sentence,) = single_influences(only, primary, viral.gate.frame)

    assert (
        ", the ratio hardly changes (1.11), but its p does (p = .200 instead of p = .040)"
        in sentence
    )


def test_where_nothing_is_left_the_sentence_says_so(viral):
    without = replace(viral.robustness.influence.creators[0], estimate=None, change=None, p=None)
    only = replace(viral.robustness.influence, creators=(without,), videos=())

    (sentence,) = single_influences(only, viral.primary, viral.gate.frame)

    assert sentence.startswith("The answer rests on one creator with 10 of the 240 videos: without")


def test_a_creator_who_alone_has_different_ratings_comes_first():
    of = [
        row if row["creator"] == "creator 5" else row | {"unexpectedness": 40}
        for row in rows(slope=1.0)
    ]

    insights = analysed(of)

    first = insights.robustness.influence.creators[0]
    assert (first.creator, first.n, first.estimate) == ("creator 5", 10, None)
    assert any("The answer rests on one creator" in warning for warning in insights.warnings)


def test_a_step_that_was_not_refitted_decides_nothing(viral):
    stepped = replace(viral.robustness.influence.creators[0], exact=False, p=None)
    only = replace(viral.robustness.influence, creators=(stepped,), videos=())

    assert list(single_influences(only, viral.primary, viral.gate.frame)) == []
    assert np.isfinite(stepped.change)
