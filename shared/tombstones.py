"""What was erased, known again by keyed hashes: no tombstone says whose it is.

`tombstones/videos/{hash}` and `tombstones/creators/{hash}` are written before anything is deleted,
and every stage drops what they name, however late it arrives. `tombstones/changed` is written after
them, so that a stage finds out with one small request whether there is anything new.

The hash is HMAC-SHA256 under HASH_KEY. Ids can be enumerated, so a hash without a key would tell
them; whoever has the bucket alone cannot.
"""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from shared.errors import Misconfigured
from shared.lake import Lake
from shared.model import VIDEO_ID, Record, canonical_json, parse
from shared.nested import parsed

TOMBSTONES = "tombstones/"
CHANGED = f"{TOMBSTONES}changed"
FRESH_S = 10.0
"""How long a stage may go on with what it knew: `tta erase` waits longer before it deletes."""

ERASED = "[erased]"
Kind = Literal["videos", "creators"]

_IDS = ("id", "video_id", "item_id", "aweme_id")
_CREATORS = (
    *("username", "creator_id", "user_key", "uniqueId"),
    *("author", "author_name", "unique_id", "creator"),
)
_INSIDE = ("data", "said", "video", "creator")
"""Where objects of the sources, of states and of records say which video and whose it is."""

_TOKEN = re.compile(r"(@?)([A-Za-z0-9._]{2,})")
_LEAST_DIGITS = 15  # shorter numbers in text are counts, not TikTok's ids
_TELLING = re.compile(r"[0-9._]")


def digest(key: str, kind: Kind, value: str) -> str:
    """The name of a tombstone. Raises Misconfigured without a key."""
    if not key:
        raise Misconfigured(
            "Environment: HASH_KEY is not set, and there are tombstones that cannot be read "
            "without it"
        )
    told = value.removeprefix("@").casefold() if kind == "creators" else value
    return hmac.new(key.encode(), f"{kind}:{told}".encode(), hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class _Known:
    """What tombstones there were when the marker had that generation."""

    generation: int = 0
    videos: frozenset[str] = frozenset()
    creators: frozenset[str] = frozenset()


@dataclass
class Tombstones:
    """Which videos and creators were erased, from any thread.

    `key` is asked for only when there are tombstones. Raises Misconfigured when there is none then.
    """

    lake: Lake
    key: Callable[[], str]
    timer: Callable[[], float] = time.monotonic
    fresh_s: float = FRESH_S
    _known: _Known = field(default_factory=_Known)
    _looked_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def has_video(self, video_id: str) -> bool:
        known = self._now()
        return bool(known.videos) and self._digest("videos", video_id) in known.videos

    def has_creator(self, name: str) -> bool:
        known = self._now()
        return bool(known.creators) and self._digest("creators", name) in known.creators

    def left_of(self, record: Record) -> Record | None:
        """What may be kept of a record: nothing of an erased video or creator, nor a mention."""
        known = self._now()
        if not (known.videos or known.creators):
            return record
        names = (
            record.video and record.video.creator_id,
            record.creator and record.creator.creator_id,
            record.creator and record.creator.username,
        )
        if self.has_video(record.video_id) or any(self.has_creator(one) for one in names if one):
            return None
        said = record.model_dump(mode="json", exclude_none=True)
        left = self.left_of_json(said)
        return record if left == said else parse(Record, canonical_json(left), "record")

    def mentions(self, text: str) -> bool:
        """Whether a text names an erased video or creator."""
        return self.without_mentions_in(text) != text

    def without_mentions_in(self, text: str) -> str:
        """The text with every name of an erased video or creator replaced.

        A creator is named after an @, or by a word with a digit, a dot or an underscore: `ana`
        alone may be anybody.
        """
        known = self._now()
        if not (known.videos or known.creators):
            return text

        def replaced(match: re.Match[str]) -> str:
            at, word = match[1], match[2]
            name, head = word.rstrip("."), word.partition(".")[0]
            if self._names_video(head):  # 7300….mp4, too
                return f"{at}{ERASED}{word[len(head) :]}"
            if (at or _TELLING.search(name)) and self.has_creator(name):
                return f"{at}{ERASED}{word[len(name) :]}"
            return match[0]

        return _TOKEN.sub(replaced, text)

    def _names_video(self, word: str) -> bool:
        """Whether a word of a text is the id of an erased video."""
        is_long = word.isdigit() and len(word) >= _LEAST_DIGITS
        return (is_long or word[:1] == "u") and self._is_erased_id(word)

    def left_of_json(self, value: Any) -> Any:
        """JSON of any source without what is erased in it.

        Objects about an erased video or creator leave the list they stand in, and so do ids; keys
        that are ids leave their object; mentions are replaced.
        """
        if isinstance(value, list):
            return [self.left_of_json(one) for one in value if not self._is_about_erased(one)]
        if isinstance(value, dict):
            kept = (name for name in value if not self._is_erased_id(name))
            return {name: self.left_of_json(value[name]) for name in kept}
        return self.without_mentions_in(value) if isinstance(value, str) else value

    def left_of_bytes(self, content: bytes) -> bytes:
        """The same for an object's content; unchanged bytes when nothing in it is erased.

        Raises ValueError for what is no JSON.
        """
        known = self._now()
        if not (known.videos or known.creators):
            return content
        said = parsed(content)
        left = self.left_of_json(said)
        return content if left == said else json.dumps(left).encode()

    def are_in(self, evidence: Mapping[str, Any]) -> bool:
        """Whether something erased is named in what would be kept of a failure, or sent again."""
        known = self._now()
        if not (known.videos or known.creators):
            return False
        said: list[Any] = [json.loads(json.dumps(evidence, default=str))]
        with suppress(ValueError, TypeError):
            data = base64.b64decode(evidence.get("data") or "").decode("utf-8", "replace")
            said.append(data)
            said.append(parsed(data))
        return bool(self.left_of_json(said) != said)

    def _is_about_erased(self, one: Any) -> bool:
        """Whether an element of a list goes whole: an object about something erased, or its id."""
        if isinstance(one, str | int):
            return self._is_erased_id(str(one).partition(" ")[0])
        if not isinstance(one, dict):
            return False
        if any(self._is_erased_id(str(one.get(name))) for name in _IDS):
            return True
        if any(self._is_erased_creator(one.get(name)) for name in _CREATORS):
            return True
        if one.get("field_name") == "username":  # what was asked of the Research API
            return any(map(self._is_erased_creator, one.get("field_values") or ()))
        return any(self._is_about_erased(one[name]) for name in _INSIDE if name in one)

    def _is_erased_id(self, text: str) -> bool:
        return bool(VIDEO_ID.fullmatch(text)) and self.has_video(text)

    def _is_erased_creator(self, name: Any) -> bool:
        if isinstance(name, dict):  # a page's post names its author so
            name = name.get("uniqueId")
        return isinstance(name, str) and self.has_creator(name)

    # Writing and reading

    def put(self, videos: Iterable[str], creators: Iterable[str], at: datetime) -> int:
        """Write tombstones, and then tell the stages. Returns how many are new."""
        content = json.dumps({"erased_at": at.isoformat()}).encode()
        named: list[tuple[Kind, str]] = [("videos", one) for one in videos]
        named += [("creators", one) for one in creators]
        new = 0
        for kind, value in named:
            new += self.lake.write_once(f"{TOMBSTONES}{kind}/{self._digest(kind, value)}", content)
        self.lake.put(CHANGED, content)
        with self._lock:
            self._looked_at = None
        return new

    def _digest(self, kind: Kind, value: str) -> str:
        return _digest(self.key(), kind, value)

    def _now(self) -> _Known:
        with self._lock:
            now = self.timer()
            if self._looked_at is None or now - self._looked_at >= self.fresh_s:
                self._known = self._read()
                self._looked_at = now
            return self._known

    def _read(self) -> _Known:
        marker = self.lake.stat(CHANGED)
        generation = int(marker.generation) if marker is not None else 0
        if generation == self._known.generation:
            return self._known
        found: dict[str, set[str]] = {"videos": set(), "creators": set()}
        for name in self.lake.names(TOMBSTONES):
            kind, _, value = name.removeprefix(TOMBSTONES).partition("/")
            if kind in found:
                found[kind].add(value)
        return _Known(generation, frozenset(found["videos"]), frozenset(found["creators"]))


_digest = lru_cache(maxsize=50_000)(digest)
