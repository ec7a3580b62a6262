"""Turn records into rows of the star schema."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from shared.derived_scores import DERIVED_SCORES
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


def table_rows(records: Iterable[Record]) -> Rows:
    """Rows per table. Every key that a row refers to gets a row, too."""
    rows: Rows = {
        "dim_user": [],
        "dim_lang": [],
        "dim_video": [],
        "fact_metrics_snapshot": [],
        "fact_rating": [],
    }
    for record in records:
        rows["dim_user"] += _user_rows(record)
        rows["dim_video"] += _video_rows(record)
        rows["dim_lang"] += map(_language_row, _languages(record))
        if record.metrics:
            rows["fact_metrics_snapshot"].append(_metrics_row(record.video_id, record.metrics))
        if record.rating:
            rows["fact_rating"].append(_rating_row(record.video_id, record.rating))
    return {table: _distinct(duplicates) for table, duplicates in rows.items()}


def _distinct(rows: list[Row]) -> list[Row]:
    """Rows without repetitions, such as 'unknown', 'und' and redeliveries."""
    return list({canonical_json(row): row for row in rows}.values())


def _section(section: BaseModel) -> Row:
    fields = section.model_dump(mode="json", exclude_none=True)
    return fields | {"section": canonical_json(fields)}


def _user_rows(record: Record) -> Iterator[Row]:
    yield {"user_key": UNKNOWN_CREATOR} | _BEFORE_ALL
    if record.video and record.video.creator_id:
        yield {"user_key": record.video.creator_id} | _BEFORE_ALL
    if record.creator:
        yield _creator_row(record.creator)


def _creator_row(creator: Creator) -> Row:
    row = _section(creator)
    row["user_key"] = row.pop("creator_id")
    # FOLLOWING is a reserved word of GoogleSQL, so the column has another name than the record.
    row["following_count"] = row.pop("following", None)
    return row


def _video_rows(record: Record) -> Iterator[Row]:
    yield {"video_id": record.video_id, "user_key": UNKNOWN_CREATOR} | _BEFORE_ALL
    if record.video:
        yield _video_row(record.video_id, record.video)


def _video_row(video_id: str, video: Video) -> Row:
    row = _section(video) | {"video_id": video_id}
    row["user_key"] = row.pop("creator_id", UNKNOWN_CREATOR)
    row["caption_language"] = caption_language(video.caption or "")
    return row


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


def _metrics_row(video_id: str, metrics: Metrics) -> Row:
    return _section(metrics) | {"video_id": video_id, "flags": all_flags(metrics)}


def _rating_row(video_id: str, rating: Rating) -> Row:
    row = _section(rating) | {"video_id": video_id}
    row.pop("curves", None)  # they stay in the section
    row |= row.pop("measures", {}) | row.pop("values", {})
    if rating.values:
        row |= {name: formula(rating.values) for name, formula in DERIVED_SCORES.items()}
    for name in ("evidence", "parameters"):
        row[name] = canonical_json(row[name]) if row.get(name) else None
    return row
