"""Ratings of rubric 1.0 load beside those of 2.0, from the topic and from the lake."""

import json
from datetime import timedelta

import pytest

from shared.model import Record, parse_record
from shared.rubric_values import RUBRIC_VERSION
from shared.warehouse.rebuild import RebuildApp, rebuild
from tests.earlier_rubric import PUBLISHED, RATED, fill
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0
from tests.shared.warehouse.in_memory import PLACES, db_at

RECORDS = [parse_record(json.dumps(record).encode()) for record in PUBLISHED]


@pytest.fixture(params=PLACES)
def tables(request):
    with db_at(request.param, request) as db:
        yield db


def renewed(rating):
    """The same video's rating under the rubric of today, an hour later."""
    values = rating.values.model_copy(update={"setup": "A cat sits.", "suspense": 40})
    return rating.model_copy(
        update={
            "rater": rating.rater.replace("/1.0", f"/{RUBRIC_VERSION}"),
            "config_hash": "dddd",
            "rubric_version": RUBRIC_VERSION,
            "rated_at": rating.rated_at + timedelta(hours=1),
            "values": values,
        }
    )


def test_old_records_load_and_know_nothing_of_the_new_columns(tables):
    tables.load(*RECORDS)

    fact = tables.fact(RATED)
    assert (fact["rubric_version"], fact["rater"]) == ("1.0", RECORDS[0].rating.rater)
    assert fact["unexpectedness"] == RECORDS[0].rating.values.unexpectedness
    new = ("setup", "event", "suspense", "hook", "suspense_pays_off", "recognised")
    assert {name: fact[name] for name in new} == dict.fromkeys(new)


def test_the_newest_answer_is_the_videos_whatever_its_rubric(tables):
    new = Record(video_id=RATED, rating=renewed(RECORDS[0].rating))
    tables.load(*RECORDS, new)

    fact = tables.fact(RATED)
    assert (fact["rubric_version"], fact["suspense"], fact["setup"]) == ("2.0", 40, "A cat sits.")
    versions = {row["rubric_version"] for row in tables.tables()["fact_rating"]}
    assert versions == {"1.0", "2.0"}


def test_the_version_named_first_stays_the_videos(tables):
    new = Record(video_id=RATED, rating=renewed(RECORDS[0].rating))
    tables.primary_raters = ("gemini/gemini-3.5-flash-lite/1.0", "gemini/")
    tables.load(*RECORDS, new)

    assert tables.fact(RATED)["rubric_version"] == "1.0"


def test_a_lake_of_the_old_rubric_is_rebuilt(tables):
    lake = LakeInMemory()
    fill(lake)
    rebuild(
        RebuildApp(
            lake=lake,
            tombstones=tombstones_in(lake),
            client=tables.client,
            dataset=tables.dataset,
            primary_raters=tables.primary_raters,
            clock=lambda: DAY_0,
            sleep=lambda seconds: None,
        )
    )

    assert tables.fact(RATED)["rubric_version"] == "1.0"
    assert len(tables.tables()["fact_rating"]) == 3
