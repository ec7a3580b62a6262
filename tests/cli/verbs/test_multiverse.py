"""What `tta multiverse` refuses before any work, and what it prints for people."""

from datetime import date
from pathlib import Path

import pytest

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.verbs.multiverse.conditions import ConditionOutcomes
from cli.verbs.multiverse.run import MultiverseOptions, MultiverseResult, run_multiverse
from cli.verbs.multiverse.view import show
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import RatingPrice
from cli.verbs.rate.requests import ChosenRater
from shared.insights.multiverse.drawing import draw_videos
from shared.insights.multiverse.multiverse import multiverse
from shared.insights.table.video_kinds import ALL_OBSERVED
from tests.shared.insights.multiverse.worlds import PLAN, rated_rows, ratings_of


def refusal(**options):
    with pytest.raises(UserError) as refused:
        run_multiverse(MultiverseOptions(**options), Screen())
    return refused.value


def test_a_dry_run_that_asks_nobody_anyway_is_refused():
    refused = refusal(dry_run=True, is_rating=False)

    assert refused.status == WRONG_USE
    assert "--dry-run and --no-rate" in str(refused)


def test_a_file_of_this_machine_is_refused_with_what_to_do(tmp_path: Path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")

    assert "tta ingest" in str(refusal(words=(str(clip),)))


def test_a_plan_without_a_primary_question_is_refused(tmp_path: Path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "columns: {video_id: video_id, creator: user_key, views: views, "
        "unexpectedness: unexpectedness}\n"
        "predictors: [unexpectedness]\noutcomes: [views]\ncluster: creator\nseed: 1\n"
    )

    refused = refusal(plan=plan, is_rating=False)

    assert "declares no primary question" in str(refused)
    assert refused.status == WRONG_USE


def test_people_read_the_sample_the_variances_every_rater_and_one_verdict(capsys):
    videos, truth = rated_rows()
    drawn = draw_videos({row["video_id"]: row["creator"] for row in videos}, 1_000, seed=1)
    compared = multiverse(videos, PLAN, ratings_of(truth), drawn, ALL_OBSERVED)

    show(MultiverseResult(drawn, compared=compared), Screen())

    printed = capsys.readouterr().out
    assert "All 240 videos of 24 creators are taken." in printed
    assert "video × model" in printed
    assert "give at least .8." in printed
    assert "gemini/pro/2.0+wording-b" in printed
    assert "The sign holds under 4 of 4 raters; joint p < .001" in printed
    assert "bias that all of them share" in printed
    assert "SYNTHETIC" not in printed


def test_a_model_without_a_price_is_not_shown_as_free(capsys):
    rater = ChosenRater("gemini:new", "gemini/new/2.0", "hash")
    price = RatingPrice("new", 2, None, date(2026, 1, 1))
    outcome = RateOutcome(rater, price=price, to_ask={"7": 2})
    drawn = draw_videos({"7": "someone"}, 2, seed=1)

    show(MultiverseResult(drawn, True, ConditionOutcomes((outcome,))), Screen())

    printed = capsys.readouterr().out
    assert "no price" in printed
    assert "USD" not in printed
    assert "so there is no total" in printed
