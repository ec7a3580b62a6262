"""What Google's analyser says of the columns that a MERGE reads, and its stored answers."""

import pytest

from benchmarks.warehouse_cost.references import STORED
from tests.sql.references import answer, references, written
from tests.sql.statements import Statement

MERGE = """
MERGE dim_video AS target
USING (
  WITH rated AS (SELECT * FROM fact_rating WHERE {filter})
  SELECT rated.video_id, rated.status FROM rated {join}
) AS source
ON target.video_id = source.video_id AND {bound}
WHEN NOT MATCHED THEN INSERT (video_id, user_key) VALUES (source.video_id, source.status)
"""
BOUND = "video_id IN UNNEST(@video_ids)"


@pytest.fixture
def scans(analyser):
    """The scans of a MERGE by their tables, the target's first."""

    def scans(**parts):
        parts = {"filter": BOUND, "join": "", "bound": f"target.{BOUND}"} | parts
        statement = Statement(MERGE.format(**parts), "here", {"video_ids": "ARRAY<STRING>"})
        stored = answer(statement, analyser)
        assert (stored["target"], stored["updates"]) == ("dim_video", False)
        return {scan["table"]: scan for scan in stored["scans"]}

    return scans


def test_the_stored_answers_are_those_of_the_analyser(analyser):
    assert STORED.read_text() == written(references(analyser)), "run `make cost`"


def test_a_column_is_read_only_if_something_uses_it(scans):
    by_table = scans()

    assert by_table["fact_rating"]["columns"] == ["status", "video_id"], "SELECT * reads no others"
    assert by_table["dim_video"]["columns"] == ["video_id"], "user_key is only written"


def test_a_filter_and_the_condition_of_the_merge_bound_their_tables(scans):
    by_table = scans()

    assert by_table["fact_rating"]["bounds"] == {"video_id": "video_ids"}
    assert by_table["dim_video"]["bounds"] == {"video_id": "video_ids"}


@pytest.mark.parametrize(
    ("part", "table"),
    [
        ({"filter": f"{BOUND} OR status = 'rated'"}, "fact_rating"),
        ({"filter": f"NOT {BOUND}"}, "fact_rating"),
        ({"filter": "video_id IN (SELECT user_key FROM dim_user)"}, "fact_rating"),
        ({"bound": f"(target.{BOUND} OR target.caption IS NULL)"}, "dim_video"),
        (
            {"join": "LEFT JOIN dim_user ON dim_user.user_key IN UNNEST(@video_ids)"},
            "dim_user",
        ),
    ],
)
def test_what_need_not_be_true_bounds_nothing(scans, part, table):
    assert scans(**part)[table]["bounds"] == {}
