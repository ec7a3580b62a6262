"""A table of videos in a file: the second of an event, and who posted each video."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.insights.moment.events import COLUMNS
from shared.insights.moment.options import Event
from shared.insights.table.read import ADVICE, StatedTable
from shared.insights.table.recognised import read_videos
from shared.insights.table.schema import Kind, TableSchema

CREATOR, PAYS_OFF = "creator", "suspense_pays_off"
CREATOR_COLUMNS = (CREATOR, "user_key", "username", "creator_id")
"""What a table calls the creator; the first one that it has counts."""

Row = dict[str, Any]


def read_moment_table(
    path: Path, event: Event, stated: StatedTable | None = None
) -> tuple[list[Row], Losses]:
    """One row per video, as of the star schema, and what could not be read. Raises BadTable.

    Of a video with several rows the first one counts. The second of the event and the id must be
    there; creator, length, and whether a video is synthetic need not.
    """
    try:
        table = read_videos(path, _schema(path, event), stated)
    except BadTable as error:
        advice = (
            f"A table of moments has the columns video_id and {COLUMNS[event]}; --table FILE "
            "gives one."
        )
        raise BadTable(error.sentence.replace(ADVICE, advice)) from error
    frame = table.frame.drop_duplicates("video_id").dropna(subset=["video_id"])
    missing = dict.fromkeys((*COLUMNS.values(), "duration_s", "synthetic", PAYS_OFF))
    columns = frame.astype(object).where(frame.notna(), None)
    rows = [missing | row for row in columns.to_dict("records")]
    return [_named(row) for row in rows], table.losses


def _named(row: Row) -> Row:
    """The row with the names of the star schema; suspense pays off where nobody denies it."""
    creator, pays_off = row.pop(CREATOR, None), row[PAYS_OFF]
    is_paid = True if pays_off is None else pays_off
    return row | {"user_key": creator, "username": creator, PAYS_OFF: is_paid}


def _schema(path: Path, event: Event) -> TableSchema:
    columns = open_table(path).columns or ()
    creator = next((name for name in CREATOR_COLUMNS if name in columns), CREATOR)
    kinds: Mapping[str, Kind] = {
        "video_id": "id",
        COLUMNS[event]: "number",
        CREATOR: "id",
        "duration_s": "number",
        "synthetic": "yes_or_no",
        PAYS_OFF: "yes_or_no",
    }
    return TableSchema(
        sources={name: name for name in kinds} | {CREATOR: creator},
        kinds=kinds,
        optional=frozenset({CREATOR, "duration_s", "synthetic", PAYS_OFF}),
        differences={},
        derived=frozenset(),
        as_of=None,
    )
