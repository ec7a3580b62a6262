"""One simulated world: what the use cases touch, and the processes that run them."""

import base64
import importlib.util
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from shared.erasure.app import MOST_OBJECTS, SHORT_HANDLER_S, ErasureApp
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.events import Message, VideoUploaded, as_json, notification_of
from shared.messaging.parked import park
from shared.messaging.sweep import SweepApp
from shared.model import Record, canonical_json
from shared.privacy.tombstones import FRESH_S, TOMBSTONES, Kind, Tombstones, digest
from shared.rating.budget import OverBudget
from shared.rating.rate import RateApp as AnalyzeApp
from shared.rating.rater import MediaToRate, RaterAnswer
from shared.rubric_values import Values
from shared.storage.layout import COLLECTIONS, RatingKey, metadata_name, retention_name, video_name
from shared.storage.lease import Lease
from shared.tiktok.collections import Collection
from shared.tiktok.media.media import UrlMedia
from shared.tiktok.run import FetchApp
from shared.tiktok.sources.source import Position, SourcePage, SourceVideo
from shared.warehouse import rebuild
from shared.warehouse.group import GroupCommit
from shared.warehouse.load import LoadApp
from shared.warehouse.loader import Loader
from tests.interleavings.doubles import SteppedBus, SteppedLake, SteppedSubscriber
from tests.interleavings.posts import COLLECTION, DAY, NAME, Post, posts
from tests.interleavings.scheduler import Scheduler, Turn
from tests.interleavings.warehouse import RowsInMemory, TablesInMemory

DATASET = "live"
RATERS = ("gemini/", "signals/")
HANDLER_S = SHORT_HANDLER_S
"""How long a handler may go on after it looked at the tombstones: what the wait allows for."""

LEASE_S = 2 * HANDLER_S
SWEEP_S = 150.0
ROOT = Path(__file__).parents[2]
COLLECTIONS_FILE = f"""
collections:
  {COLLECTION}:
    hashtags: [cat]
    start_date: 2026-10-01
    profiles: false
    media: {{resolver: url, url_template: "https://media.example/{{video_id}}.mp4"}}
"""


def entry_point(name: str) -> ModuleType:
    """functions/{name}/main.py, as it is deployed."""
    spec = importlib.util.spec_from_file_location(
        f"simulated_{name}", ROOT / f"functions/{name}/main.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class SimulatedRater:
    """Costs money each time; counts it. Now and then there is no budget left for a while."""

    world: "World"
    name: str = "gemini/simulated/1"
    config_hash: str = "abcd"
    condition: str = "gemini"
    sees_caption: bool = False

    def rate(self, media: MediaToRate) -> RaterAnswer:
        world = self.world
        if world.scheduler.random.random() < world.over_budget:
            raise OverBudget(world.scheduler.now() + timedelta(seconds=5), "spent")
        world.scheduler.step("pay")
        world.paid(media.video_id, media.key)
        text = f"@{NAME} falls" if media.video_id in world.rated_with_mention else "a cat falls"
        return RaterAnswer(status="rated", values=Values(unexpectedness=50, violation=text))


@dataclass
class SimulatedSource:
    """The Research API: two pages of whatever was posted."""

    world: "World"
    name: str = "research"
    has_profiles: bool = False
    requests: int = 0

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        listed = [post for post in self.world.posts if post.stage in ("new", "published")]
        start = position.cursor if position else 0
        for cursor in range(start, max(len(listed), 1), 2):
            self.world.scheduler.step("ask TikTok")
            items = tuple(_item(post) for post in listed[cursor : cursor + 2])
            page_position, end = Position(DAY.date(), DAY.date(), cursor), cursor + 2 >= len(listed)
            following = None if end else Position(DAY.date(), DAY.date(), cursor + 2)
            body = canonical_json({"data": {"videos": list(items)}}).encode()
            yield SourcePage(page_position, following, {"cursor": cursor}, items, body)

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        return self.world.by_id[item["id"]].listed(at)

    def again(self, collection: Collection, video_ids: Any) -> Iterator[Any]:
        return iter(())

    def user_info(self, username: str) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing was reserved."""


def _item(post: Post) -> dict[str, Any]:
    return {"id": post.video_id, "username": post.creator, "video_description": post.caption}


@dataclass(frozen=True, slots=True)
class SimulatedDownloads:
    """Gives each post's file."""

    world: "World"

    @contextmanager
    def get(self, url: str, deadline_s: float, headers: Any) -> Iterator[SimpleNamespace]:
        self.world.scheduler.step("download")
        content = self.world.by_id[url.rpartition("/")[2].removesuffix(".mp4")].media
        yield SimpleNamespace(status=200, length=len(content), chunks=lambda: iter([content]))


@dataclass
class World:
    """Everything of one run; the same seed makes the same world."""

    seed: int
    scheduler: Scheduler = field(init=False)
    payments: Counter[tuple[str, RatingKey]] = field(default_factory=Counter)
    lost_payments: Counter[tuple[str, RatingKey]] = field(default_factory=Counter)
    swapped_in: list[str] = field(default_factory=list)
    """What a rebuild brought back although it was erased before the rebuild had done reading."""

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.seed)
        dice = self.scheduler.random
        self.bus = SteppedBus(self.scheduler)
        self.is_made = False
        self.over_budget = 0.1
        self.lake = SteppedLake(self.scheduler, self._uploaded)
        self.subscriber = SteppedSubscriber(self.scheduler)
        self.tables = TablesInMemory(self._step)
        self.tables.create(DATASET)
        self.tables.on_copy = self._copied
        self.posts = posts(dice)
        self.by_id = {post.video_id: post for post in self.posts}
        self.rated_with_mention = {
            post.video_id for post in self.posts if not post.is_erased and dice.random() < 0.5
        }
        self.needles = [NAME, *(post.video_id for post in self.posts if post.is_erased)]
        self.lake.put(COLLECTIONS, COLLECTIONS_FILE.encode())
        for post in self.posts:
            self._put_post(post)
        self.is_made = True

    @property
    def is_pointed(self) -> bool:
        """Whether erasures of this world search only where the tables point."""
        return self.seed % 2 == 0

    def _step(self, what: str) -> None:
        if self.scheduler.current is not None:
            self.scheduler.step(what)

    def _copied(self, table: str, rows: Any) -> None:
        """Whoever looks last before swapping sees what was erased while it read."""
        names: tuple[tuple[Kind, str], ...] = (
            ("creators", NAME),
            *(("videos", post.video_id) for post in self.posts if post.is_erased),
        )
        for kind, name in names:
            tombstone = f"{TOMBSTONES}{kind}/{digest('key', kind, name)}"
            if tombstone in self.lake.erased_before_swap and name in repr(rows):
                self.swapped_in.append(f"a rebuild swapped in rows of the erased in {table}")

    def names_erased(self, text: str) -> bool:
        return any(needle in text for needle in self.needles)

    def _uploaded(self, upload: VideoUploaded) -> None:
        if self.is_made:
            self.bus.uploaded(upload)

    def paid(self, video_id: str, key: RatingKey) -> None:
        task = self.scheduler.current
        assert task is not None
        self.payments[video_id, key] += 1

        def lost() -> None:
            self.lost_payments[video_id, key] += 1

        task.on_failure = lost

    # How a post begins

    def _put_post(self, post: Post) -> None:
        if post.stage == "new":
            return
        record, curve = post.record(), post.curve()
        messages = [Message("x", each.to_json(), {}) for each in (record, curve)]
        self.lake.put(metadata_name(post.video_id), record.to_json())
        self.lake.put(retention_name(post.video_id, DAY), curve.to_json())
        name = video_name(post.video_id, "mp4")
        generation = self.lake.replace(name, post.media, 0)
        upload = VideoUploaded(self.lake.bucket_name, name, str(generation))
        if post.stage in ("loaded", "parked"):
            self.loader().load([record, curve])
        if post.stage == "parked":
            self._park(upload)
        if post.stage == "loaded":
            self.bus.uploaded(upload)
        if post.stage == "published":
            for message in messages:
                self.bus.add("load", message)
            self.bus.uploaded(upload)
        if post.stage == "failed":
            self._fail(post.video_id, messages, upload)
        if post.stage == "dead":
            for number, message in enumerate(messages):
                letter = f"{post.video_id[-2:]}{number}"
                self.subscriber.letters[letter] = Message(letter, message.data, {})
            self.bus.uploaded(upload)

    def _park(self, upload: VideoUploaded) -> None:
        request = notification_of(upload)
        message = Message(f"parked {upload.name}", request.data, request.attributes)
        park(self.lake, "analyze", message, DAY, "over_budget", DAY)

    def _fail(self, key: str, messages: list[Message], upload: VideoUploaded) -> None:
        for number, message in enumerate(messages):
            name = f"{key}-{number}"
            self.lake.keep_failed("load", name, "malformed", "was bad", DAY, **as_json(message))
        request = as_json(notification_of(upload)) | {"upload": asdict(upload)}
        self.lake.keep_failed("analyze", key, "malformed", "was bad", DAY, **request)

    # What a process has

    def tombstones(self, fresh_s: float = FRESH_S) -> Tombstones:
        mine = Tombstones(
            self.lake,
            lambda: "key",
            timer=lambda: self.scheduler.now_s,
            fresh_s=fresh_s,
            _lock=Turn(self.scheduler),  # type: ignore[arg-type]
        )
        mine.key = lambda: "key"  # the fingerprint is another test's
        return mine

    def loader(self) -> Loader:
        return Loader(self.tables, DATASET, RATERS)  # type: ignore[arg-type]

    def load_app(self) -> LoadApp:
        group: GroupCommit[Record] = GroupCommit(
            self.loader().load,
            linger_s=0.01,
            most_items=4,
            most_weight=10**6,
            wait=lambda is_full, seconds: self.scheduler.sleep(seconds),
            clock=lambda: self.scheduler.now().timestamp(),
        )
        return LoadApp(self.lake, group, self.tombstones(), self.scheduler.now)  # type: ignore[arg-type]

    def analyze_app(self) -> AnalyzeApp:
        rater = SimulatedRater(self)
        return AnalyzeApp(
            lake=self.lake,  # type: ignore[arg-type]
            tombstones=self.tombstones(),
            lease=Lease(self.lake, LEASE_S),  # type: ignore[arg-type]
            raters=lambda condition: rater if condition in (None, "gemini") else None,
            publish=self.bus.publish_records,
            clock=self.scheduler.now,
            timer=lambda: self.scheduler.now_s,
            max_media_bytes=10**6,
        )

    def fetch_app(self) -> FetchApp:
        downloads: Any = SimulatedDownloads(self)
        return FetchApp(
            lake=self.lake,  # type: ignore[arg-type]
            tombstones=self.tombstones(),
            publish=self.bus.publish_records,
            source=lambda collection: SimulatedSource(self),
            resolver=lambda collection: UrlMedia(
                self.lake,  # type: ignore[arg-type]
                collection.media,
                downloads,
                sleep=self.scheduler.sleep,
            ),
            clock=self.scheduler.now,
            timer=lambda: self.scheduler.now_s,
            parallel=2,
            deadline_s=1_000.0,
        )

    def sweep_app(self) -> SweepApp:
        tombstones = self.tombstones()
        lake: Any = self.lake
        client: Any = self.subscriber
        return SweepApp(
            lake=lake,
            tombstones=tombstones,
            topics=self.bus,  # type: ignore[arg-type]
            dead_letters=[DeadLetters("load", "dead", lake, tombstones, client)],
            clock=self.scheduler.now,
            timer=lambda: self.scheduler.now_s,
            deadline_s=SWEEP_S,
            affordable_uploads=lambda day, rater: None,
        )

    def rebuild_app(self) -> rebuild.RebuildApp:
        return rebuild.RebuildApp(
            lake=self.lake,  # type: ignore[arg-type]
            tombstones=self.tombstones(),
            client=self.tables,  # type: ignore[arg-type]
            dataset=DATASET,
            primary_raters=RATERS,
            clock=self.scheduler.now,
            range_objects=1,
            batch_rows=1,
            sleep=self.scheduler.sleep,
        )

    def erase_app(self) -> ErasureApp:
        return ErasureApp(
            lake=self.lake,  # type: ignore[arg-type]
            rows=RowsInMemory(self.tables, DATASET),  # type: ignore[arg-type]
            tombstones=self.tombstones(),
            pseudonym=lambda name: f"p_{name.encode().hex()}",
            clock=self.scheduler.now,
            sleep=self.scheduler.sleep,
            most_objects=0 if self.is_pointed else MOST_OBJECTS,
        )


def decoded(content: bytes) -> str:
    """The content as text, with its base64 parts read, so that a name cannot hide there."""
    text = content.decode("latin-1")
    try:
        return text + base64.b64decode(json.loads(content).get("data", "")).decode("latin-1")
    except (ValueError, AttributeError, TypeError):
        return text
