"""Turn records into rows of the star schema."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from pydantic import BaseModel

from shared.derived_scores import DERIVED_SCORES
from shared.listings import (
    Section,
    in_company,
    known_fields,
    merged,
    merged_readings,
    sortable,
)
from shared.model import (
    UNDETERMINED_LANGUAGE,
    UNKNOWN_CREATOR,
    Creator,
    Metrics,
    Record,
    Video,
    canonical_json,
)
from shared.quality import all_flags
from shared.rating_section import Rating
from shared.warehouse.language import caption_language, language_name

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_BEFORE_ALL = {"observed_at": "1970-01-01T00:00:00Z", "section": ""}
"""For a member of which only the key is known: every real record is newer."""

_COLUMNS = {"creator_id": "user_key", "following": "following_count"}
"""Columns that have another name than the field of the record."""

_WEAKEST = frozenset({"source", "synthetic"})
_BEFORE_ANY_TIME = "0"
"""Time of the values `upload` and FALSE, to which every other value is better."""


def table_rows(records: Iterable[Record]) -> Rows:
    """Rows per table. Every key that a row refers to gets a row, too."""
    records = list(records)
    rows: Rows = {
        "dim_user": list(_user_rows(records)),
        "dim_lang": [],
        "dim_video": list(_video_rows(records)),
        "fact_metrics_snapshot": list(_metrics_rows(records)),
        "fact_rating": [],
    }
    for record in records:
        rows["dim_lang"] += map(_language_row, _languages(record))
        if record.rating:
            rows["fact_rating"].append(_rating_row(record.video_id, record.rating))
    return {table: _distinct(duplicates) for table, duplicates in rows.items()}


def _distinct(rows: list[Row]) -> list[Row]:
    """Rows without repetitions, such as 'unknown', 'und' and redeliveries."""
    return list({canonical_json(row): row for row in rows}.values())


def _section(section: BaseModel) -> Row:
    fields = section.model_dump(mode="json", exclude_none=True)
    return fields | {"section": canonical_json(fields)}


def _user_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row per creator, with what all listings of the batch know together."""
    named = {record.video.creator_id for record in records if record.video}
    accounts: dict[str, list[Creator]] = {}
    for record in records:
        if record.creator:
            accounts.setdefault(record.creator.creator_id, []).append(record.creator)
    for key in {UNKNOWN_CREATOR, *named} - {None, *accounts}:
        yield {"user_key": key} | _BEFORE_ALL
    yield from map(_creator_row, accounts.values())


def _creator_row(listings: Sequence[Creator]) -> Row:
    row = _listed(listings)
    row["user_key"] = row.pop("creator_id")
    # FOLLOWING is a reserved word of GoogleSQL, so the column has another name than the record.
    row["following_count"] = row.pop("following", None)
    return row


def _video_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row per video, with what all listings of the batch know together."""
    videos: dict[str, list[Video]] = {}
    for record in records:
        sections = videos.setdefault(record.video_id, [])
        sections += [record.video] if record.video else []
    for video_id, sections in videos.items():
        if sections:
            yield _video_row(video_id, sections)
        else:
            yield {"video_id": video_id, "user_key": UNKNOWN_CREATOR} | _BEFORE_ALL


def _video_row(video_id: str, listings: Sequence[Video]) -> Row:
    row = _listed(listings) | {"video_id": video_id}
    row["user_key"] = row.pop("creator_id", UNKNOWN_CREATOR)
    row["caption_language"] = caption_language(row.get("caption") or "")
    return row


def _listed(listings: Sequence[Section]) -> Row:
    """What listings know together, with the time of each value by the name of its column.

    `section` is that of the newest listing, so it does not depend on what came in one batch.
    """
    listings = in_company(listings)
    together = reduce(merged, listings)
    facts = known_fields(together)
    if isinstance(together, Creator):
        facts.pop("creator_id", None)  # the key of the row
    times = dict.fromkeys(_WEAKEST & type(together).model_fields.keys(), _BEFORE_ANY_TIME)
    times |= {_COLUMNS.get(name, name): sortable(at) for name, (at, _) in facts.items()}
    return _together(together, listings, "observed_at") | {"field_times": canonical_json(times)}


def _together(together: BaseModel, parts: Sequence[BaseModel], time: str) -> Row:
    """The row of sections merged into one. `section` is the newest of them, or the greatest."""
    sections = {(getattr(part, time), _section(part)["section"]) for part in parts}
    return _section(together) | {"section": max(sections)[1], "listings": len(sections)}


def _languages(record: Record) -> Iterator[str]:
    yield UNDETERMINED_LANGUAGE
    if record.video:
        if record.video.language:
            yield record.video.language
        if identified := caption_language(record.video.caption or ""):
            yield identified
    if record.rating and record.rating.values and record.rating.values.language:
        yield record.rating.values.language


def _language_row(tag: str) -> Row:
    return {"lang_key": tag, "language": tag.partition("-")[0], "name": language_name(tag)}


def _metrics_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row per video and moment, with what all readings of that moment know together."""
    readings: dict[tuple[str, datetime], list[Metrics]] = {}
    for record in records:
        if record.metrics:
            flags = tuple(all_flags(record.metrics))
            reading = record.metrics.model_copy(update={"flags": flags})
            readings.setdefault((record.video_id, reading.collected_at), []).append(reading)
    for (video_id, _), parts in readings.items():
        together = reduce(merged_readings, parts)
        yield _together(together, parts, "collected_at") | {"video_id": video_id}


def _rating_row(video_id: str, rating: Rating) -> Row:
    row = _section(rating) | {"video_id": video_id}
    row.pop("curves", None)  # they stay in the section
    row |= row.pop("measures", {}) | row.pop("values", {})
    if rating.values:
        row |= {name: formula(rating.values) for name, formula in DERIVED_SCORES.items()}
    for name in ("evidence", "parameters"):
        row[name] = canonical_json(row[name]) if row.get(name) else None
    return row
