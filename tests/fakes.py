"""A lake and a bus in memory that keep the promises of the real ones.

tests/contract/test_lake.py runs the same facts against this lake and the real client.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import IO, Any

from shared.messaging.events import Message
from shared.messaging.topics import Stage
from shared.model import Record, canonical_json
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Gone, LakeObject, Superseded
from shared.storage.layout import failed_name
from shared.storage.listed_items import noted_ids


@dataclass(frozen=True)
class Stored:
    """What the real client calls a blob."""

    name: str
    content: bytes
    content_type: str
    generation: int
    updated: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    custom_time: datetime | None = None
    video_ids: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.content)

    def listed(self) -> LakeObject:
        times = self.updated, self.custom_time
        return LakeObject(self.name, self.generation, self.size, *times, self.video_ids)


class LakeInMemory:
    """Implements `shared.storage.lake.Lake`."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.bucket_name = "lake"
        self.listed = 0  # entries that listings have given out
        self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self._generation = 1_000
        self._writing = Lock()

    def stat(self, name: str) -> Stored | None:
        return self.objects.get(name)

    def exists(self, name: str) -> bool:
        return self.stat(name) is not None

    def read(self, name: str) -> bytes | None:
        return self.read_with_generation(name)[0]

    def read_with_generation(self, name: str) -> tuple[bytes | None, int]:
        stored = self.objects.get(name)
        return (stored.content, stored.generation) if stored else (None, 0)

    def head(self, name: str, generation: int, size: int = 4096) -> bytes:
        return self._content(name, generation)[:size]

    @contextmanager
    def open(self, name: str, generation: int) -> Iterator[IO[bytes]]:
        yield io.BytesIO(self._content(name, generation))

    def download(self, name: str, generation: int, target: Path) -> None:
        target.write_bytes(self._content(name, generation))

    def sha256(self, name: str, generation: int) -> str:
        return hashlib.sha256(self._content(name, generation)).hexdigest()

    def _content(self, name: str, generation: int) -> bytes:
        stored = self.objects.get(name)
        if stored is None or stored.generation != generation:
            raise Gone(name)
        return stored.content

    def write_once(self, name: str, content: bytes, content_type: str = "application/json") -> bool:
        try:
            self.replace(name, content, 0, content_type)
        except Superseded:
            return False
        return True

    def write_page_once(self, name: str, content: bytes, video_ids: Sequence[str]) -> bool:
        is_new = self.write_once(name, content)
        if is_new:
            noted = tuple(video_ids) if noted_ids(video_ids) else ()
            self.objects[name] = replace(self.objects[name], video_ids=noted)
        return is_new

    def replace(
        self, name: str, content: bytes, generation: int, content_type: str = "application/json"
    ) -> int:
        with self._writing:
            current = self.objects.get(name)
            if (current.generation if current else 0) != generation:
                raise Superseded(name)
            self._generation += 1
            stored = Stored(name, bytes(content), content_type, self._generation, self.now)
            self.objects[name] = stored
            return stored.generation

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
        self.replace(name, buffer.getvalue(), over, content_type)
        self.objects[name] = replace(
            self.objects[name], custom_time=custom_time, video_ids=tuple(video_ids)
        )

    def delete(self, name: str, generation: int | None = None) -> bool:
        stored = self.objects.get(name)
        if stored is None or (generation is not None and stored.generation != generation):
            return False
        del self.objects[name]
        return True

    def names(self, prefix: str) -> Iterator[str]:
        yield from sorted(name for name in self.objects if name.startswith(prefix))

    def entries(
        self, prefix: str, after: str = "", before: str = "", page_size: int | None = None
    ) -> Iterator[LakeObject]:
        for name in self.names(prefix):
            is_between = name > after and (not before or name < before)
            if is_between and (it := self.objects.get(name)):
                self.listed += 1
                yield it.listed()

    def put(
        self,
        name: str,
        content: bytes,
        custom_time: datetime | None = None,
        content_type: str = "application/json",
    ) -> None:
        self.replace(name, content, self.read_with_generation(name)[1])
        self.objects[name] = replace(self.objects[name], custom_time=custom_time)

    def age(self, name: str, asker: str) -> tuple[int, timedelta] | None:
        stored = self.objects.get(name)
        return (stored.generation, self.now - stored.updated) if stored else None

    def keep_failed(
        self, stage: str, key: str, reason: str, sentence: str, at: datetime, **evidence: Any
    ) -> None:
        entry = {"stage": stage, "key": key, "reason": reason, "sentence": sentence}
        content = canonical_json(entry | {"failed_at": at.isoformat()} | evidence).encode()
        self.put(failed_name(stage, key), content)


def tombstones_in(lake: Any) -> Tombstones:
    """What was erased of a lake, looked up anew each time."""
    return Tombstones(lake, lambda: "key", fresh_s=0.0)


class BusInMemory:
    """Implements `shared.messaging.publisher.RecordPublisher`."""

    def __init__(self) -> None:
        self.published: list[Record] = []

    def publish(self, *records: Record) -> None:
        self.published += records


class TopicsInMemory:
    """Implements `shared.messaging.topics.Topics`."""

    def __init__(self):
        self.published: list[tuple[Stage, Message]] = []
        self.before_publishing: Callable[[], None] = lambda: None

    def publish(self, stage: Stage, message: Message) -> None:
        self.before_publishing()
        self.published.append((stage, message))
