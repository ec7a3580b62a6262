"""What BI reads of the views is what the report says of the same videos."""

from datetime import UTC

import pytest

from shared.insights.plan_file import default_plan
from shared.insights.report.analysis import Association, analysis_of
from shared.insights.sample import OutcomeQuestion
from shared.warehouse.tables import schema
from tests.report_world import COLLECTED, rows

FACT = "fact_video_analytics"


def usual_videos():
    """Videos that most rules of the gate drop one of, and ties among the rest."""
    videos = rows(240)
    for number, wrong in enumerate(
        (
            {"rating_status": "refused", "unexpectedness": None},
            {"user_key": "unknown"},
            {"likes": -1},
            {"likes": 10**9},
            {"comments": 10**9},
            {"created_at": COLLECTED.replace(year=2027)},
            {"created_at": None},
            {"created_at": COLLECTED},
            {"emotional_intensity": None},
            {"views": None, "likes": None, "comments": None},
            {"followers": None},
            {"duration_s": 0.0},
            {"views": 0, "likes": 0, "comments": 0, "shares": 0, "saves": 0},
        )
    ):
        videos[17 * number] |= wrong
    for each in videos:
        each["expectation_gap"] = None  # as of a rater that does not give it
    return videos


def generated_videos():
    """Synthetic videos that would move every figure, and the latest reading of all."""
    late = COLLECTED.replace(year=2028)
    videos = [
        each | {"synthetic": True, "user_key": "demo", "views": 10**9, "collected_at": late}
        for each in rows(60)
    ]
    for number, each in enumerate(videos):
        each["video_id"] = f"9{number:018d}"
    return videos


@pytest.fixture(scope="module")
def sample(client, made_with_views):
    """The videos in tables with views, and what the engine says of them."""
    dataset = made_with_views.dataset
    videos = [*usual_videos(), *generated_videos()]
    names = {column["name"] for column in schema(FACT)}
    content = [
        {
            name: value.astimezone(UTC).isoformat() if hasattr(value, "astimezone") else value
            for name, value in each.items()
            if name in names and value is not None
        }
        for each in videos
    ]
    client.insert_rows_json(f"test.{dataset}.{FACT}", content)
    yield dataset, analysis_of(videos, default_plan())
    made_with_views.clear()


@pytest.fixture
def ask(client, sample):
    dataset, _ = sample
    return lambda view: [
        dict(row) for row in client.query(f"SELECT * FROM {dataset}.{view}").result()
    ]


def test_rank_correlations_are_the_engines(ask, sample):
    _, report = sample
    engine = {
        (effect.predictor, effect.outcome, effect.scale): effect
        for effect in report.insights.effects
        if effect.method == "spearman"
    }

    views = ask("rank_correlations")

    assert {(row["predictor"], row["outcome"], row["scale"]) for row in views} == set(engine)
    for row in views:
        same = engine[row["predictor"], row["outcome"], row["scale"]]
        assert row["rho"] == pytest.approx(same.estimate, abs=1e-9)
        assert (row["videos"], row["creators"]) == (same.n, same.clusters)


def test_the_gate_drops_the_same_videos_by_the_same_rules(ask, sample):
    _, report = sample

    quality = ask("analysis_quality")
    dropped = {row["rule"]: row["videos"] for row in quality}

    assert dropped.pop("kept") == len(report.gate.frame)
    assert dropped.pop("synthetic") == report.gate.kind.set_aside == 60
    assert dropped == report.gate.dropped
    assert len(dropped) >= 11


def test_shares_are_of_the_videos_that_are_not_set_aside(ask):
    quality = {row["rule"]: row for row in ask("analysis_quality")}

    assert quality["synthetic"]["share"] is None
    assert quality["kept"]["share"] == pytest.approx(quality["kept"]["videos"] / 240)
    assert sum(row["share"] or 0 for row in quality.values()) == pytest.approx(1)
    assert [row["synthetic"] for rule, row in quality.items() if rule != "synthetic"] == [0] * (
        len(quality) - 1
    )


def test_the_pairs_are_of_observed_videos_where_there_are_any(ask):
    assert {row["synthetic"] for row in ask("engagement_pairs")} == {False}


def test_tenths_are_the_reports(ask, sample):
    _, report = sample
    views = {
        (row["predictor"], row["outcome"], row["scale"], row["tenth"]): row
        for row in ask("rating_deciles")
    }

    count = 0
    for pair, those in report.tenths.items():
        for tenth in those:
            question = pair.question
            row = views[pair.predictor, question.outcome, question.scale, tenth.number]
            assert (row["videos"], row["creators"]) == (tenth.n, tenth.clusters)
            assert (row["lowest_score"], row["highest_score"]) == (tenth.low, tenth.high)
            for name in ("median", "quartile_low", "quartile_high"):
                assert row[name] == pytest.approx(getattr(tenth, name), rel=1e-9)
            count += 1
    assert count == len(views) > 100
    assert Association("unexpectedness", OutcomeQuestion("views", "count")) in report.tenths
