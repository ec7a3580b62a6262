"""Facts about what is kept of records, messages and objects that name somebody erased."""

import base64
import json

import pytest

from shared.inputs.formats.names import NAMES
from shared.model import Creator, Metrics, Record, Video
from shared.privacy.free_text import ADDRESSES, FREE_TEXT
from shared.privacy.redaction import GONE as DROPPED
from shared.privacy.redaction import Redaction
from shared.rating_section import Moment, Rating
from shared.rubric_values import Measures, Values
from shared.warehouse.tables import definitions, schema
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, creator, metrics, rating, record, video

GONE, OTHER, SHORT = "7300000000000000001", "7300000000000000002", "20261101"


def redaction(videos=(GONE, SHORT), creators=("ada.l", "eve", "00z", "2026", "11", "at_s")):
    tombstones = tombstones_in(LakeInMemory())
    tombstones.put(videos, creators, DAY_0)
    return Redaction(tombstones)


@pytest.fixture(scope="module")
def it():
    return redaction()


# Fields


def test_every_text_of_the_record_is_listed_as_free_text_or_as_something_else():
    texts = {
        name
        for model in (Record, Video, Creator, Metrics, Moment, Rating, Values, Measures)
        for name, field in model.model_fields.items()
        if "str" in str(field.annotation)
    }

    assert texts - FREE_TEXT - ADDRESSES == {
        *("video_id", "creator_id", "username", "collection", "region_code", "language"),
        *("music_id", "flags", "rater", "generation", "config_hash", "reason"),
        *("rubric_version", "model_version", "cards", "parameters", "field_times"),
    }


def test_every_text_of_the_tables_is_listed_as_free_text_or_as_something_else():
    texts = {
        column["name"]
        for table in definitions()
        if not table.startswith("insight_")
        for column in schema(table)
        if column["type"] == "STRING"
    }

    assert texts - FREE_TEXT - ADDRESSES == {
        *("video_id", "user_key", "username", "source", "collection", "region_code", "language"),
        *("caption_language", "music_id", "lang_key", "lang_source", "name", "flags", "generation"),
        *("rater", "config_hash", "status", "reason", "rubric_version", "model_version"),
        *(
            "cards",
            "metrics_flags",
            "rating_flags",
            "rating_status",
            "rating_reason",
            "field_times",
        ),
        # Neither has the texts of a rating in it.
        *("detail", "digest"),
    }


def test_what_a_manifest_calls_a_text_is_free_text_too():
    for field in ("caption", "hashtags", "display_name", "bio"):
        assert set(NAMES[field]) <= FREE_TEXT
    for field in ("url", "media_url"):
        assert set(NAMES[field]) <= ADDRESSES


# Records


def test_a_record_of_an_erased_video_or_creator_is_dropped(it):
    assert it.record(record(GONE, rating=rating())) is None
    assert it.record(record(OTHER, video=video(creator_id="ada.l"))) is None
    assert it.record(record(OTHER, creator=creator(creator_id="6801", username="eve"))) is None
    assert it.record(record(OTHER, creator=creator(creator_id="eve"), metrics=metrics())) is None


def test_a_record_of_others_stays_the_very_same(it):
    other = record(
        OTHER,
        video=video(
            11 * 24, caption="eve of the feast, 11 of 2026", collection="00z", music_id="2026"
        ),
        metrics=metrics(views=2026),
        rating=rating(generation="11", evidence=(Moment(at_s=11.0, what="at_s 2026"),)),
    )

    assert it.record(other) is other


def test_mentions_leave_the_free_text_of_others_and_nothing_else(it):
    original = record(
        OTHER,
        video=video(
            caption="with @ADA.L. and @eve", hashtags=("fun", "ada.l"), collection="ada.l",
            url="https://www.tiktok.com/@bob/video/1?from=@eve",
        ),
        rating=rating(evidence=(Moment(at_s=1.0, what="ada.l falls"),)),
    )  # fmt: skip

    redacted = it.record(original)

    assert redacted.video.caption == "with @[erased]. and @[erased]"
    assert redacted.video.hashtags == ("fun", "[erased]")
    assert redacted.video.collection == "ada.l"
    assert redacted.video.url == "https://www.tiktok.com/@bob/video/1?from=@[erased]"
    assert redacted.rating.evidence[0].what == "[erased] falls"
    assert redacted.rating.rated_at == original.rating.rated_at


# JSON of the sources, states and failures


def test_objects_about_the_erased_leave_their_lists_and_ids_their_objects(it):
    document = {
        "answer": {
            "data": {
                "videos": [
                    {"id": int(GONE), "username": "x"},
                    {"id": int(OTHER), "username": "ada.l"},
                    {"id": 3, "username": "x", "video_description": "hi @eve"},
                ]
            }
        },
        "no_media": {"deleted": [GONE, SHORT, OTHER]},
        "recent": [f"{GONE} 1 2", f"{OTHER} 1 2"],
        "videos": {GONE: [1, 20261101], OTHER: [1, 20261101]},
        "asked": {"and": [{"field_name": "username", "field_values": ["eve", "x"]}]},
        "outbox": [{"video_id": OTHER, "video": {"creator_id": "eve"}}],
        "views": 5,
        "days": ["20261101", 20261101, "2026"],
    }

    assert it.value(document) == {
        "answer": {
            "data": {"videos": [{"id": 3, "username": "x", "video_description": "hi @[erased]"}]}
        },
        "no_media": {"deleted": [OTHER]},
        "recent": [f"{OTHER} 1 2"],
        "videos": {OTHER: [1, 20261101]},
        "asked": {"and": []},
        "outbox": [],
        "views": 5,
        "days": ["20261101", 20261101, "2026"],
    }


def test_a_creator_with_the_name_of_a_field_takes_nothing_along():
    it = redaction((), ("data", "research", "id", "schema_version", "emotional_intensity"))
    document = {"data": {"source": "research", "id": 5}, "schema_version": 1, "views": [1]}
    answer = {"text": '{"emotional_intensity":5,"evidence":[]}'}

    assert it.value(document) == document
    assert it.value(answer) == answer


def test_json_in_a_text_is_cleaned_by_its_own_fields(it):
    document = {"text": '{"evidence":[{"at_s":1.5,"what":"@eve waves"}],"collection":"ada.l"}'}

    assert json.loads(it.value(document)["text"]) == {
        "evidence": [{"at_s": 1.5, "what": "@[erased] waves"}],
        "collection": "ada.l",
    }
    assert it.value({"text": '{"username": "eve", "x'}) == {"text": "[erased]"}


def test_an_object_that_is_about_the_erased_goes_whole(it):
    assert it.value({"collected_at": "x", "username": "EVE", "answer": {}}) is DROPPED
    assert it.content(b'{"video": {"id": "%s"}}' % GONE.encode()) is None


def test_bytes_without_the_erased_stay_as_they_are(it):
    content = b'{ "id" :  5 }'

    assert it.content(content) is content
    assert json.loads(it.content(f'[{{"id": {GONE}}}]'.encode())) == []
    half = f'["\\ud83d ä", {GONE}]'  # half a surrogate, as real captions have it
    assert json.loads(it.content(half.encode())) == ["\ud83d ä"]
    for no_json in (b"<html>", b"[" * 100_000, b"[" * 500 + b"]" * 500):
        with pytest.raises(ValueError):
            it.content(no_json)


# Messages and failures


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_message_that_only_mentions_the_erased_is_kept_without_the_name(it):
    data = record(OTHER, video=video(caption="with @eve")).to_json()

    redacted = it.message(data, {"video_id": OTHER})

    assert json.loads(redacted)["video"]["caption"] == "with @[erased]"


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (record(GONE, metrics=metrics()).to_json(), {}),
        (b"{}", {"video_id": GONE}),
        (b"{}", {"objectId": f"videos/{GONE}.mp4"}),
        (b'{"name": "videos/%s.mp4"}' % GONE.encode(), {}),
        (b'broken {"video_id": "%s"' % GONE.encode(), {}),
        (b'broken {"username": "eve"', {}),
        (rb'broken {"username": "ev\u0065"', {}),
        (rb'broken "{\"username\": \"eve\"', {}),
        (b"[" * 100_000 + GONE.encode(), {}),
    ],
)
def test_a_message_about_the_erased_is_dropped(it, data, attributes):
    assert it.message(data, attributes) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff", b"eve 2026 00z", b"[1, 11]"])
def test_a_message_that_names_nobody_is_the_very_same(it, data):
    attributes = {"objectId": f"videos/{OTHER}.mp4", "at": "2026-11-02T00:00:00Z"}

    assert it.message(data, attributes) is data


@pytest.mark.parametrize(
    ("entry", "is_kept"),
    [
        ({"upload": {"name": f"videos/{GONE}.mp4"}}, False),
        ({"attributes": {"objectId": f"videos/{OTHER}.mp4"}}, True),
        ({"data": _base64(record(GONE, metrics=metrics()).to_json())}, False),
        ({"data": _base64(b"broken {" + GONE.encode())}, False),
        ({"data": _base64(record(OTHER, metrics=metrics()).to_json())}, True),
        ({"data": "not base64"}, True),
        ({"data": _base64(b"[" * 100_000)}, True),
        ({"data": _base64(b"[" * 500 + b"]" * 500)}, True),
        ({"data": _base64(b"[" * 100_000 + GONE.encode())}, False),
        ({"item": json.dumps({"id": GONE})}, False),
        ({"item": json.dumps({"username": "eve"})}, False),
        ({"item": '{"username": "eve", cut o'}, False),
        ({"event": f"<something with {GONE}>"}, False),
        ({"object": f"metadata/{GONE}.json"}, False),
        ({"key": "11", "failed_at": "2026-11-02T00:00:00Z"}, True),
    ],
)
def test_what_is_kept_of_a_failure_is_looked_through(it, entry, is_kept):
    assert it.evidence(entry) == (entry if is_kept else None)


def test_a_failure_that_only_mentions_the_erased_is_kept_without_the_name(it):
    data = record(OTHER, video=video(caption="with @eve")).to_json()

    redacted = it.evidence(
        {"data": _base64(data), "attributes": {}, "item": json.dumps({"id": 5, "desc": "@eve"})}
    )

    assert b"eve" not in base64.b64decode(redacted["data"])
    assert json.loads(redacted["item"]) == {"id": 5, "desc": "@[erased]"}


# Names of objects


@pytest.mark.parametrize(
    ("name", "is_in"),
    [
        (f"videos/{GONE}.mp4", True),
        (f"videos/{SHORT}.mp4", True),
        (f"metadata/{GONE}.json", True),
        (f"metrics/{GONE}/20261101T000000.000000Z.json", True),
        (f"retention/{GONE}/20261101T000000.000000Z.json", True),
        (f"ratings/{GONE}/1/signals/1.0/abcd/0.json.claim", True),
        (f"raw/upload/2026-11-01/{GONE}-0123456789abcdef.json", True),
        (f"failed/fetch/media%2F{GONE}.json", True),
        (f"failed/fetch/cats%2F{GONE}.json", True),
        ("raw/research/2026-11-01/creators/eve.json", True),
        ("tokens/eve", True),
        ("tokens/business/eve", True),
        ("raw/research/2026-11-01/2026/20261101-00000000-11.json", False),
        ("raw/research/2026-11-01/eve/20261101-00000000-aa.json", False),
        ("raw/upload/2026-11-01/7300000000000000002-0123456789abcdef.json", False),
        ("state/eve.json", False),
        ("state/20261101.json", False),
        ("failed/load/20261101.json", False),
        ("reports/2026-11-01/report.html", False),
        (f"metrics/{OTHER}/20261101T000000.000000Z.json", False),
    ],
)
def test_an_id_or_a_name_counts_where_the_lake_puts_one(it, name, is_in):
    assert it.is_in_name(name) == is_in
