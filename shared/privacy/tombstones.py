"""Tombstones: keyed hashes of the erased videos and creators.

`tombstones/videos/{hash}` and `tombstones/creators/{hash}` are written before anything is deleted.
Every stage drops data that they match, however late it arrives. `tombstones/changed` is written
last, so a stage needs one small request to learn whether there are new tombstones.

The hash is HMAC-SHA256 under HASH_KEY. Ids can be enumerated, so hashes without a key would reveal
them. A person with access to the bucket alone cannot compute the hashes.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from shared.errors import Misconfigured
from shared.inputs.handles import handle
from shared.inputs.json_input import parse_json
from shared.model import VIDEO_ID, Record
from shared.privacy.hashing_key import verified_key
from shared.privacy.redaction import Redaction
from shared.storage.lake import Lake

TOMBSTONES = "tombstones/"
MENTIONS = "mentions/"
"""`mentions/{video_id}`: a stage took a mention out of a record of this video on its way to the
tables. The lake may still have the mention, and then no table points at it."""

CHANGED = f"{TOMBSTONES}changed"
FRESH_S = 10.0
"""How long a stage may use the tombstones that it has read. `tta erase` waits longer."""

Kind = Literal["videos", "creators"]


def digest(key: str, kind: Kind, value: str) -> str:
    """The name of a tombstone. Raises Misconfigured without a key."""
    if not key:
        raise Misconfigured(
            "Environment: HASH_KEY is not set, and there are tombstones that cannot be read "
            "without it"
        )
    name = handle(value) if kind == "creators" else value
    # A name from outside may hold a lone surrogate, which UTF-8 cannot encode.
    message = f"{kind}:{name}".encode("utf-8", "surrogatepass")
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The tombstones at one generation of `tombstones/changed`."""

    generation: int = 0
    videos: frozenset[str] = frozenset()
    creators: frozenset[str] = frozenset()


@dataclass
class Tombstones:
    """The erased videos and creators, for any number of threads.

    `key` is called only when there are tombstones, and compared with the fingerprint in the lake.
    Raises Misconfigured when the key is missing or another one.
    """

    lake: Lake
    key: Callable[[], str]
    timer: Callable[[], float] = time.monotonic
    fresh_s: float = FRESH_S
    _snapshot: _Snapshot = field(default_factory=_Snapshot)
    _read_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.key = verified_key(self.key, self.lake)

    # Lookup

    def is_empty(self) -> bool:
        erased = self._current()
        return not (erased.videos or erased.creators)

    def has_video(self, video_id: str) -> bool:
        erased = self._current()
        return bool(erased.videos) and self._digest("videos", video_id) in erased.videos

    def has_creator(self, name: str) -> bool:
        erased = self._current()
        return bool(erased.creators) and self._digest("creators", name) in erased.creators

    def generation(self) -> int:
        """A number that changes with every erasure, always read from the lake."""
        with self._lock:
            self._read_at = None
        return self._current().generation

    # Redaction

    def redact(self, record: Record) -> Record | None:
        """The record without mentions. None when it is about something erased."""
        redacted = Redaction(self).record(record)
        if redacted is not None and redacted is not record:
            self._note_mention(record.video_id)
        return redacted

    def redact_message(self, data: bytes, attributes: Mapping[str, str]) -> bytes | None:
        """The data of a message without mentions. None when it is about something erased."""
        redacted = Redaction(self).message(data, attributes)
        if redacted is not None and redacted != data:
            self._note_mention(str(attributes.get("video_id") or _video_id_in(data)))
        return redacted

    def redact_evidence(self, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
        """The entry of a failure without mentions. None when it is about something erased."""
        redacted = Redaction(self).evidence(evidence)
        if redacted is not None and redacted != evidence:
            self._note_mention(video_in_evidence(evidence))
        return redacted

    def _note_mention(self, video_id: str) -> None:
        """Have the next erasure read the video's objects, whatever the tables say then."""
        if VIDEO_ID.fullmatch(video_id):
            self.lake.write_once(f"{MENTIONS}{video_id}", b"")

    # Storage

    def put(self, videos: Iterable[str], creators: Iterable[str], at: datetime) -> int:
        """Write tombstones, then the marker for the stages. Returns the number of new ones."""
        content = json.dumps({"erased_at": at.isoformat()}).encode()
        new = sum(
            self.lake.write_once(name, content) for name in list(self._names(videos, creators))
        )
        self._announce(content)
        return new

    def remove(self, videos: Iterable[str], creators: Iterable[str], at: datetime) -> int:
        """Delete tombstones, then write the marker for the stages. Returns the number deleted."""
        count = sum(self.lake.delete(name) for name in list(self._names(videos, creators)))
        self._announce(json.dumps({"taken_back_at": at.isoformat()}).encode())
        return count

    def _names(self, videos: Iterable[str], creators: Iterable[str]) -> Iterable[str]:
        for video_id in videos:
            yield f"{TOMBSTONES}videos/{self._digest('videos', video_id)}"
        for name in creators:
            yield f"{TOMBSTONES}creators/{self._digest('creators', name)}"

    def _announce(self, content: bytes) -> None:
        self.lake.put(CHANGED, content)
        with self._lock:
            self._read_at = None

    def _digest(self, kind: Kind, value: str) -> str:
        return _digest(self.key(), kind, value)

    def _current(self) -> _Snapshot:
        with self._lock:
            now = self.timer()
            if self._read_at is None or now - self._read_at >= self.fresh_s:
                self._snapshot = self._read()
                self._read_at = now
            return self._snapshot

    def _read(self) -> _Snapshot:
        marker = self.lake.stat(CHANGED)
        generation = int(marker.generation) if marker is not None else 0
        if generation == self._snapshot.generation:
            return self._snapshot
        hashes: dict[str, set[str]] = {"videos": set(), "creators": set()}
        for name in self.lake.names(TOMBSTONES):
            kind, _, value = name.removeprefix(TOMBSTONES).partition("/")
            if kind in hashes:
                hashes[kind].add(value)
        if any(hashes.values()):
            self._digest("videos", "")  # raises when the key is missing or wrong
        return _Snapshot(generation, frozenset(hashes["videos"]), frozenset(hashes["creators"]))


def video_in_evidence(evidence: Mapping[str, Any]) -> str:
    """The video of a kept message; "" for evidence that says none."""
    attributes = evidence.get("attributes")
    if isinstance(attributes, dict) and attributes.get("video_id"):
        return str(attributes["video_id"])
    with suppress(ValueError, TypeError):
        return _video_id_in(base64.b64decode(evidence.get("data", ""), validate=True))
    return ""


def _video_id_in(data: bytes) -> str:
    """The video of a record's bytes; "" for a message that says none."""
    with suppress(ValueError):
        document = parse_json(data)
        return str(document.get("video_id", "")) if isinstance(document, dict) else ""
    return ""


_digest = lru_cache(maxsize=50_000)(digest)
