"""Parsers to fuzz: each takes bytes, and whatever they are, ends in a value or a known refusal."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import NamedTemporaryFile
from typing import Any

from cloudevents.http import CloudEvent

from local.faults import BadFaultPlan
from local.faults.plan import plan_in
from scripts.rubric_file import BadRubric, parse_rubric
from shared.errors import Permanent, Transient
from shared.inputs.media_type import media_type
from shared.inputs.tables.container import table_in
from shared.insights.plan_file import parse_plan
from shared.messaging.events import evidence, upload_in, video_uploaded
from shared.model import canonical_json, parse, parse_record
from shared.rating.clip import Unreadable, read_clip_header
from shared.rating.gemini.reading import Stopped, Unfit, read, usage
from shared.rating.gemini.wire import read_wire
from shared.rating.signals import Unratable, measure, picture_at
from shared.rating_section import Rating
from shared.tiktok.collection_file import parse_collection
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions
from shared.tiktok.sources.wire import read_json
from shared.tiktok.state import read_state
from tests.hostile import HANDLERS
from tests.hostile.business import answer_with_curves
from tests.hostile.files import COLLECTIONS, FAULTS, PLAN, RUBRIC
from tests.hostile.gemini import GOOD
from tests.hostile.media import File, clip
from tests.hostile.messages import RECORD, upload
from tests.hostile.sources import _line, _page
from tests.hostile.table import Cell

MOST_SEED_BYTES = 100_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises for a defect and for nothing else. `seeds` are where fuzzing starts."""

    name: str
    check: Callable[[bytes], None]
    good: bytes
    handler: str = ""

    def seeds(self) -> list[bytes]:
        """A good input, and the small ones of the hostile table."""
        seeds = [self.good]
        cells: Mapping[str, Cell] = next((h.cells for h in HANDLERS if h.name == self.handler), {})
        for cell in cells.values():
            cell_input = cell.resolved_input()
            content = cell_input.content if isinstance(cell_input, File) else cell_input
            if isinstance(content, bytes) and len(content) <= MOST_SEED_BYTES:
                seeds.append(content)
        return seeds


def _record(content: bytes) -> None:
    with suppress(Permanent):
        record = parse_record(content)
        assert parse_record(record.to_json()) == record, "a record is not what it says"


def _rating(content: bytes) -> None:
    with suppress(Permanent):
        rating = parse(Rating, content, "rating")
        canonical_json(rating.model_dump(mode="json"))


def _event(content: bytes) -> None:
    """A push whose body is this JSON, and a notification whose attributes it is."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return  # functions-framework has refused it
    attributes = {"id": "1", "source": "s", "type": "google.cloud.pubsub.topic.v1.messagePublished"}
    event = CloudEvent(attributes, body)
    with suppress(Permanent):
        video_uploaded(event)
    canonical_json(evidence(event)).encode()
    if isinstance(body, dict):
        with suppress(Permanent):
            upload_in(body)


def _tiktok(content: bytes) -> None:
    from datetime import UTC, datetime

    from shared.tiktok.sources.research import ResearchApi
    from shared.tiktok.sources.wire import Exchange

    with suppress(ValueError):
        document = read_json(content)
        data = document.get("data")
        videos = data.get("videos") if isinstance(data, dict) else None
        source = ResearchApi(Exchange("http://x"), "k", "s", None)
        for item in videos if isinstance(videos, list) else ():
            with suppress(Permanent):
                record = source.read(item, _COLLECTION, datetime(2026, 11, 1, tzinfo=UTC))
                record.video.model_dump_json()


def _business(content: bytes) -> None:
    """An envelope of the Business API, and every post in it with its curve."""
    from shared.tiktok.collections import Collection
    from shared.tiktok.sources.business import read_post
    from shared.tiktok.sources.business_wire import check, granted
    from shared.tiktok.sources.wire import ApiResponse

    mine = Collection(name="mine", source="business", usernames=["me"])
    with suppress(ValueError):
        answer = ApiResponse(200, content, read_json(content), 0.0)
        with suppress(Permanent, Transient):
            check(answer)
        videos = granted(answer).get("videos")
        for item in videos if isinstance(videos, list) else []:
            with suppress(Permanent):
                post = read_post(item, mine, NOW)
                post.metrics.model_dump_json()
                if post.retention:
                    post.retention.model_dump_json()


def _manifest(content: bytes) -> None:
    options = ManifestOptions(collected_at="file")
    with suppress(Permanent):
        for _ in Manifest(table_in(io.BytesIO(content), "x.csv"), NOW, options, NOW):
            pass


def _collection(content: bytes) -> None:
    for name in ("cats", "dogs"):
        with suppress(Permanent):
            parse_collection(content, name)


def _state(content: bytes) -> None:
    with suppress(Permanent):
        read_state(content, "state")


def _plan(content: bytes) -> None:
    with suppress(Permanent):
        assert parse_plan(content, "plan.yaml").hash


def _faults(content: bytes) -> None:
    with suppress(BadFaultPlan):
        plan_in(content, "faults.yaml")


def _rubric(content: bytes) -> None:
    with suppress(BadRubric):
        parse_rubric(content)


def _gemini(content: bytes) -> None:
    """A whole response, and a text of the model's in a good one."""
    _response(read_wire(content))
    text = content.decode(errors="replace")
    parts = [{"text": text}]
    _response({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})


def _response(response: dict[str, Any] | None) -> None:
    if response is None:
        return
    usage(response)
    with suppress(Stopped, Unfit):
        reading = read(response, 10.0)
        reading.values.model_dump_json()


def _clip(content: bytes) -> None:
    media_type(content[:4_096])
    with suppress(Unreadable):
        read_clip_header(io.BytesIO(content))


def _signals(content: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with suppress(Unratable):
            picture_at(file.name, measure(file.name).duration_s / 2)


_COLLECTION = parse_collection(COLLECTIONS, "cats")
_PUSHED = json.dumps({"message": {"data": "e30=", **upload("videos/1.mp4", 1)}}).encode()

TARGETS = {
    target.name: target
    for target in (
        Target("record", _record, RECORD, "records"),
        Target("rating", _rating, canonical_json(json.loads(RECORD)["rating"]).encode()),
        Target("event", _event, _PUSHED),
        Target("tiktok", _tiktok, _page(), "TikTok's answers"),
        Target("business", _business, answer_with_curves(), "curves of the Business API"),
        Target("manifest", _manifest, _line(), "manifests"),
        Target("collection", _collection, COLLECTIONS, "collections"),
        Target("state", _state, b'{"outbox": [], "media_due": []}'),
        Target("plan", _plan, PLAN, "analysis plans"),
        Target("faults", _faults, FAULTS, "plans of faults"),
        Target("rubric", _rubric, RUBRIC, "rubric"),
        Target("gemini", _gemini, json.dumps(GOOD).encode()),
        Target("clip", _clip, clip(), "media"),
        Target("signals", _signals, clip(), "media"),
    )
}
