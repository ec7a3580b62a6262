"""What queues bring: pushes to the functions, and records in them."""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import functions_framework
from pytest import MonkeyPatch

from shared.messaging.events import DIRECT_FINALIZED
from shared.rating.rate import RateApp
from shared.rating.rater import RaterAnswer
from shared.storage.lease import Lease
from shared.warehouse.group import GroupCommit
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.hostile.files import GARBAGE, PAGE, SQL, changed
from tests.hostile.table import Cell, Feed, Handler, Seen
from tests.records import creator, metrics, rating, record, video

FUNCTIONS = Path(__file__).parents[2] / "functions"
NEIGHBOUR = "7300000000000000002"
SCRIPT = "<script>alert(1)</script>"

# Records, as the data of a well-formed push to `load`

RECORD = record(
    video=video(caption="a caption", hashtags=("cat",)),
    creator=creator(followers=7),
    metrics=metrics(),
    rating=rating(),
).to_json()


def _in(old: str, new: str | bytes) -> bytes:
    return changed(RECORD, old, new)


@contextmanager
def _loading(folder: Path) -> Iterator[Feed]:
    """The served function over a lake in memory and a warehouse that remembers."""
    with MonkeyPatch.context() as patch:
        app = functions_framework.create_app("load", str(FUNCTIONS / "load/main.py"), "cloudevent")
        main, lake, loaded = sys.modules["main"], LakeInMemory(), []
        group = GroupCommit(loaded.extend, linger_s=0, most_items=1_000, most_weight=10**6)
        patch.setattr(
            main,
            "wiring",
            lambda: main.LoadApp(lake=lake, group=group, tombstones=tombstones_in(lake)),
        )
        client = app.test_client()

        def feed(data: bytes) -> Seen:
            loaded.clear()
            before = set(lake.names(""))
            status = client.post("/", json=push(data)).status_code
            good = client.post("/", json=push(neighbour(), "2")).status_code
            others = [record for record in loaded if record.video_id != NEIGHBOUR]
            return replace(
                settled(status, lake, before, bool(others)),
                neighbours=good == 200 and len(loaded) - len(others) == 1,
            )

        yield feed


def push(data: bytes, message_id: str = "1", **more: Any) -> dict[str, Any]:
    inner = {"data": base64.b64encode(data).decode(), "messageId": message_id, **more}
    return {"message": inner, "subscription": "projects/p/subscriptions/s"}


def neighbour() -> bytes:
    return record(NEIGHBOUR, metrics=metrics()).to_json()


def settled(status: int, lake: LakeInMemory, before: set[str], took: bool) -> Seen:
    """What a function's answer and the lake say of a message."""
    failed = [json.loads(lake.read(name)) for name in lake.names("failed/")]
    says = " ".join(f"{failure['reason']}: {failure['sentence']}" for failure in failed)
    if status == 400:
        return Seen("refused", says)
    if status != 200:
        return Seen("again", f"{status} {says}")
    if failed:
        return Seen("kept", says)
    return Seen("taken" if took else "ignored", says)


records = Handler(
    "records",
    "The data of a message on `video-records`, read by `load`. A good record that comes at the same"
    " moment is always loaded. No section of a bad record is loaded.",
    {
        "empty": Cell("a message without data", b"", "kept", "malformed"),
        "cut off": Cell("half a record", RECORD[: len(RECORD) // 2], "kept", "malformed: record"),
        "garbage": Cell("2,000 random bytes", GARBAGE, "kept", "malformed: record"),
        "another format": Cell("a web page", PAGE, "kept", "malformed: record"),
        "not UTF-8": Cell(
            "a caption with the byte FF", _in("a caption", b"a \xff"), "kept", "malformed"
        ),
        "NUL": Cell(
            "a NUL in the caption",
            _in("a caption", "a\\u0000caption"),
            "kept",
            "video.caption: Value error, contains a NUL character",
        ),
        "wrong type": Cell("views as text", _in("100", '"100"'), "kept", "metrics.views"),
        "missing": Cell("no observed_at", _in('"observed_at"', '"seen_at"'), "kept", "observed_at"),
        "unknown": Cell("a count `plays`", _in('"views"', '"plays"'), "kept", "metrics.plays"),
        "out of range": Cell(
            "2^63 views", _in("100", "9223372036854775808"), "kept", "metrics.views"
        ),
        "deep": Cell(
            "100,000 lists in place of the caption",
            lambda: _in('"a caption"', "[" * 100_000 + "]" * 100_000),
            "kept",
            "malformed: record",
        ),
        "oversized": Cell(
            "a caption of 9 MB",
            lambda: _in("a caption", "x" * 9_000_000),
            "kept",
            "video.caption: String should have at most 20000 characters",
        ),
        "bomb": Cell(
            "a number with a million digits",
            lambda: _in("100", "9" * 1_000_000),
            "kept",
            "malformed: record",
        ),
        "twice": Cell(
            "views given twice: JSON's last value counts", _in("100", '100,"views":200'), "taken"
        ),
        "traversal": Cell(
            "../../x as video id", _in("7300000000000000001", "../../x"), "kept", "video_id"
        ),
        "address": Cell(
            "an address of our network as the video's: nothing is fetched from it",
            _in('"a caption"', '"x","url":"http://169.254.169.254/"'),
            "taken",
        ),
        "injection": Cell("SQL and HTML as caption", _in("a caption", SQL + SCRIPT), "taken"),
    },
    _loading,
)

# Events, pushed to `analyze`

NAME = "videos/7300000000000000001.mp4"
CLIP = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"v" * 100


class _Rater:
    """Rates whatever it is given."""

    name, condition, config_hash, sees_caption = "scripted/1", "scripted", "abcd", False

    def rate(self, media: Any) -> RaterAnswer:
        return RaterAnswer(status="unratable", reason="scripted")


@contextmanager
def _analyzing(folder: Path) -> Iterator[Feed]:
    with MonkeyPatch.context() as patch:
        path = str(FUNCTIONS / "analyze/main.py")
        app = functions_framework.create_app("analyze", path, "cloudevent")
        main, lake, bus = sys.modules["main"], LakeInMemory(), BusInMemory()
        generation = lake.replace(NAME, CLIP, 0)
        other = lake.replace(f"videos/{NEIGHBOUR}.mp4", CLIP, 0)
        rate_app = RateApp(
            lake=lake,
            tombstones=tombstones_in(lake),
            lease=Lease(lake, 660),
            raters=lambda condition: _Rater() if condition in (None, "scripted") else None,
            publish=bus.publish,
            clock=lambda: lake.now,
            timer=lambda: 0.0,
            max_media_bytes=10**6,
        )
        entered = []
        patch.setattr(main, "wiring", lambda: entered.append(1) or rate_app)
        client = app.test_client()

        def post(body: bytes | dict[str, Any], headers: Mapping[str, str] = {}) -> int:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = {"Content-Type": "application/json", **headers}
            return client.post("/", data=data, headers=kind).status_code

        def feed(case: Any) -> Seen:
            bus.published.clear()
            before = set(lake.names(""))
            case = case(generation) if callable(case) else case
            body, headers = case if isinstance(case, tuple) else (case, {})
            entered.clear()
            status = post(body, headers)
            if not entered:  # functions-framework has not made an event of it
                status = 400 if status in (400, 500) else status
            good = post(push(b"{}", **upload(f"videos/{NEIGHBOUR}.mp4", other)))
            others = [record for record in bus.published if record.video_id != NEIGHBOUR]
            return replace(
                settled(status, lake, before, bool(others)),
                neighbours=good == 200 and len(bus.published) > len(others),
            )

        yield feed


def upload(name: Any, generation: Any, **more: Any) -> dict[str, Any]:
    attributes = {
        "eventType": "OBJECT_FINALIZE",
        "bucketId": "lake",
        "objectId": name,
        "objectGeneration": str(generation) if isinstance(generation, int) else generation,
        **more,
    }
    return {"attributes": attributes}


def _event(**changes: Any):
    """A notification of the file, with some of it changed or (None) left out."""

    def event_of(generation: int) -> dict[str, Any]:
        attributes = upload(NAME, generation)["attributes"] | changes
        present = {key: value for key, value in attributes.items() if value is not None}
        return push(b"{}", attributes=present)

    return lambda: event_of


def _body(body: bytes):
    return lambda: lambda generation: body


def _direct(data: bytes):
    """The direct event of Cloud Storage, with this as its data."""
    headers = {
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-type": DIRECT_FINALIZED,
        "ce-source": "//storage.googleapis.com/projects/_/buckets/lake",
    }
    return lambda: lambda generation: (data, headers)


events = Handler(
    "events",
    "A push of the topic `video-finalized` to `analyze`, or Cloud Storage's direct event."
    " functions-framework refuses anything else before it is an event (400, or 500 where its own"
    " parser gives up). Nobody sends it again: only the accounts of Pub/Sub and Eventarc may call.",
    {
        "empty": Cell("a request without a body", _body(b""), "refused"),
        "cut off": Cell(
            "half the body", lambda: lambda g: json.dumps(push(b"{}")).encode()[:40], "refused"
        ),
        "garbage": Cell("2,000 random bytes", _body(GARBAGE), "refused"),
        "another format": Cell("a web page", _body(PAGE), "refused"),
        "not UTF-8": Cell("a body with the byte FF", _body(b'{"message": "\xff"}'), "refused"),
        "NUL": Cell("a NUL in the object's name", _event(objectId="videos/\0.mp4"), "ignored"),
        "wrong type": Cell(
            "a list as the object's name", _event(objectId=["a"]), "kept", "not a mapping of texts"
        ),
        "missing": Cell("no generation", _event(objectGeneration=None), "kept", "event without"),
        "unknown": Cell("another type of event", _event(eventType="OBJECT_DELETE"), "ignored"),
        "out of range": Cell(
            "-1 as generation", _event(objectGeneration="-1"), "kept", "is not a number"
        ),
        "deep": Cell(
            "100,000 lists as the data of a direct event",
            _direct(b"[" * 100_000 + b"]" * 100_000),
            "refused",
        ),
        "oversized": Cell(
            "a name of 9 MB",
            lambda: _event(objectId="videos/" + "x" * 9_000_000)(),
            "kept",
            "longer than a name may be",
        ),
        "bomb": Cell(
            "a generation of a million digits",
            lambda: _event(objectGeneration="9" * 1_000_000)(),
            "kept",
            "is not a number",
        ),
        "twice": Cell(
            "a message that names two requests: an unknown rater",
            _event(rater="gemini", replicate="7"),
            "ignored",
        ),
        "traversal": Cell(
            "a name that leaves videos/", _event(objectId="videos/../../x.mp4"), "ignored"
        ),
        "address": Cell(
            "an address as the name", _event(objectId="http://169.254.169.254/"), "ignored"
        ),
        "injection": Cell(
            "SQL as the name of a rater",
            _event(rater=SQL),
            "kept",
            "is not the name",
        ),
    },
    _analyzing,
)
