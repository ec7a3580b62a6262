"""What BI reads of the views is what the report says of the same videos."""

from datetime import UTC

import pytest

from shared.insights.plan_file import default_plan
from shared.insights.report.analysis import Association, analysis_of
from shared.insights.sample import OutcomeQuestion
from shared.warehouse.tables import create_tables, schema
from shared.warehouse.views import create_views
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
    for one in videos:
        one["expectation_gap"] = None  # as of a rater that does not give it
    return videos


@pytest.fixture(scope="module")
def sample(client):
    """The videos in a dataset of their own, and what the engine says of them."""
    dataset = "views_of_the_report"
    create_tables(client, dataset)
    create_views(client, dataset)
    videos = usual_videos()
    names = {column["name"] for column in schema(FACT)}
    content = [
        {
            name: value.astimezone(UTC).isoformat() if hasattr(value, "astimezone") else value
            for name, value in one.items()
            if name in names and value is not None
        }
        for one in videos
    ]
    client.insert_rows_json(f"test.{dataset}.{FACT}", content)
    yield dataset, analysis_of(videos, default_plan())
    client.delete_dataset(dataset, delete_contents=True)


@pytest.fixture
def ask(client, sample):
    dataset, _ = sample
    return lambda view: [
        dict(row) for row in client.query(f"SELECT * FROM {dataset}.{view}").result()
    ]


def test_rank_correlations_are_the_engines(ask, sample):
    _, found = sample
    engine = {
        (one.predictor, one.outcome, one.scale): one
        for one in found.insights.effects
        if one.method == "spearman"
    }

    views = ask("rank_correlations")

    assert {(one["predictor"], one["outcome"], one["scale"]) for one in views} == set(engine)
    for one in views:
        same = engine[one["predictor"], one["outcome"], one["scale"]]
        assert one["rho"] == pytest.approx(same.estimate, abs=1e-9)
        assert (one["videos"], one["creators"]) == (same.n, same.clusters)


def test_the_gate_drops_the_same_videos_by_the_same_rules(ask, sample):
    _, found = sample

    dropped = {one["rule"]: one["videos"] for one in ask("analysis_quality")}

    assert dropped.pop("kept") == len(found.gate.frame)
    assert dropped == found.gate.dropped
    assert len(dropped) >= 11


def test_tenths_are_the_reports(ask, sample):
    _, found = sample
    views = {
        (one["predictor"], one["outcome"], one["scale"], one["tenth"]): one
        for one in ask("rating_deciles")
    }

    told = 0
    for asked, those in found.tenths.items():
        for tenth in those:
            question = asked.question
            one = views[asked.predictor, question.outcome, question.scale, tenth.number]
            assert (one["videos"], one["creators"]) == (tenth.n, tenth.clusters)
            assert (one["lowest_score"], one["highest_score"]) == (tenth.low, tenth.high)
            for name in ("median", "quartile_low", "quartile_high"):
                assert one[name] == pytest.approx(getattr(tenth, name), rel=1e-9)
            told += 1
    assert told == len(views) > 100
    assert Association("unexpectedness", OutcomeQuestion("views", "count")) in found.tenths


def test_health_counts_ratings_by_day_and_outcome(db):
    from tests.records import VIDEO_ID, no_media, rating, record

    create_views(db.client, db.dataset)
    db.load(record(rating=rating()), record(f"{int(VIDEO_ID) + 1}", rating=no_media()))

    found = db.rows("SELECT status, ratings, videos FROM rating_health ORDER BY status")

    assert found == [
        {"status": "no_media", "ratings": 1, "videos": 1},
        {"status": "rated", "ratings": 1, "videos": 1},
    ]
