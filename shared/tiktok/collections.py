"""What a collection is: a standing query, kept in the bucket as `config/collections.yaml`.

collections:
  cats-in-us:
    source: research
    hashtags: [cats, catsoftiktok]     # any of these …
    regions: [US]                      # … and any of these
    start_date: 2026-01-01             # UTC days, both included
    end_date: 2026-03-31               # left out: until today
    sampling_frame: Public posts with a cat hashtag, first quarter of 2026, USA.
    max_videos: 5000
    media:
      resolver: url
      url_template: https://media.example.org/{username}/{video_id}.mp4
      max_bytes: 209715200
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from shared.checked import Text, Word
from shared.errors import Permanent
from shared.lake import COLLECTIONS, Lake

MAX_FILE_BYTES = 2**20
MAX_DEPTH = 12
MAX_TERMS = 500
DEFAULT_MEDIA_BYTES = 200 * 2**20
EARLIEST = date(2016, 9, 1)
"""TikTok's Chinese twin opened this month; a start before it is a slip of the pen."""

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""A collection's name becomes part of object names."""


class BadCollection(Permanent):
    """The file, or one collection in it, is not what it should be."""

    def __init__(self, sentence: str):
        super().__init__("bad_collection", sentence)


class UnknownCollection(Permanent):
    """There is no collection of this name."""

    def __init__(self, sentence: str):
        super().__init__("unknown_collection", sentence)


def _iso_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("not a date like 2026-01-31") from None


def _unquoted(value: object) -> object:
    if isinstance(value, bool):  # YAML 1.1 reads NO, the code of Norway, as false
        raise ValueError("YAML reads this as true or false: put it in quotes")
    if isinstance(value, int | float):
        raise ValueError("YAML reads this as a number: put it in quotes")
    return value


def _without_mark(value: object) -> object:
    return value[1:] if isinstance(value, str) and value[:1] in ("#", "@") else value


Day = Annotated[date, BeforeValidator(_iso_date), Field(ge=EARLIEST, lt=date(9000, 1, 1))]
Term = Annotated[Word, BeforeValidator(_without_mark), BeforeValidator(_unquoted)]
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), BeforeValidator(_unquoted)]
Terms = Annotated[tuple[Term, ...], Field(default=(), max_length=MAX_TERMS, strict=False)]
Regions = Annotated[tuple[Region, ...], Field(default=(), max_length=MAX_TERMS, strict=False)]


def _is_template(template: str) -> str:
    scheme, origin, *_ = urlsplit(template)
    if scheme not in ("https", "http") or not origin or "{" in origin or "@" in origin:
        raise ValueError("not an https address with a fixed host")
    if "{video_id}" not in template:
        raise ValueError("does not contain {video_id}")
    if set("{}") & set(template.replace("{video_id}", "").replace("{username}", "")):
        raise ValueError("has a placeholder besides {video_id} and {username}")
    return template


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Media(_Part):
    """How the file of a listed video is obtained; `max_bytes` bounds each file."""

    resolver: Literal["none", "url"] = "none"
    url_template: Annotated[Text, AfterValidator(_is_template)] | None = None
    max_bytes: Annotated[int, Field(ge=1, le=2**31)] = DEFAULT_MEDIA_BYTES

    @model_validator(mode="after")
    def _url_needs_its_template(self) -> Self:
        if (self.resolver == "url") != (self.url_template is not None):
            raise ValueError("url_template goes with resolver url, and only with it")
        return self


class Collection(_Part):
    """A standing query. The lists narrow each other; within a list any term will do.

    `max_videos` bounds how many videos one pass over the dates lists. `synthetic` marks every
    video as generated, for sources that serve invented posts.
    """

    name: Annotated[str, Field(pattern=NAME)]
    source: Literal["research"] = "research"
    usernames: Terms
    hashtags: Terms
    keywords: Terms
    regions: Regions
    start_date: Day
    end_date: Day | None = None
    sampling_frame: Text = ""
    max_videos: Annotated[int, Field(ge=1, le=200_000)] = 10_000
    media: Media = Media()
    synthetic: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.usernames or self.hashtags or self.keywords or self.regions):
            raise ValueError("asks for nothing: give usernames, hashtags, keywords or regions")
        if self.end_date is not None and self.end_date < self.start_date:
            raise ValueError("end_date is before start_date")
        return self


def read_collection(lake: Lake, name: str) -> Collection:
    """Read one collection from the bucket.

    Raises UnknownCollection or BadCollection; a fault in another collection is none of ours.
    """
    content = lake.read(COLLECTIONS)
    if content is None:
        raise UnknownCollection(f"Collection {name!r}: there is no {COLLECTIONS} in the bucket.")
    return parse_collection(content, name)


def parse_collection(content: bytes, name: str) -> Collection:
    """Find and check one collection in the file's bytes."""
    known = named_collections(content)
    if name not in known:
        some = ", ".join(sorted(known)[:10]) or "none"
        raise UnknownCollection(f"There is no collection {name!r} in {COLLECTIONS} (has: {some}).")
    fields = known[name]
    if not isinstance(fields, dict) or "name" in fields:
        raise BadCollection(f"Collection {name} must be a mapping of fields without `name`.")
    try:
        return Collection.model_validate({"name": name} | fields)
    except ValidationError as error:
        raise BadCollection(f"Collection {name}, {_first_problem(error)}.") from error


def named_collections(content: bytes) -> Mapping[str, Any]:
    """The collections by name, unchecked. Raises BadCollection when the file is no such thing."""
    if len(content) > MAX_FILE_BYTES:
        raise BadCollection(f"{COLLECTIONS} is larger than {MAX_FILE_BYTES} bytes.")
    try:
        _refuse_tricks(content)
        file = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError) as error:
        where = " ".join(str(error).split())[:300]
        raise BadCollection(f"{COLLECTIONS} is not readable YAML: {where}.") from error
    collections = file.get("collections") if isinstance(file, dict) else None
    if not isinstance(collections, dict) or not all(isinstance(key, str) for key in collections):
        raise BadCollection(f"{COLLECTIONS} needs one mapping `collections` of names to fields.")
    return collections


def _refuse_tricks(content: bytes) -> None:
    """Aliases multiply, tags construct, depth overflows: a list of queries needs none of them."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"line {line}: aliases (*name) are not allowed")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"line {line}: tags (!name) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(f"line {line}: nested deeper than {MAX_DEPTH}")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "as a whole"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"
