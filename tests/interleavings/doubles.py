"""Lake, topics and dead letters in memory, which stop before each outside operation."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import IO, Any

from shared.messaging.events import Message, VideoUploaded, notification_of
from shared.messaging.topics import Stage
from shared.model import Record
from shared.privacy.tombstones import CHANGED, TOMBSTONES
from shared.storage.lake import LakeObject
from shared.storage.layout import VIDEOS
from shared.warehouse.rebuild_state import STATE
from tests.fakes import LakeInMemory, Stored
from tests.interleavings.scheduler import Scheduler


class SteppedLake(LakeInMemory):
    """The lake of the other tests; each request is a step, and a finalized video is told.

    A listing is one step, for Cloud Storage lists consistently, page by page.
    """

    def __init__(self, scheduler: Scheduler, on_video: Callable[[VideoUploaded], None]):
        self._scheduler = scheduler
        self._on_video = on_video
        nothing: frozenset[str] = frozenset()
        self._rebuild_saw = (nothing, nothing)
        """The tombstones that stages had been told of at the last two requests of a rebuild."""
        self.erased_before_swap = nothing
        super().__init__()

    @property
    def now(self) -> datetime:
        return self._scheduler.now()

    @now.setter
    def now(self, moment: datetime) -> None:
        """The clock is the scheduler's alone."""

    def _tombstones(self) -> frozenset[str]:
        names = frozenset(name for name in self.objects if name.startswith(TOMBSTONES))
        return names if CHANGED in names else frozenset()

    def _step(self, what: str, name: str) -> None:
        if self._scheduler.current is not None:  # else the world is being made, or looked at
            self._scheduler.step(f"{what} {name}")
            if self._scheduler.current.kind == "rebuild":
                self._rebuild_saw = (self._rebuild_saw[1], self._tombstones())

    def stat(self, name: str) -> Stored | None:
        self._step("stat", name)
        return super().stat(name)

    def read_with_generation(self, name: str) -> tuple[bytes | None, int]:
        self._step("read", name)
        return super().read_with_generation(name)

    def _content(self, name: str, generation: int) -> bytes:
        self._step("get", name)
        return super()._content(name, generation)

    def replace(
        self, name: str, content: bytes, generation: int, content_type: str = "application/json"
    ) -> int:
        self._step("write", name)
        return self._write(name, content, generation, content_type)

    def _write(
        self,
        name: str,
        content: bytes,
        generation: int,
        content_type: str = "application/json",
        custom_time: datetime | None = None,
    ) -> int:
        number = super().replace(name, content, generation, content_type)
        if name == STATE and b'"phase":"swapping"' in content:
            self.erased_before_swap = self._rebuild_saw[0]
        if custom_time is not None:
            self.objects[name] = replace(self.objects[name], custom_time=custom_time)
        if name.startswith(VIDEOS):
            self._on_video(VideoUploaded(self.bucket_name, name, str(number)))
        return number

    def put(
        self,
        name: str,
        content: bytes,
        custom_time: datetime | None = None,
        content_type: str = "application/json",
    ) -> None:
        self._step("write", name)
        earlier = self.objects.get(name)
        generation = earlier.generation if earlier else 0
        self._write(name, content, generation, content_type, custom_time)

    @contextmanager
    def create_stream(
        self,
        name: str,
        content_type: str,
        over: int = 0,
        custom_time: datetime | None = None,
        video_ids: Sequence[str] = (),
    ) -> Iterator[IO[bytes]]:
        buffer = io.BytesIO()
        yield buffer
        self._step("write", name)
        self._write(name, buffer.getvalue(), over, content_type, custom_time)
        self.objects[name] = replace(self.objects[name], video_ids=tuple(video_ids))

    def delete(self, name: str, generation: int | None = None) -> bool:
        self._step("delete", name)
        return super().delete(name, generation)

    def names(self, prefix: str) -> Iterator[str]:
        self._step("list", prefix)
        yield from list(super().names(prefix))

    def entries(
        self, prefix: str, after: str = "", before: str = "", page_size: int | None = None
    ) -> Iterator[LakeObject]:
        self._step("list", prefix)
        listed = sorted(
            it
            for it in self.objects
            if it.startswith(prefix) and it > after and (not before or it < before)
        )
        for it in [self.objects[name] for name in listed]:
            yield it.listed()

    def age(self, name: str, asker: str) -> tuple[int, timedelta] | None:
        self._step("stat", name)
        return super().age(name, asker)


@dataclass(eq=False)
class Delivery:
    """A message on its way to a stage; `due_s` is when it may be delivered, in virtual seconds."""

    stage: Stage
    message: Message
    due_s: float = 0.0
    attempts: int = 0


class SteppedBus:
    """Obeys `publisher.Bus` and `topics.Topics` of shared.messaging. Some messages come twice."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler
        self.duplicates = 0.1
        self.pending: list[Delivery] = []
        self.sent: list[Delivery] = []
        self._number = 0

    def publish_records(self, *records: Record) -> None:
        self._scheduler.step("publish load")
        for record in records:
            self.add("load", Message("", record.to_json(), {"video_id": record.video_id}))

    def publish(self, stage: Stage, message: Message) -> None:
        self._scheduler.step(f"publish {stage}")
        self.add(stage, message)

    def uploaded(self, upload: VideoUploaded) -> None:
        self.add("analyze", notification_of(upload))

    def add(self, stage: Stage, message: Message) -> None:
        self._number += 1
        numbered = Message(f"m{self._number}", message.data, message.attributes)
        self.sent.append(Delivery(stage, numbered))
        for _ in range(2 if self._scheduler.random.random() < self.duplicates else 1):
            self.pending.append(Delivery(stage, numbered))


class SteppedSubscriber:
    """Obeys `pubsub_v1.SubscriberClient`, as far as the dead letters use it."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler
        self.letters: dict[str, Message] = {}

    def pull(self, request: dict[str, Any], **bounds: Any) -> SimpleNamespace:
        self._scheduler.step("pull dead letters")
        return SimpleNamespace(
            received_messages=[
                SimpleNamespace(
                    ack_id=key,
                    delivery_attempt=0,
                    message=SimpleNamespace(
                        message_id=letter.id, data=letter.data, attributes=letter.attributes
                    ),
                )
                for key, letter in self.letters.items()
            ]
        )

    def acknowledge(self, subscription: str, ack_ids: list[str], **bounds: Any) -> None:
        self._scheduler.step("acknowledge dead letters")
        for key in ack_ids:
            self.letters.pop(key, None)
