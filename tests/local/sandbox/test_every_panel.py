"""The world of the demo has something to show in every figure but those of an owner's curves."""

import json
from datetime import UTC, date, datetime

import pytest

from benchmarks.planted import rows
from local.sandbox import DEFAULT_ANCHOR, generate
from local.sandbox.history import records
from local.sandbox.posts import plan_posts
from shared.insights.agreement.star_schema import KEY_COLUMNS, numeric_columns
from shared.insights.plan_file import parse_plan
from shared.insights.report.data import report_data
from shared.insights.report.figures import figures
from tests.report_world import brief_plan, row

AGES_AND_LENGTHS = """
equal_age_days: 7
duration_profile: [15, 30, 60]
"""
pytestmark = pytest.mark.campaign  # it renders the whole library of the demo

OF_AN_OWNER = {"moment", "moment_videos"}
"""Figures of curves that a platform shows to owners alone. Clips of 2 to 4 s have no such curve."""


class DemoSource:
    """The rows that the pipeline makes of the default library, without a pipeline."""

    def __init__(self, library):
        plan = plan_posts(library.seed, len(library.posts), DEFAULT_ANCHOR)
        self._records = list(
            records(library, {post.video_id: "1" for post in plan.posts if post.clip})
        )
        self._created_s = {post.video_id: post.wire["create_time"] for post in plan.posts}
        self._videos = [row(n) | video for n, video in enumerate(rows(plan))]

    def videos(self):
        return [
            video | {"created_at": datetime.fromtimestamp(video["created_at"], UTC)}
            for video in self._videos
        ]

    def ratings(self):
        nothing = dict.fromkeys((*KEY_COLUMNS, *numeric_columns()))
        return [
            nothing | rating.model_dump() | rating.values.model_dump() | about(record.video_id)
            for record in self._records
            if (rating := record.rating)
        ]

    def ages(self):
        return [
            reading.model_dump() | about(record.video_id) | {"age_days": self._age_days(record)}
            for record in self._records
            if (reading := record.metrics)
        ]

    def _age_days(self, record):
        seconds = record.metrics.collected_at.timestamp() - self._created_s[record.video_id]
        return float(round(seconds / 86_400))

    def retention(self):
        return []

    def curves(self, video_ids):
        return {video_id: json.dumps({"surprise": [0.0, 2.0, 1.0]}) for video_id in video_ids}


def about(video_id):
    return {"video_id": video_id, "synthetic": True}


def has_numbers(figure):
    """Whether a row says more than why it has no number."""
    numbers = ("estimate", "step_irr", "count", "value")
    return any(row.get(name) is not None for row in figure.rows for name in numbers)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    library = generate(tmp_path_factory.mktemp("default") / "library")
    plan = parse_plan((brief_plan() + AGES_AND_LENGTHS).encode(), "plan.yaml")
    return report_data(DemoSource(library), plan, date(2026, 11, 28), only_synthetic=True)


def test_no_figure_is_empty(report):
    assert {figure.name for figure in figures(report) if not has_numbers(figure)} == OF_AN_OWNER


def test_every_part_of_the_agreement_is_there(report):
    metrics = {row["metric"] for row in report.agreement}

    assert {"icc_a1", "retest", "human_human", "human_machine", "human_alpha"} <= metrics


def test_the_headline_holds_what_was_planted_at_equal_age(report):
    headline = report.insights.headline

    assert headline.equal_age_days == 7
    assert report.insights.people > 0
