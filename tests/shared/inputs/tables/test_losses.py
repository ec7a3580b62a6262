"""What could not be read, for people and for machines."""

from shared.inputs.tables.losses import Losses


def test_losses_tell_what_where_and_how_many():
    losses = Losses("line", rows=812)
    losses.count_filled("duration", 812)
    for row in range(2, 814):
        losses.lose_cell("duration", row, "1 min", "is not a duration")
    losses.lose_row("the video_id is not an id", 7, "1.2E+18")
    losses.lose_row("the video_id is not an id", 9, "1.3E+18")
    losses.lose_row("too few fields", 11)
    losses.notes.append("Times are UTC.")

    assert losses.lost == 3
    assert losses.sentences() == [
        "Left out: 2 of 812 rows: the video_id is not an id, e.g. '1.2E+18' in line 7.",
        "Left out: 1 of 812 rows: too few fields, first in line 11.",
        "duration: 812 of 812 could not be read, e.g. '1 min' in line 2 is not a duration.",
        "Times are UTC.",
    ]
    assert losses.document() == {
        "rows": 812,
        "rows_lost": 3,
        "lost_rows": {
            "the video_id is not an id": {"count": 2, "line": 7, "example": "'1.2E+18'"},
            "too few fields": {"count": 1, "line": 11, "example": ""},
        },
        "unreadable_cells": {
            "duration": {
                "count": 812,
                "of": 812,
                "line": 2,
                "example": "'1 min'",
                "problem": "is not a duration",
            }
        },
        "notes": ["Times are UTC."],
    }


def test_a_long_cell_is_cut():
    losses = Losses()
    losses.lose_cell("caption", 1, "x" * 5_000_000, "is not text")

    assert len(losses.sentences()[0]) < 150


def test_hostile_rows_do_not_make_a_reason_each():
    losses = Losses(rows=1_000)
    for row in range(1_000):
        losses.lose_row(f"{row} fields where the header has 2", row)

    assert losses.lost == 1_000 and len(losses.sentences()) == 21
