"""The language of the pipeline: video, creator, metrics, rating, and the record that carries them.

Everything here is checked where bytes come in (a queue, the lake, an API); see `Checked`.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from shared.errors import Permanent
from shared.inputs.field_types import (
    Checked,
    Count,
    Instant,
    Integer,
    Language,
    Number,
    Seconds,
    Text,
    Word,
)
from shared.inputs.handles import account_key, handle
from shared.rating_section import Rating
from shared.retention_section import Retention

SCHEMA_VERSION = 1

NO_MEDIA_RATER = "none"
"""Rater of a rating that says that a video has no media."""

UNKNOWN_CREATOR = "unknown"
UNDETERMINED_LANGUAGE = "und"

VIDEO_ID = re.compile(r"[0-9]{1,20}|u[0-9a-f]{16}")
"""The digits TikTok gave, or `u` and 16 hex digits of an own file's SHA-256."""

_ID_IN_NAME = re.compile(r"[0-9]{15,20}|u[0-9a-f]{16}")
"""Shorter digits in a file's name are a date or a camera's number, not a TikTok id."""


def content_id(content_sha256: str) -> str:
    """Id of a file without a TikTok id: `u` and the first 16 hex digits of its SHA-256."""
    return f"u{content_sha256[:16]}"


def id_in_name(stem: str) -> str | None:
    """The video id that a file's name (without extension) gives, if it gives one."""
    return stem if _ID_IN_NAME.fullmatch(stem) else None


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no spaces, no escapes beyond JSON's own."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _is_video_id(text: str) -> str:
    if not VIDEO_ID.fullmatch(text):
        raise ValueError("neither a TikTok id nor u + 16 hex digits")
    return text


VideoId = Annotated[str, AfterValidator(_is_video_id)]
Handle = Annotated[Word, AfterValidator(lambda text: handle(text) or text)]
AccountKey = Annotated[Word, AfterValidator(account_key)]
"""A creator's handle in its one spelling, or the id of the account as the source gives it.

Records that an older version stored have other spellings. So every reading of one folds them.
"""

FieldTimes = Annotated[dict[Word, Instant], Field(max_length=50)]
"""Fields whose value is older than `observed_at`, and when it was observed."""

SECTIONS = ("video", "creator", "metrics", "rating", "retention")
"""The sections of a record. Each has its own event time."""

Source = Literal["research", "display", "business", "manifest", "upload"]
Model = TypeVar("Model", bound=BaseModel)


class Video(Checked):
    """A TikTok post, or a file of your own, as its source described it at `observed_at`.

    `field_times` has the fields that an older listing gave, and the newest did not.
    """

    observed_at: Instant
    source: Source
    creator_id: AccountKey | None = None
    collection: Word | None = None
    url: Text | None = None
    file_name: Text | None = None
    caption: Text | None = None
    hashtags: tuple[Word, ...] = Field(default=(), max_length=500)
    region_code: Word | None = None
    language: Language | None = None
    created_at: Instant | None = None
    duration_s: Seconds | None = None
    music_id: Word | None = None
    synthetic: bool = False
    field_times: FieldTimes | None = None


class Creator(Checked):
    """The account behind a video, as its source described it at `observed_at`."""

    observed_at: Instant
    creator_id: Word
    username: Handle | None = None
    display_name: Text | None = None
    bio: Text | None = None
    verified: bool | None = None
    followers: Count | None = None
    following: Count | None = None
    likes: Count | None = None
    videos: Count | None = None
    field_times: FieldTimes | None = None

    @model_validator(mode="after")
    def _has_its_key(self) -> Self:
        is_handle = self.username is None or handle(self.creator_id) == self.username
        key = account_key(self.creator_id) if is_handle else self.creator_id.strip()
        object.__setattr__(self, "creator_id", key or self.creator_id)  # the model is frozen
        return self


class Metrics(Checked):
    """Counts and the audience's watching at `collected_at`. What the source did not give is None.

    `reach` counts people, and `views` counts views. `average_watch_s` is seconds per view. People
    who watch twice may lift it above the video's duration. `completion_rate` is the part of views
    that reached the end, and `hook_rate_3s` the part of viewers who still watch at second 3.

    Impossible values are kept, even negative ones. `flags` names what was noticed when the reading
    arrived. shared/quality.py has the rules.
    """

    collected_at: Instant
    views: Integer | None = None
    likes: Integer | None = None
    comments: Integer | None = None
    shares: Integer | None = None
    saves: Integer | None = None
    followers: Integer | None = None
    reach: Integer | None = None
    total_watch_s: Number | None = None
    average_watch_s: Number | None = None
    completion_rate: Number | None = None
    hook_rate_3s: Number | None = None
    flags: tuple[Word, ...] = Field(default=(), max_length=20)


class Record(Checked):
    """The message on `video-records`: new facts about one video, in sections.

    Each section has its own event time. In the sections `video` and `creator`, the newest value of
    each field counts that is known: a poorer listing takes nothing away (shared/listings.py).
    """

    schema_version: Literal[1] = 1
    video_id: VideoId
    video: Video | None = None
    creator: Creator | None = None
    metrics: Metrics | None = None
    rating: Rating | None = None
    retention: Retention | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sections():
            raise ValueError(f"no section: at least one of {', '.join(SECTIONS)}")
        return self

    @model_validator(mode="after")
    def _has_one_key_of_the_creator(self) -> Self:
        """A short id reads as a handle in the video's section. The creator's section knows."""
        if self.video and self.creator:
            key = self.creator.creator_id
            if key != self.video.creator_id == account_key(key):
                video = self.video.model_copy(update={"creator_id": key})
                object.__setattr__(self, "video", video)
        return self

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()

    def sections(self) -> list[str]:
        """Names of the sections that the record has."""
        return [name for name in SECTIONS if getattr(self, name) is not None]


class Malformed(Permanent):
    """Bytes that are not what they should be."""

    def __init__(self, sentence: str):
        super().__init__("malformed", sentence)


def parse(model: type[Model], data: bytes | str, what: str) -> Model:
    """Read JSON into a checked object, or say in one sentence what is wrong and where."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise Malformed(f"{what}, {where}: {first['msg']}") from error


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By schema version: a function that turns a record of the previous version into this one.

A deploy that raises SCHEMA_VERSION adds the step from the previous version and drops the older
step. `load` is deployed first, so it must understand what the other functions still publish.
"""


def parse_record(data: bytes | str) -> Record:
    """Read a record of this schema version or of the one before. Raises Malformed.

    A record of a newer version is malformed too. It waits under failed/ for the deploy that
    understands it. Replay it then.
    """
    try:
        return parse(Record, data, "record")
    except Malformed:
        older = _of_another_version(data)
        if older is None:
            raise
    upgraded = canonical_json(UPGRADES[older["schema_version"]](older))
    return parse(Record, upgraded, "record")


def _of_another_version(data: bytes | str) -> dict[str, Any] | None:
    """The record if its version can be upgraded; None if its version is not the problem.

    Raises Malformed for versions that this code cannot read.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    version = content.get("schema_version") if isinstance(content, dict) else None
    if type(version) is not int or version == SCHEMA_VERSION:
        return None
    if version > SCHEMA_VERSION:
        raise Malformed(
            f"record, schema_version: {str(version)[:20]} is newer than {SCHEMA_VERSION}, "
            "which is all that this deploy reads; replay it after the deploy that reads it"
        )
    if version not in UPGRADES:
        raise Malformed(
            f"record, schema_version: {str(version)[:20]} is too old; this deploy reads "
            f"{' and '.join(map(str, [*sorted(UPGRADES), SCHEMA_VERSION]))}"
        )
    return dict(content)


def digest(value: Any, length: int = 12) -> str:
    """Short hash of a value's canonical JSON: the same parameters give the same letters."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]
