"""Turn records into rows of the star schema."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from pydantic import BaseModel

from shared.derived_scores import DERIVED_SCORES
from shared.listings import (
    Section,
    countable,
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
from shared.retention_section import UNDATED, Retention, hook_rate_3s
from shared.warehouse.language import caption_language, language_name
from shared.warehouse.partitions import id_day, user_bucket

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_BEFORE_ALL = {"observed_at": "1970-01-01T00:00:00Z"}
"""For a member of which only the key is known: every real record is newer."""

_COLUMNS = {"creator_id": "user_key", "following": "following_count"}
"""Columns that have another name than the field of the record."""

_RATING_KEY = {"generation", "rater", "config_hash", "replicate"}

_TEXTS: dict[str, Any] = {
    "values": {"setup", "expectation", "event", "violation"},
    "evidence": {"__all__": {"what"}},
}

_WEAKEST = frozenset({"source", "synthetic"})
_BEFORE_ANY_TIME = "0"
"""Time of the values `upload` and FALSE, to which every other value is better."""


def table_rows(records: Iterable[Record]) -> Rows:
    """Rows per table, each with its partition. Every key that a row refers to gets a row, too."""
    records = list(records)
    rows: Rows = {
        "dim_user": list(_user_rows(records)),
        "dim_lang": [],
        "dim_video": list(_video_rows(records)),
        "fact_metrics_snapshot": list(_metrics_rows(records)),
        "fact_retention": _retention_rows(records),
        "fact_rating": [],
        "fact_rating_detail": [],
    }
    for record in records:
        rows["dim_lang"] += map(_language_row, _languages(record))
        if record.rating:
            rating_row, detail_row = _rating_rows(record.video_id, record.rating)
            rows["fact_rating"].append(rating_row)
            rows["fact_rating_detail"].append(detail_row)
    return {table: _distinct(duplicates) for table, duplicates in rows.items()}


def _distinct(rows: list[Row]) -> list[Row]:
    """Rows without repetitions, such as 'unknown', 'und' and redeliveries."""
    if len(rows) < 2:
        return rows
    return list({canonical_json(row): row for row in rows}.values())


def _fields(section: BaseModel) -> Row:
    return section.model_dump(mode="json", exclude_none=True)


def _video_key(video_id: str) -> Row:
    return {"video_id": video_id, "id_day": id_day(video_id).isoformat()}


def _user_key(user_key: str) -> Row:
    return {"user_key": user_key, "user_bucket": user_bucket(user_key)}


def _user_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row per creator, with what all listings of the batch know together."""
    named = {record.video.creator_id for record in records if record.video}
    accounts: dict[str, list[Creator]] = {}
    for record in records:
        if record.creator and record.creator.creator_id != UNKNOWN_CREATOR:
            accounts.setdefault(record.creator.creator_id, []).append(record.creator)
    for key in {UNKNOWN_CREATOR, *named} - accounts.keys():
        if key:
            yield _user_key(key) | _BEFORE_ALL
    for key, listings in accounts.items():
        yield _creator_row(key, listings)


def _creator_row(key: str, listings: Sequence[Creator]) -> Row:
    row = _listed(listings) | _user_key(key)
    row.pop("creator_id")
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
            yield _video_key(video_id) | {"user_key": UNKNOWN_CREATOR} | _BEFORE_ALL


def _video_row(video_id: str, listings: Sequence[Video]) -> Row:
    row = _listed(listings) | _video_key(video_id)
    row["user_key"] = row.pop("creator_id", UNKNOWN_CREATOR)
    row["caption_language"] = caption_language(row.get("caption") or "")
    return row


def _listed(listings: Sequence[Section]) -> Row:
    """What listings know together, with the time of each value by the name of its column.

    `times` has them all, for the MERGE. `field_times`, which is stored, leaves out `observed_at`.
    """
    together = reduce(merged, in_company(listings))
    facts = known_fields(together)
    if isinstance(together, Creator):
        facts.pop("creator_id", None)  # the key of the row
    times = dict.fromkeys(_WEAKEST & type(together).model_fields.keys(), _BEFORE_ANY_TIME)
    times |= {_COLUMNS.get(name, name): sortable(at) for name, (at, _) in facts.items()}
    newest = sortable(together.observed_at)
    others = {name: at for name, at in times.items() if at != newest}
    observed = {"observed_at": countable(together.observed_at)}
    return _fields(together.model_copy(update=observed)) | {
        "times": times,
        "field_times": canonical_json(others),
        "is_listed": True,
    }


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
        for metrics in filter(None, (record.metrics, _hook(record.retention))):
            flags = tuple(all_flags(metrics))
            reading = metrics.model_copy(update={"flags": flags})
            readings.setdefault((record.video_id, reading.collected_at), []).append(reading)
    for (video_id, _), parts in readings.items():
        yield _fields(reduce(merged_readings, parts)) | _video_key(video_id)


def _hook(retention: Retention | None) -> Metrics | None:
    """A curve as a reading of its own time: it has the hook rate alone. An undated one is none."""
    if retention is None or UNDATED in retention.flags:
        return None
    if (rate := hook_rate_3s(retention.shares)) is None:
        return None
    return Metrics(collected_at=retention.collected_at, hook_rate_3s=rate)


def _retention_rows(records: Iterable[Record]) -> list[Row]:
    """A row per video, moment and second, with what all curves of that moment know of the second.

    Curves complete each other by the second, as the MERGE does: so batches do not matter.
    """
    rows: dict[tuple[str, str, int], Row] = {}
    for record in records:
        for row in _curve_rows(record.video_id, record.retention) if record.retention else ():
            key = (record.video_id, row["collected_at"], row["second"])
            rows[key] = _merged_second(rows[key], row) if key in rows else row
    return list(rows.values())


def _curve_rows(video_id: str, curve: Retention) -> Iterator[Row]:
    common = curve.model_dump(mode="json", exclude_none=True, exclude={"shares"})
    common |= _video_key(video_id) | {"flags": sorted(set(curve.flags))}
    for second, share in enumerate(curve.shares):
        if share is not None:
            yield common | {"second": second, "share": share}


def _merged_second(first: Row, second: Row) -> Row:
    """Both rows of one key in one: of two numbers the greater one, and all flags."""
    numbers = {
        name: max(row[name] for row in (first, second) if name in row)
        for name in ("share", "viewers")
        if name in first or name in second
    }
    return first | numbers | {"flags": sorted({*first["flags"], *second["flags"]})}


def _rating_rows(video_id: str, rating: Rating) -> tuple[Row, Row]:
    """The row of a rating, and that of its detail: everything in it but its texts.

    An erasure may change the texts, and they are columns.
    """
    detail = canonical_json(rating.model_dump(mode="json", exclude_none=True, exclude=_TEXTS))
    digest = hashlib.md5(detail.encode(), usedforsecurity=False).hexdigest()
    key = _video_key(video_id) | {"digest": digest}
    of_detail = rating.model_dump(mode="json", include=_RATING_KEY) | key | {"detail": detail}
    return _rating_row(rating) | key, of_detail


def _rating_row(rating: Rating) -> Row:
    row = _fields(rating)
    row.pop("curves", None)  # they are in its detail
    row |= row.pop("measures", {}) | row.pop("values", {})
    if rating.values:
        row |= {name: formula(rating.values) for name, formula in DERIVED_SCORES.items()}
    for name in ("evidence", "parameters"):
        row[name] = canonical_json(row[name]) if row.get(name) else None
    return row
