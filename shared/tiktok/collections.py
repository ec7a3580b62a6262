"""A collection: a standing query, kept in the bucket's `config/collections.yaml`.

collections:
  cats-in-us:
    source: research                   # or display, business, manifest
    hashtags: [cats, catsoftiktok]     # any of these …
    regions: [US]                      # … and any of these
    start_date: 2026-01-01             # UTC days, both included
    end_date: 2026-03-31               # left out: until today
    sampling_frame: Public posts with a cat hashtag, first quarter of 2026, USA.
    max_videos: 5000
    list_every_h: 24
    refresh_ages_days: [1, 3, 7, 14, 30]
    media:
      resolver: url
      url_template: https://media.example.org/{username}/{video_id}.mp4
      max_bytes: 209715200

docs/reference/collections.md explains each key.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import chain
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.inputs.field_types import Checked, Instant, Text, Word
from shared.inputs.handles import account_key

MAX_TERMS = 500
DEFAULT_MEDIA_BYTES = 200 * 2**20
REFRESH_AGES_DAYS = (1.0, 3.0, 7.0, 14.0, 30.0)
EARLIEST = date(2016, 9, 1)
"""Douyin, TikTok's Chinese twin, opened this month; an earlier start is a typing error."""

YTDLP_TERMS = (
    "Resolver ytdlp reads TikTok's web pages by machine. TikTok's terms of service forbid that "
    "without its permission (https://www.tiktok.com/legal/terms-of-service), and those of the "
    "Research API forbid to fetch the files of what it lists. Use it for videos whose owners "
    "agreed, or where the law of your country lets you whatever the terms say; that is yours to "
    "find out"
)

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""A collection's name becomes part of object names."""

MANIFEST = r"^manifests/[A-Za-z0-9][A-Za-z0-9._-]{0,200}$"
"""Where in the bucket a manifest lies."""

REGION = r"^[A-Z]{2}$"

ABOUT_A_MANIFEST = ("manifest", "columns", "decimal", "dates", "timezone", "collected_at")
"""Fields that say which file a manifest is, and how to read it."""

QUERY_LISTS = ("usernames", "hashtags", "keywords", "regions")
"""Fields that say which videos are searched; each is a list of terms."""


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


def _reading_time(value: object, info: ValidationInfo) -> object:
    """A day, or a time without a zone, is in `timezone`, or in UTC. YAML has read most of them."""
    zone = ZoneInfo(info.data.get("timezone") or "UTC")
    if isinstance(value, str) and value != "file":
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("neither file nor a time like 2026-01-31T12:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=zone).astimezone(UTC)
    return value


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone like Europe/Berlin") from None
    return name


Day = Annotated[date, BeforeValidator(_iso_date), Field(ge=EARLIEST, lt=date(9000, 1, 1))]
Term = Annotated[Word, BeforeValidator(_without_mark), BeforeValidator(_unquoted)]
Account = Annotated[Term, AfterValidator(account_key)]
Region = Annotated[str, Field(pattern=REGION), BeforeValidator(_unquoted)]
Terms = Annotated[tuple[Term, ...], Field(default=(), max_length=MAX_TERMS, strict=False)]
Accounts = Annotated[
    tuple[Account, ...],
    Field(default=(), max_length=MAX_TERMS, strict=False),
    AfterValidator(lambda names: tuple(dict.fromkeys(names))),
]
Regions = Annotated[tuple[Region, ...], Field(default=(), max_length=MAX_TERMS, strict=False)]
Age = Annotated[float, Field(gt=0, le=365, strict=False)]


def _is_template(template: str) -> str:
    scheme, origin, *_ = urlsplit(template)
    if scheme not in ("https", "http") or not origin or "{" in origin or "@" in origin:
        raise ValueError("not an https address with a fixed host")
    if "{video_id}" not in template:
        raise ValueError("does not contain {video_id}")
    if set("{}") & set(template.replace("{video_id}", "").replace("{username}", "")):
        raise ValueError("has a placeholder besides {video_id} and {username}")
    return template


class MediaPolicy(Checked):
    """How the file of a listed video is obtained; `max_bytes` bounds each file.

    Resolver `url` fetches the template's address, or without a template, the address in the
    manifest's line. `ytdlp` reads TikTok's page; see YTDLP_TERMS.
    """

    resolver: Literal["none", "url", "ytdlp"] = "none"
    terms_accepted: bool = False
    url_template: Annotated[Text, AfterValidator(_is_template)] | None = None
    max_bytes: Annotated[int, Field(ge=1, le=2**31)] = DEFAULT_MEDIA_BYTES

    @field_validator("url_template")
    @classmethod
    def _goes_with_its_resolver(cls, template: str | None, info: ValidationInfo) -> str | None:
        if template is not None and info.data.get("resolver", "url") != "url":
            raise ValueError("goes with resolver url, and only with it")
        return template


class Collection(Checked):
    """A standing query. A video must match every list; one term of a list is enough.

    A pass begins every `list_every_h` hours, `overlap_days` before the last one ended, and every
    `full_pass_every_days` on the first day; `max_videos` bounds its videos. Counts are read again
    when a video reaches each of `refresh_ages_days`; readings are gathered for `refresh_every_h`.
    A creator's profile is read every `profiles_every_days` at most. `columns` maps
    our fields to a manifest's columns. `decimal`, `dates` and `timezone` are the manifest's
    notation, and `collected_at` is the time of readings that do not say it. `pseudonyms` keeps
    creators under keyed hashes (shared/tiktok/sources/pseudonyms.py). `synthetic` marks every video
    as generated, for sources that serve invented posts.
    """

    name: Annotated[str, Field(pattern=NAME)]
    source: Literal["research", "display", "business", "manifest"] = "research"
    usernames: Accounts
    hashtags: Terms
    keywords: Terms
    regions: Regions
    manifest: Annotated[str, Field(pattern=MANIFEST)] | None = None
    columns: Mapping[Word, Word] = Field(default={}, max_length=50)
    decimal: Literal[".", ","] | None = None
    dates: Literal["ymd", "dmy", "mdy", "excel"] | None = None
    timezone: Annotated[Word, AfterValidator(_is_zone)] | None = None
    collected_at: Annotated[Literal["file"] | Instant | None, BeforeValidator(_reading_time)] = None
    start_date: Day | None = None
    end_date: Day | None = None
    sampling_frame: Text = ""
    max_videos: Annotated[int, Field(ge=1, le=200_000)] = 10_000
    list_every_h: Annotated[float, Field(ge=0.25, le=24 * 365, strict=False)] = 24.0
    overlap_days: Annotated[int, Field(ge=1, le=28)] = 2
    full_pass_every_days: Annotated[float, Field(ge=1, le=365, strict=False)] = 30.0
    refresh_ages_days: Annotated[tuple[Age, ...], Field(max_length=20, strict=False)] = (
        REFRESH_AGES_DAYS
    )
    refresh_every_h: Annotated[float, Field(ge=0.25, le=24, strict=False)] = 1.0
    profiles: bool = True
    profiles_every_days: Annotated[float, Field(ge=1, le=365, strict=False)] = 90.0
    pseudonyms: bool = False
    media: Annotated[MediaPolicy, Field(default_factory=MediaPolicy)]
    synthetic: bool = False

    @property
    def ages_days(self) -> tuple[float, ...]:
        """Ages at which counts are read again; none for a manifest, which has no newer counts."""
        return () if self.source == "manifest" else self.refresh_ages_days

    @field_validator("end_date")
    @classmethod
    def _comes_after_the_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start_date")
        if end is not None and start is not None and end < start:
            raise ValueError(f"end_date is before start_date ({start})")
        return end

    @field_validator("refresh_ages_days")
    @classmethod
    def _grow(cls, ages: tuple[float, ...]) -> tuple[float, ...]:
        if list(ages) != sorted(set(ages)):
            raise ValueError("ages must grow, each given once")
        return ages

    @model_validator(mode="after")
    def _has_what_its_source_needs(self) -> Self:
        rules = (_RULES[self.source], _nameless, _on_ones_own_account)
        for field, why in chain.from_iterable(rule(self) for rule in rules):
            raise ValueError(f"{field}: {why}")
        return self


def _research(collection: Collection) -> Iterator[tuple[str, str]]:
    yield from _only_for("manifest", collection)
    if not any(getattr(collection, field) for field in QUERY_LISTS):
        yield "source", "asks for nothing: give usernames, hashtags, keywords or regions"
    if collection.start_date is None:
        yield "start_date", "is missing"
    yield from _needs_a_template(collection)


def _own_account(collection: Collection) -> Iterator[tuple[str, str]]:
    yield from _only_for("manifest", collection)
    if len(collection.usernames) != 1:
        why = f"source {collection.source} reads one account: give its name, and no other"
        yield "usernames", why
    for field in QUERY_LISTS[1:]:
        if getattr(collection, field):
            why = f"source {collection.source} lists all of an account; it cannot ask for this"
            yield field, why
    yield from _needs_a_template(collection)


def _manifest(collection: Collection) -> Iterator[tuple[str, str]]:
    if collection.manifest is None:
        yield "manifest", "is missing: where in the bucket the file lies, as manifests/cats.csv"
    for field in QUERY_LISTS:
        if getattr(collection, field):
            yield field, "a manifest is the list itself; nothing is searched"
    if collection.refresh_ages_days not in ((), REFRESH_AGES_DAYS):
        yield "refresh_ages_days", "a manifest cannot be asked again; bring a newer one instead"


def _only_for(source: str, collection: Collection) -> Iterator[tuple[str, str]]:
    for field in ABOUT_A_MANIFEST:
        if getattr(collection, field):
            yield field, f"goes with source {source}, and only with it"


def _needs_a_template(collection: Collection) -> Iterator[tuple[str, str]]:
    if collection.media.resolver == "url" and collection.media.url_template is None:
        yield "media.url_template", "is missing: this source gives no address of a file"


def _on_ones_own_account(collection: Collection) -> Iterator[tuple[str, str]]:
    if collection.media.resolver == "ytdlp" and not collection.media.terms_accepted:
        yield "media.terms_accepted", f"must be true. {YTDLP_TERMS}"


def _nameless(collection: Collection) -> Iterator[tuple[str, str]]:
    if collection.pseudonyms and "{username}" in (collection.media.url_template or ""):
        yield "media.url_template", "has {username}, which nobody keeps where pseudonyms is true"


_RULES = {
    "research": _research,
    "display": _own_account,
    "business": _own_account,
    "manifest": _manifest,
}
