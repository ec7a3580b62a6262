"""A report on observed videos is the same whether or not synthetic ones lie beside them."""

import csv
import io

import pytest

from shared.insights.plan_file import parse_plan
from shared.insights.report.export import video_table
from shared.insights.report.page import page
from tests.report_world import brief_plan, report_of, row, rows

NUMBERED = ("place", "finding")
"""Columns that number the rows of a table: a sentence more moves those after it."""


def generated(count=40, **columns):
    """Videos that would move every figure, between the observed ones in the order of ids."""
    strange = {"synthetic": True, "views": 10**9, "user_key": "demo", "username": "demo"}
    videos = [row(number, unexpectedness=0, **strange) | columns for number in range(count)]
    for number, video in enumerate(videos):
        video["video_id"] = f"73000000000000000{number:02d}5"
    return videos


@pytest.fixture(scope="module")
def plan():
    return parse_plan(brief_plan().encode(), "plan.yaml")


@pytest.fixture(scope="module")
def alone(plan):
    return report_of(rows(120), plan)


@pytest.fixture(scope="module")
def mixed(plan):
    return report_of([*rows(120)[:60], *generated(), *rows(120)[60:]], plan)


def without_numbers(table):
    kept_apart = [row for row in table if "set aside" not in f"{row['subject']}{row['sentence']}"]
    return [
        {name: value for name, value in row.items() if name not in (*NUMBERED, "subject")}
        | {"subject": "" if row["part"] == "caution" else row["subject"]}
        for row in kept_apart
    ]


def defaulted(table):
    return [{"sentence": None} | row for row in table]


def test_every_number_is_that_of_the_observed_videos_alone(alone, mixed):
    assert mixed.effects == alone.effects
    assert mixed.agreement == alone.agreement
    assert without_numbers(defaulted(mixed.quality)) == without_numbers(defaulted(alone.quality))
    assert mixed.plan_hash == alone.plan_hash
    assert mixed.input_sha256 == alone.input_sha256
    assert mixed.paragraph == alone.paragraph


def test_its_page_and_its_table_show_observed_videos_alone(alone, mixed):
    assert mixed.videos == alone.videos
    assert mixed.gallery == alone.gallery
    assert video_table(mixed) == video_table(alone)
    assert "demo" not in page(mixed)


def test_it_says_how_many_were_set_aside(alone, mixed):
    counts = {row["subject"]: row["count"] for row in mixed.quality if row["part"] == "rows"}
    (first, *_) = (row["sentence"] for row in mixed.quality if row["part"] == "caution")

    assert counts["synthetic, set aside"] == 40
    assert (counts["synthetic"], counts["videos known"]) == (0, 120)
    assert first.startswith("40 synthetic videos are set aside: no figure rests on them.")
    assert first in page(mixed)
    assert "set aside" not in page(alone)
    assert mixed.synthetic is False


def test_a_report_on_the_synthetic_ones_has_them_alone_and_another_hash(alone, plan):
    videos = [video | {"synthetic": True} for video in rows(120)]
    others = generated(synthetic=None)

    data = report_of([*videos, *others], plan, only_synthetic=True)

    assert data.synthetic is True
    assert all(row["synthetic"] for table in data.tables().values() for row in table)
    assert data.primary["estimate"] == alone.primary["estimate"]
    assert data.video_counts.kind.document() == {"observed": 40}
    assert data.plan_hash != alone.plan_hash
    assert {row["video_id"] for row in csv.DictReader(io.StringIO(video_table(data)))} == {
        video["video_id"] for video in videos
    }


def test_too_few_observed_videos_are_no_answer_however_many_are_synthetic():
    data = report_of([*rows(3), *generated()])

    assert data.missing.reason.startswith("3 videos are rated and counted")
    assert "40 synthetic videos are set aside" in data.paragraph
    assert [row["video_id"] for row in data.rows] == [row["video_id"] for row in rows(3)]


def test_reports_without_an_answer_have_a_hash_for_each_kind():
    videos = [*rows(3), *generated(3)]

    observed, synthetic = report_of(videos), report_of(videos, only_synthetic=True)

    assert observed.plan_hash == observed.plan.hash != synthetic.plan_hash


def test_synthetic_videos_that_are_not_there_are_told():
    data = report_of(rows(3), only_synthetic=True)

    assert data.paragraph.startswith("There are no synthetic videos here. 3 observed videos are")
