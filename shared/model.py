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
    Seconds,
    Text,
    Word,
)
from shared.rubric_values import Measures, Values

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
Source = Literal["research", "display", "manifest", "upload"]
Parameters = Annotated[dict[Word, Word | int | float | bool], Field(max_length=50)]
Curve = Annotated[tuple[float | None, ...], Field(max_length=3_600)]
Model = TypeVar("Model", bound=BaseModel)
Status = Literal["rated", "refused", "unratable", "no_media"]


class Video(Checked):
    """A TikTok post, or a file of your own, as its source described it at `observed_at`."""

    observed_at: Instant
    source: Source
    creator_id: Word | None = None
    collection: Word | None = None
    url: Text | None = None
    caption: Text | None = None
    hashtags: tuple[Word, ...] = Field(default=(), max_length=500)
    region_code: Word | None = None
    language: Language | None = None
    created_at: Instant | None = None
    duration_s: Seconds | None = None
    music_id: Word | None = None
    synthetic: bool = False


class Creator(Checked):
    """The account behind a video, as its source described it at `observed_at`."""

    observed_at: Instant
    creator_id: Word
    username: Word | None = None
    display_name: Text | None = None
    bio: Text | None = None
    verified: bool | None = None
    followers: Count | None = None
    following: Count | None = None
    likes: Count | None = None
    videos: Count | None = None


class Metrics(Checked):
    """Counts at `collected_at`. A count that the source did not give is None, never 0.

    Impossible counts are kept, even negative ones. `flags` names what was noticed when the reading
    arrived. shared/quality.py has the rules.
    """

    collected_at: Instant
    views: Integer | None = None
    likes: Integer | None = None
    comments: Integer | None = None
    shares: Integer | None = None
    saves: Integer | None = None
    followers: Integer | None = None
    flags: tuple[Word, ...] = Field(default=(), max_length=20)


class Moment(Checked):
    """A moment that supports a rating, `at_s` seconds from the start."""

    at_s: Seconds
    what: Text


class Curves(Checked):
    """The course of a video, one value per started second; None where it is unknown."""

    surprise: Curve = ()
    """Highest Bayesian surprise of the second beyond the ordinary, in nats, without edits."""

    motion: Curve = ()
    """Mean change of luma, % of full scale per 0.1 s."""

    arousal: Curve = ()
    """0-100, a proxy."""

    loudness: Curve = ()
    """LUFS; None where it is silent."""


class Rating(Checked):
    """One rater's answer for one generation of a video's media.

    `config_hash` covers prompt, schema and parameters: a change of one makes another rating.
    `cards` are the ids of the literature cards that a `+rag` rater was shown.
    `input_tokens` includes video and sound, `output_tokens` includes thinking.
    Values are present exactly when the status is `rated`. Otherwise `reason` says why not.
    """

    rater: Annotated[str, Field(pattern=r"^[a-z0-9]+(/[A-Za-z0-9][A-Za-z0-9._+-]*){0,4}$")]
    generation: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    config_hash: Annotated[str, Field(pattern=r"^[a-z0-9]{4,64}$")]
    replicate: Annotated[int, Field(ge=0, lt=1_000)] = 0
    rated_at: Instant
    status: Status
    reason: Word | None = None
    rubric_version: Word | None = None
    model_version: Word | None = None
    values: Values | None = None
    measures: Measures | None = None
    curves: Curves | None = None
    evidence: tuple[Moment, ...] = Field(default=(), max_length=100)
    flags: tuple[Word, ...] = Field(default=(), max_length=50)
    cards: tuple[Word, ...] = Field(default=(), max_length=100)
    parameters: Parameters | None = None
    input_tokens: Count | None = None
    video_tokens: Count | None = None
    audio_tokens: Count | None = None
    output_tokens: Count | None = None
    thinking_tokens: Count | None = None
    cost_usd: Annotated[float, Field(ge=0, lt=1e6)] | None = None
    latency_s: Annotated[float, Field(ge=0, lt=1e6)] | None = None

    @model_validator(mode="after")
    def _values_go_with_the_status(self) -> Self:
        if (self.status == "rated") != (self.values is not None):
            raise ValueError("values are present exactly when the status is rated")
        if (self.status == "rated") == (self.reason is not None):
            raise ValueError("a reason is present exactly when the status is not rated")
        return self


class Record(Checked):
    """The message on `video-records`: new facts about one video, in sections.

    Each section has its own event time. A newer section replaces an older one completely.
    """

    schema_version: Literal[1] = 1
    video_id: VideoId
    video: Video | None = None
    creator: Creator | None = None
    metrics: Metrics | None = None
    rating: Rating | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.video or self.creator or self.metrics or self.rating):
            raise ValueError("no section: at least one of video, creator, metrics, rating")
        return self

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()

    def sections(self) -> list[str]:
        """Names of the sections that the record has."""
        names = ("video", "creator", "metrics", "rating")
        return [name for name in names if getattr(self, name) is not None]


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
