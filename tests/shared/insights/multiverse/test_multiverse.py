"""The primary question under every rater: each rater's answer, all together, and what is absent."""

import json
from dataclasses import replace

import numpy as np
import pytest

from shared.canonical import json_text
from shared.insights.agreement.facets import AS_IT_IS, facets
from shared.insights.agreement.long_table import RatingsBuilder
from shared.insights.headline import headline
from shared.insights.multiverse.drawing import draw_videos
from shared.insights.multiverse.multiverse import multiverse
from shared.insights.multiverse.raters import raters_together
from shared.insights.multiverse.words import (
    alone_sentence,
    needed_sentence,
    ratio_cells,
    verdict_sentence,
)
from shared.insights.quality_gate import gate
from shared.insights.sample import questions, samples
from shared.insights.statistics.effect import NotEstimable
from shared.insights.table.video_kinds import ALL_OBSERVED
from tests.insights_tables import rows, table
from tests.shared.insights.multiverse.worlds import PLAN, PROMPTED, rated_rows, ratings_of

FEW_DRAWS = 399


def usual_sample(**world):
    """The sample and question of a table whose own rating is the truth."""
    videos = rows(**world)
    passed = gate(table(videos, PLAN), PLAN)
    sample, answerable = next(iter(samples(passed, PLAN, questions(PLAN, ()))))
    truth = {row["video_id"]: row["unexpectedness"] for row in videos}
    return sample, answerable[0], truth


def compared(ratings, videos, **options):
    drawn = draw_videos({row["video_id"]: row["creator"] for row in videos}, 1_000, seed=1)
    return multiverse(videos, PLAN, ratings, drawn, ALL_OBSERVED, **options)


def test_a_raters_answer_is_the_headline_with_its_ratings_in_place_of_the_tables():
    sample, question, truth = usual_sample()
    exact = ratings_of(truth, raters=("gemini/flash/2.0",), spread=0.0)

    together = raters_together(sample, question, PLAN, exact, draws=FEW_DRAWS)

    expected = headline(sample, question, PLAN).effect("unexpectedness")
    assert together.raters[0].effect == expected
    ratio, low, high = together.raters[0].ratio
    assert low < ratio < high
    assert np.log(ratio) == pytest.approx(expected.estimate * together.raters[0].sd)


def test_raters_who_see_a_real_effect_agree_on_its_sign():
    videos, truth = rated_rows()

    result = compared(ratings_of(truth), videos)

    assert result.raters.joint.p < 0.01
    assert result.raters.agreeing == result.raters.significant == len(PROMPTED)
    assert verdict_sentence(result.raters) == (
        "The sign holds under 4 of 4 raters; joint p < .001 by permuting the predictor within "
        "creators. All raters together show more views."
    )


def test_raters_of_a_mean_show_a_higher_or_lower_one():
    videos, truth = rated_rows()
    together = compared(ratings_of(truth), videos).raters
    effect = replace(together.raters[0].effect, outcome="completion_rate", scale="mean")
    means = replace(together, raters=(replace(together.raters[0], effect=effect),))
    open_ = replace(means, joint=replace(means.joint, p=0.4))

    assert verdict_sentence(means).endswith("together show a higher completion rate.")
    assert verdict_sentence(open_).endswith("show neither a higher nor a lower completion rate.")


def test_without_an_effect_raters_that_err_alike_claim_nothing_together():
    sample, question, truth = usual_sample(slope=0.0, seed=4)
    together = raters_together(sample, question, PLAN, ratings_of(truth), draws=FEW_DRAWS)

    assert together.joint.p > 0.05
    assert "show neither more nor fewer" in verdict_sentence(together)
    assert "Choosing one of them" in alone_sentence(together)


def test_replicates_are_averaged_before_they_are_an_answer():
    sample, question, truth = usual_sample()
    noisy = ratings_of(truth, raters=("gemini/flash/2.0",), spread=15.0, replicates=1)
    averaged = ratings_of(truth, raters=("gemini/flash/2.0",), spread=15.0, replicates=16)

    sd = [
        raters_together(sample, question, PLAN, ratings, draws=FEW_DRAWS).raters[0].sd
        for ratings in (noisy, averaged)
    ]

    assert sd[1] < sd[0] - 3


def test_people_and_programs_count_and_a_rater_of_few_videos_does_not():
    sample, question, truth = usual_sample()
    few = dict(list(truth.items())[:19])
    builder = RatingsBuilder()
    builder.add_all(ratings_of(truth, raters=("human/ana", "signals/2.1"), replicates=1))
    builder.add_all(ratings_of(few, raters=("human/ben",), replicates=1))
    builder.add_all(ratings_of(truth, raters=("benchmark/oops",), replicates=1))

    together = raters_together(sample, question, PLAN, builder.ratings(), draws=FEW_DRAWS)

    assert {each.rater for each in together.raters} == {"human/ana", "signals/2.1"}


def test_a_rater_that_gives_every_video_one_score_is_absent_with_its_reason():
    sample, question, truth = usual_sample()
    constant = ratings_of(dict.fromkeys(truth, 40.0), raters=("gemini/stuck/2.0",), spread=0.0)
    builder = RatingsBuilder()
    builder.add_all(ratings_of(truth))
    builder.add_all(constant)

    together = raters_together(sample, question, PLAN, builder.ratings(), draws=FEW_DRAWS)

    assert list(together.absent) == ["gemini/stuck/2.0"]
    assert together.joint is not None
    assert len(together.document()["raters"]) == 4


def test_the_result_is_json_with_numbers_of_raters():
    videos, truth = rated_rows()

    document = json.loads(json_text(compared(ratings_of(truth), videos).document()))

    assert document["raters"]["joint"]["same_sign"] == 4
    assert document["raters"]["joint"]["same_sign_at_05"] == 4


def test_a_rater_of_too_few_videos_is_named_with_their_number():
    sample, question, truth = usual_sample()
    builder = RatingsBuilder()
    builder.add_all(ratings_of(truth))
    few = dict(list(truth.items())[:19])
    builder.add_all(ratings_of(few, raters=("human/ana",), replicates=1))

    together = raters_together(sample, question, PLAN, builder.ratings(), draws=FEW_DRAWS)

    assert together.absent == {"human/ana": "it rated 19 of the analysed videos, and 20 are needed"}


def test_which_videos_are_used_does_not_rest_on_the_rating_of_the_table():
    """The rows say no_media, yet the raters' own ratings answer the question."""
    videos, truth = rated_rows()

    result = compared(ratings_of(truth, share=0.6), videos)

    assert all(120 < each.effect.n < 180 for each in result.raters.raters)


def test_scores_are_split_into_video_model_wording_and_replicate():
    videos, truth = rated_rows(n=60)

    result = compared(ratings_of(truth, spread=12.0, replicates=3), videos)

    study = result.g_study
    assert (study.models, study.wordings, study.answers) == (2, 2, 60 * 4 * 3)
    assert study.variances["residual"] == pytest.approx(144, rel=0.2)
    assert "replicate" in needed_sentence(result.d_study)


def test_too_few_videos_have_variances_and_a_note_but_no_effects():
    videos, truth = rated_rows(n=15, creators=5)

    result = compared(ratings_of(truth), videos)

    assert result.raters is None
    assert result.g_study is not None
    assert result.notes[0].startswith("No effects: 15 of 15 rows are left")
    assert result.document()["raters"] is None


def test_videos_that_nobody_rated_are_refused():
    videos, _ = rated_rows()
    other = ratings_of({"1" * 19: 4.0}, raters=("benchmark/oops",))

    with pytest.raises(NotEstimable, match="nobody rated unexpectedness"):
        compared(other, videos)


def test_an_open_interval_is_shown_as_open():
    sample, question, truth = usual_sample(n=24, creators=3)
    together = raters_together(sample, question, PLAN, ratings_of(truth), draws=FEW_DRAWS)

    assert "With so few accounts" in verdict_sentence(together)
    assert all(" to " in ratio_cells(each)[1] for each in together.raters)


@pytest.mark.parametrize(
    ("rater", "model", "wording"),
    [
        ("gemini/gemini-3.6-flash/2.0", "gemini/gemini-3.6-flash", "2.0"),
        ("gemini/flash/2.0+wording-b+caption", "gemini/flash", "2.0+wording-b+caption"),
        ("synthetic/gemini/flash/2.0+rag", "synthetic/gemini/flash", "2.0+rag"),
        ("signals/2.1", "signals/2.1", AS_IT_IS),
        ("human/ana", "human/ana", AS_IT_IS),
        ("synthetic/human/ana", "synthetic/human/ana", AS_IT_IS),
    ],
)
def test_the_name_of_a_rater_says_its_model_and_its_wording(rater, model, wording):
    assert facets(rater) == (model, wording)
