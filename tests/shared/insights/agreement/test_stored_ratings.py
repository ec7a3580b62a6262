"""Rows of fact_rating as ratings: read directly, and the same as through records."""

from dataclasses import replace

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement import star_schema
from shared.insights.agreement.star_schema import ratings_from_rows


def rating(video: str, replicate: int = 0, **cells):
    return {
        "video_id": video,
        "rater": "gemini/m/1.0",
        "config_hash": "c",
        "replicate": replicate,
        "model_version": "m-1",
        "synthetic": False,
        "duration_s": 9.5,
        "unexpectedness": 40,
        "suspense": None,
    } | cells


ROWS = [
    rating("7", suspense=12.5),
    rating("7", 1, unexpectedness=44),
    rating("6", synthetic=True),
    rating("6", rater="signals/2", config_hash="a", model_version="x-stand-in"),
    rating("5", config_hash="another"),
]


def test_ratings_are_those_that_records_give(monkeypatch):
    directly = ratings_from_rows(ROWS)

    monkeypatch.setattr(star_schema, "_is_plain", lambda *_: False)
    through_records = ratings_from_rows(ROWS)

    assert replace(directly, sources=()) == replace(through_records, sources=())
    assert [list(by_video) for by_video in directly.values.values()] == [
        list(by_video) for by_video in through_records.values.values()
    ]
    assert directly.stand_ins == {"signals/2"} and directly.synthetic == {"6"}
    assert "gemini/m/1.0@another" in directly.raters


@pytest.mark.parametrize(
    "cells", [{"unexpectedness": float("nan")}, {"unexpectedness": "40"}, {"rater": ""}]
)
def test_a_cell_of_another_type_is_read_as_in_any_table(cells, monkeypatch):
    rows = [*ROWS, rating("4", **cells)]
    monkeypatch.setattr(star_schema, "_of_plain_rows", pytest.fail)

    assert ratings_from_rows(rows).values["unexpectedness", "gemini/m/1.0@c"]["7"][1] == 44.0


def test_two_values_of_one_answer_are_refused():
    with pytest.raises(BadTable, match=r"gave video 7 two values of unexpectedness: 40 and 41"):
        ratings_from_rows([rating("7"), rating("7", unexpectedness=41)])


def test_the_source_tells_other_ratings_apart():
    sources = {ratings_from_rows(rows).sources for rows in (ROWS, ROWS[:4], ROWS)}

    assert len(sources) == 2
