"""Known breaks of the data: which readings carry a flag, and what an analysis says of them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.insights.plan_file import parse_plan
from shared.known_breaks import break_flags, break_sentences, known_breaks
from shared.model import Metrics
from shared.quality import all_flags, flag_on_arrival
from shared.warehouse import tables as schemas
from shared.warehouse.tables import schema
from tests.report_world import report_of, rows

FRAME, COUNTS = date(2026, 2, 26), date(2024, 7, 1)
FLAG = "views_before_2024_07"
PLAN = b"""
columns: {creator: user_key, views: views, unexpectedness: unexpectedness,
          collected_at: collected_at, source: source}
predictors: [unexpectedness]
outcomes: [views]
cluster: creator
"""


def at(day: date, days: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=days)


def sample(source: str, day: date, before: int, since: int) -> list[tuple]:
    return [(source, at(day, -1), at(day, -1))] * before + [(source, at(day), at(day))] * since


def test_every_break_has_a_day_a_source_and_a_reference():
    assert {(it.source, it.about, it.on) for it in known_breaks()} == {
        ("research", "frame", FRAME),
        ("research", "counts", COUNTS),
    }
    assert all(it.reference and it.says for it in known_breaks())


@pytest.mark.parametrize(
    ("source", "collected_at", "flags"),
    [
        ("research", at(COUNTS, -1), [FLAG]),
        ("research", at(COUNTS) - timedelta(seconds=1), [FLAG]),
        ("research", at(COUNTS), []),
        ("display", at(COUNTS, -1), []),
        ("", at(COUNTS, -1), []),
    ],
)
def test_a_reading_from_before_the_break_carries_its_name(source, collected_at, flags):
    reading = Metrics(collected_at=collected_at, views=5)

    assert all_flags(flag_on_arrival(reading, None, collected_at, source=source)) == flags


def test_a_change_of_the_frame_is_no_fault_of_a_reading():
    assert break_flags("research", at(FRAME, -1)) == ()


def test_the_flag_is_documented_where_flags_are():
    (flags,) = (it for it in schema("fact_metrics_snapshot") if it["name"] == "flags")

    assert FLAG in flags["description"]


def test_counts_at_equal_age_leave_out_readings_from_before_a_break():
    view = (Path(schemas.__file__).parent / "views" / "kpis_at_age_of_every_video.sql").read_text(
        "utf-8"
    )

    names = [change.name for change in known_breaks() if change.about == "counts"]

    assert names and all(f"'{name}'" in view for name in names)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (sample("research", FRAME, 3, 5), "3 videos of the source research were listed before"),
        (sample("research", COUNTS, 2, 0), "2 of 2 videos of the source research were counted"),
    ],
)
def test_a_sample_across_a_break_is_told_with_its_numbers(listed, words):
    (sentence,) = break_sentences(listed)

    assert words in sentence


@pytest.mark.parametrize(
    "listed",
    [
        sample("research", FRAME, 8, 0),
        sample("research", FRAME, 0, 8),
        sample("display", FRAME, 4, 4),
        [(None, at(FRAME), at(FRAME)), ("research", None, None)],
        [("research", at(COUNTS, -9), at(COUNTS))],  # counted again since
        [],
    ],
)
def test_a_sample_on_one_side_or_of_another_source_tells_nothing(listed):
    assert list(break_sentences(listed)) == []


def cautions(videos) -> list[str]:
    report = report_of(videos, parse_plan(PLAN, "plan.yaml"))
    return [row["sentence"] for row in report.quality if row["part"] == "caution"]


def across(source: str) -> list[dict]:
    videos = rows(60)
    return [
        row | {"source": source, "listed_at": at(FRAME, -1 if index % 3 else 1)}
        for index, row in enumerate(videos)
    ]


def test_the_report_says_that_its_sample_spans_a_break():
    (caution,) = (sentence for sentence in cautions(across("research")) if "2026-02-26" in sentence)

    assert "samples of two populations" in caution
    assert not [sentence for sentence in cautions(across("manifest")) if "2026-02-26" in sentence]


def test_a_table_with_a_column_of_sources_is_told_of_in_its_analysis():
    from shared.insights.analysis import analyse
    from shared.insights.table.table import table_of

    plan = parse_plan(PLAN, "plan.yaml")
    rows = [row | {"collected_at": row["listed_at"]} for row in across("research")]

    insights = analyse(table_of(rows, plan.table_schema, "t"), plan)

    assert [warning for warning in insights.warnings if "samples of two populations" in warning]
