"""What several listings of one post, or of one account, say together: the better listing wins.

Of each field the newest value counts that is known. A listing that knows less takes nothing away,
and one that comes late still completes what came first. Of two values of the same time the
greater one counts. So neither the order of listings nor their repetition changes the result, here
and in the MERGE of `dim_video` and `dim_user` (shared/warehouse/templates/listing.sql.j2).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from shared.inputs.handles import is_pseudonym
from shared.model import UNKNOWN_CREATOR, Creator, Metrics, Record, Video, canonical_json

SAYS_NOTHING: Mapping[str, Any] = {
    "creator_id": UNKNOWN_CREATOR,
    "source": "upload",
    "synthetic": False,
    "hashtags": (),
}
"""Values that a listing has when it does not know. Every other value of the field is better."""

DATED_SOURCES = frozenset({"manifest", "upload"})
"""Their listings have times of their own, and may come later than newer ones."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a value counts as observed that every better one replaces: a day, where a clock may come."""

SAME_TIME = timedelta(milliseconds=1)
_NEXT = timedelta(microseconds=1)
_LAST = LONG_AGO + (10**16 - 1) * _NEXT
"""The last time of 16 digits, in the year 2286."""

_TIMES = ("observed_at", "field_times")

Section = TypeVar("Section", Video, Creator)


def known_fields(section: Video | Creator) -> dict[str, tuple[datetime, Any]]:
    """The fields that a section knows: when each value was observed, and the value."""
    older = section.field_times or {}
    values = ((name, getattr(section, name)) for name in type(section).model_fields)
    return {
        name: (older.get(name, section.observed_at), value)
        for name, value in values
        if name not in _TIMES and value is not None and value != SAYS_NOTHING.get(name)
    }


def merged(first: Section, second: Section) -> Section:
    """Both sections in one. A pseudonymous video takes nothing from one with names."""
    if isinstance(first, Video) and isinstance(second, Video) and not _may_meet(first, second):
        return first if _is_pseudonymous(first) else second
    facts = known_fields(first)
    for name, fact in known_fields(second).items():
        if name not in facts or _order(fact) > _order(facts[name]):
            facts[name] = fact
    return _section_of(facts, max(first, second, key=lambda section: section.observed_at))


def _section_of(facts: Mapping[str, tuple[datetime, Any]], newest: Section) -> Section:
    times = {name: at for name, (at, _) in facts.items() if at != newest.observed_at}
    values: dict[str, Any] = {name: value for name, (_, value) in facts.items()}
    return newest.model_copy(update=values | {"field_times": dict(sorted(times.items())) or None})


def countable(at: datetime) -> datetime:
    """The time, or the nearest one of 1970 to 2286. No clock that is right shows another one."""
    return min(max(at, LONG_AGO), _LAST)


def sortable(at: datetime) -> str:
    """A countable time in microseconds since 1970. All have 16 digits."""
    return f"{(countable(at) - LONG_AGO) // _NEXT:016d}"


def _order(fact: tuple[datetime, Any]) -> tuple[datetime, Any]:
    at, value = fact
    return countable(at), _words(value) if isinstance(value, tuple) else value


def _words(words: tuple[str, ...]) -> str:
    """A text for each list of words. One separator would not tell `a b` from `a` and `b`."""
    return " ".join(words) + ",".join(words)


def _is_pseudonymous(video: Video) -> bool:
    return video.creator_id is not None and is_pseudonym(video.creator_id)


def _may_meet(first: Video, second: Video) -> bool:
    """Whether the videos may complete each other.

    The address of a page or a caption with names would say who a pseudonym is.
    """
    return _is_pseudonymous(first) == _is_pseudonymous(second)


def completed(stored: Record, listing: Record) -> Record:
    """A stored listing with what another one knows. Counts and ratings stay the stored ones.

    The stored record comes back unchanged where one of the two is under a pseudonym.
    """
    if stored.video and listing.video and not _may_meet(stored.video, listing.video):
        return stored
    video = merged_of([section for section in (stored.video, listing.video) if section])
    accounts = [section for section in (stored.creator, listing.creator) if section]
    creator = _account(accounts, video.creator_id if video else None)
    return stored.model_copy(update={"video": video, "creator": creator})


def is_better(stored: Record, listing: Record) -> bool:
    """Whether a listing changes a stored value. A dated one may also confirm a value later.

    Of two collections that list one video, each confirms it. Neither takes it from the other.
    """
    better = completed(stored, listing)
    with_times = listing.video is not None and listing.video.source in DATED_SOURCES
    pairs = ((stored.video, better.video), (stored.creator, better.creator))
    return any(
        after is not None and _facts(after, with_times) != (before and _facts(before, with_times))
        for before, after in pairs
    )


def _facts(section: Video | Creator, with_times: bool) -> dict[str, Any]:
    return {
        name: (at if with_times else None, value)
        for name, (at, value) in known_fields(section).items()
        if name not in ("collection", "source")
    }


def has_other_creator(earlier: Record, later: Record) -> bool:
    """Whether the later record names another creator than the earlier one did."""
    before = {section.creator_id for section in (earlier.video, earlier.creator) if section}
    after = {section.creator_id for section in (later.video, later.creator) if section}
    return bool(before - after - {None, UNKNOWN_CREATOR})


def in_company(sections: Sequence[Section]) -> list[Section]:
    """The sections that may complete each other: of videos, only pseudonymous ones if there are."""
    hidden = [each for each in sections if isinstance(each, Video) and _is_pseudonymous(each)]
    return hidden or list(sections)


def merged_of(sections: Iterable[Section]) -> Section | None:
    """All sections in one; None without any."""
    result: Section | None = None
    for section in sections:
        result = section if result is None else merged(result, section)
    return result


def merged_readings(first: Metrics, second: Metrics) -> Metrics:
    """Two readings of one moment in one. Of two counts the greater one stays, and all flags."""
    names = [name for name in Metrics.model_fields if name not in ("collected_at", "flags")]
    counts = {
        name: max(
            (count for count in (getattr(first, name), getattr(second, name)) if count is not None),
            default=None,
        )
        for name in names
    }
    flags = tuple(sorted({*first.flags, *second.flags}))
    return first.model_copy(update=counts | {"flags": flags})


def _account(accounts: list[Creator], key: str | None) -> Creator | None:
    """The account that the video names, else the one observed last."""
    if not accounts:
        return None
    own = [account for account in accounts if account.creator_id == key]
    last = max(accounts, key=lambda each: (each.observed_at, canonical_json(each.creator_id)))
    return merged_of(own or [each for each in accounts if each.creator_id == last.creator_id])


def stated(
    section: Section | None,
    fields: Mapping[str, Any],
    at: datetime | None,
    now: datetime,
    empty: Section,
    coarse: Collection[str] = (),
) -> Section | None:
    """What a person states about a section, as a listing that can be merged into it.

    `at` is when the person's source gave the values. Without it they count from now on, and only
    those that change something. A value corrected under the same time counts: it came later.
    None when nothing is stated. `empty` is a section without these fields. A value of a field in
    `coarse` gives way to any other.
    """
    before = known_fields(section) if section else {}
    facts = {}
    for name, value in fields.items():
        known_at, before_value = before.get(name, (None, None))
        if at is None and before_value == value:
            continue
        time = LONG_AGO if name in coarse else at or now
        if known_at is not None and before_value != value and time <= known_at < time + SAME_TIME:
            time = known_at + _NEXT
        facts[name] = (time, value)
    if not facts:
        return None
    latest = max(at or now, *(time for time, _ in facts.values()))
    return _section_of(facts, empty.model_copy(update={"observed_at": latest}))
