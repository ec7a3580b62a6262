"""Every door keeps a good record that only mentions somebody erased, without the name, and drops
what is about them. One rule decides (tests/shared/privacy/test_redaction.py)."""

import base64
import json
from datetime import date
from types import SimpleNamespace

import pytest

from cli.verbs.ingest.store import Erased, Ingestion
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.events import Message, as_json
from shared.messaging.failed import failures, replay
from shared.messaging.parked import due, park, release
from shared.model import parse_record
from shared.storage.layout import metadata_name
from shared.tiktok.listing import read_page
from shared.tiktok.sources.source import BadVideo, Position, SourcePage
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import DAY_0, at, record, video

OTHER, GONE = "7300000000000000002", "7300000000000000001"
MENTIONING = record(OTHER, video=video(creator_id="bob", caption="hi @eve")).to_json()
ABOUT = record(GONE, video=video(creator_id="eve")).to_json()


@pytest.fixture
def lake():
    lake = LakeInMemory()
    tombstones_in(lake).put([GONE], ["eve"], DAY_0)
    return lake


def caption(data: bytes) -> str:
    return json.loads(data)["video"]["caption"]


def swept(lake, data):
    park(lake, "load", Message("m", data, {}), at(0), "later", at(0))
    topics = TopicsInMemory()
    release(next(due(lake, at(1))), lake, topics, tombstones_in(lake))
    return [message.data for _, message in topics.published]


def replayed(lake, data):
    lake.keep_failed("load", "m", "malformed", "why", at(0), **as_json(Message("m", data, {})))
    topics = TopicsInMemory()
    replay(next(failures(lake)), lake, topics, tombstones_in(lake))
    return [message.data for _, message in topics.published]


def given_up(lake, data):
    letters = DeadLetters.__new__(DeadLetters)
    letters.stage, letters._lake, letters._tombstones = "load", lake, tombstones_in(lake)
    letters._keep(Message("m", data, {}), at(0))
    entries = [json.loads(lake.read(name)) for name in lake.names("failed/")]
    return [base64.b64decode(entry["data"]) for entry in entries]


def published(lake, data):
    redacted = tombstones_in(lake).redact(parse_record(data))
    return [] if redacted is None else [redacted.to_json()]


@pytest.mark.parametrize("door", [swept, replayed, given_up, published])
def test_a_good_record_that_only_mentions_the_erased_passes_without_the_name(lake, door):
    (data,) = door(lake, MENTIONING)

    assert caption(data) == "hi @[erased]"
    assert json.loads(data) == json.loads(MENTIONING) | {
        "video": json.loads(MENTIONING)["video"] | {"caption": "hi @[erased]"}
    }


@pytest.mark.parametrize("door", [swept, replayed, given_up, published])
def test_a_record_about_the_erased_goes_no_further(lake, door):
    assert door(lake, ABOUT) == []


def test_what_cannot_be_read_in_a_listing_is_kept_without_the_name(lake):
    def refuse(item, collection, seen_at):
        raise BadVideo("no video")

    items = ({"line": 3, "text": "5;bob;hi @eve"}, {"line": 4, "username": "eve"})
    page = SourcePage(Position(date(2026, 11, 1), date(2026, 11, 2)), None, {}, items, None)
    collection = SimpleNamespace(start_date=None, end_date=None)

    listed = read_page(
        page, SimpleNamespace(read=refuse), collection, tombstones_in(lake), set(), 9, at(0)
    )

    assert [bad.item for bad in listed.bad] == [{"line": 3, "text": "5;bob;hi @[erased]"}]


def test_what_somebody_ingests_is_described_without_the_name(lake):
    lake.put(metadata_name(OTHER), MENTIONING)
    lake.put(metadata_name(GONE), ABOUT)
    ingestion = Ingestion(lake, at(0), tombstones_in(lake))

    assert ingestion.describe(OTHER, None).video.caption == "hi @[erased]"
    with pytest.raises(Erased):
        ingestion.describe(GONE, None)
