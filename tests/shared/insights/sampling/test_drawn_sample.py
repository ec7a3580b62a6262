"""A drawn sample from a table to the answer: who was drawn, who answered, what it says."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.agreement.drawn_agreement import drawn_agreement
from shared.insights.agreement.drawn_sample import DrawnSample, DrawnVideo, UnusableSample
from shared.insights.analysis import analyse
from shared.insights.sampling.headline_draw import DrawRequest, NotDrawable, draw_for_headline
from shared.insights.wording import answer
from tests.agreement_tables import ratings, row
from tests.insights_tables import ONE_OUTCOME, plan, rows, table

PLAN = plan(
    columns="[video_id, creator, views, likes, unexpectedness, language]",
    controls="{language: categorical}",
    **ONE_OUTCOME,
)


def drawn_from(of, count=60, seed=5, available=None):
    ids = {video["video_id"] for video in of} if available is None else available
    return draw_for_headline(table(of, PLAN), PLAN, None, None, DrawRequest(count, ids, seed))


def people_of(sample, of, skipped=0, people=("human/ana",)):
    """What people rate: the table's score and an error of their own."""
    random = np.random.default_rng(6)
    scores = {video["video_id"]: video["unexpectedness"] for video in of}
    return ratings(
        [
            row(video.video_id, person, "unexpectedness", scores[video.video_id] + error)
            for video in sample.videos[skipped:]
            for person in people
            if (error := round(float(random.normal(0, 4)))) is not None
        ]
    )


@pytest.fixture(scope="module")
def videos():
    return rows(240, 24)


@pytest.fixture(scope="module")
def sample(videos):
    return drawn_from(videos)


def test_the_same_table_and_seed_give_the_same_sample(videos, sample):
    assert drawn_from(videos) == sample
    assert len({video.video_id for video in sample.videos}) == 60
    assert (sample.frame_videos, sample.frame_creators) == (240, 24)


def test_more_videos_are_expected_to_give_a_narrower_interval(sample):
    half, usual, double = sample.expected

    assert [item.videos for item in sample.expected] == [30, 60, 120]
    assert half.factor > usual.factor > double.factor > 1
    assert usual.people_alone > usual.factor


def test_strata_are_thirds_of_creators_by_counts_and_languages(sample):
    labels = {video.stratum for video in sample.videos}

    assert all(label.split()[0] in ("fewest", "middle", "most") for label in labels)
    assert all(label.split(", ")[1] in ("en", "de", "es") for label in labels)


def test_videos_without_a_file_are_never_drawn(videos):
    available = {video["video_id"] for video in videos[:120]}

    drawn = drawn_from(videos, available=available)

    assert {video.video_id for video in drawn.videos} <= available
    assert drawn.left_out["without a file"] == 120


def test_too_few_videos_are_a_sentence(videos):
    with pytest.raises(NotDrawable, match="Only 24 videos can be drawn: they need a file"):
        drawn_from(videos, available={video["video_id"] for video in videos[:48:2]})


def test_the_answer_states_the_corrected_ratio_with_its_design(videos, sample):
    people = replace(people_of(sample, videos), drawn=sample)

    insights = analyse(table(videos, PLAN), PLAN, ratings=people)

    assert "People rated 60 of 60 videos that were drawn with known probabilities." in answer(
        insights
    )
    assert "as if they had rated every video, the ratio for videos 10 points higher" in answer(
        insights
    )
    (correction,) = (
        item
        for item in insights.corrected
        if (item.of, item.outcome, item.scale) == ("ppml", "views", "count")
    )
    assert correction.document()["response"] == {"drawn": 60, "rated": 60, "silent_strata": []}
    assert correction.estimate == pytest.approx(0.5 / 15, rel=0.35)
    assert "chosen at random" not in correction.note
    picked = analyse(table(videos, PLAN), PLAN, ratings=people_of(sample, videos)).corrected
    assert correction.estimate not in {item.estimate for item in picked}


def test_ratings_of_picked_videos_say_that_they_count_as_chosen_at_random(videos, sample):
    insights = analyse(table(videos, PLAN), PLAN, ratings=people_of(sample, videos))

    notes = {item.note for item in insights.corrected if item.method == "predict_then_debias"}
    assert notes and all("were chosen at random" in note for note in notes)
    assert "drawn with known probabilities" not in answer(insights)


def test_who_did_not_answer_is_said_and_stands_for_by_others_of_the_stratum(videos, sample):
    people = replace(people_of(sample, videos, skipped=10), drawn=sample)

    text = answer(analyse(table(videos, PLAN), PLAN, ratings=people))

    assert "People rated 50 of 60 videos" in text


def sample_of(*videos):
    return DrawnSample("unexpectedness", "views", 1, 9, 3, 2, videos)


def test_answers_of_a_stratum_stand_for_its_silent_videos():
    sample = sample_of(
        DrawnVideo("1", 0.5, "many", 0),
        DrawnVideo("2", 0.5, "many", 0),
        DrawnVideo("3", 0.25, "few", 1),
        DrawnVideo("4", 1.0, "none", 2),
    )

    response = sample.response({"1", "3"})

    assert response.weights == {"1": 4.0, "3": 4.0}
    assert response.silent == ("none",)
    assert "People rated 2 of them" in response.sentence()
    assert "Nothing stands for none" in response.sentence()


def test_a_record_is_read_as_it_was_written_and_another_version_is_refused(sample):
    document = sample.document()

    assert DrawnSample.of(document) == replace(sample, videos=tuple(sample.videos))
    with pytest.raises(UnusableSample, match="has version 2, and this program reads version 1"):
        DrawnSample.of(document | {"version": 2})
    with pytest.raises(UnusableSample, match="is not between 0 and 1"):
        sample_of(DrawnVideo("1", 1.5, "many", 0))


def test_agreement_is_about_the_frame_and_not_about_the_videos_that_were_preferred():
    """By hand: two videos at weight 2 with a difference of 0, three at weight 4 with one of 10.

    The mean difference is (2·2·0 + 3·4·10) / (2·2 + 3·4) = 7.5; without weights it were 6.
    """
    sample = sample_of(
        *(DrawnVideo(str(at), 0.5 if at < 2 else 0.25, "all creators", at) for at in range(5))
    )
    machine = [row(str(at), "gemini/x/1.0", "unexpectedness", 30 + 5 * at) for at in range(5)]
    people = [
        row(str(at), "human/ana", "unexpectedness", 30 + 5 * at - (0 if at < 2 else 10))
        for at in range(5)
    ]

    drawn = drawn_agreement(replace(ratings(machine + people), drawn=sample), "unexpectedness")

    assert drawn["machines"]["gemini/x/1.0"]["bias"]["estimate"] == pytest.approx(7.5)
    assert drawn["frame_videos"] == 9
    assert drawn["human"]["note"] == "one rater alone"
