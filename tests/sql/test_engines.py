"""The same rows on the emulator and on Google's reference implementation."""

import pytest
from google.api_core.exceptions import BadRequest

from tests.sql import awkward, engines, gate, judge, statements
from tests.sql.analyser import Analyser
from tests.sql.engines import Query

pytestmark = pytest.mark.campaign  # `make sql` compares more rows

VIDEOS = 24
"""`make sql` takes more."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("statements")


@pytest.fixture(scope="module")
def door(engine):
    judging = Analyser(engine)
    judging.add_views(statements.views())
    with gate.opened(judging) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(door, folder, tmp_path_factory):
    data = tmp_path_factory.mktemp("bigquery")
    with judge.local_bigquery(data, TTA_SQL_GATE=door.url, TTA_SQL_RECORD=str(folder)) as connected:
        yield connected


def test_no_cell_differs(client, viewed):
    result = engines.compared(awkward.tables(VIDEOS, seed=2), client, viewed)

    assert result.differences == []
    assert set(result.not_evaluable) == {"metrics_breaks_by_month"}  # APPROX_QUANTILES
    assert result.rows > 400


def test_a_statement_that_google_refuses_is_answered_as_bigquery_answers(client, door, folder):
    with pytest.raises(BadRequest) as caught:
        client.query("SELECT 1 AS window").result()

    assert caught.value.errors[0]["reason"] == "invalidQuery"
    assert "Unexpected keyword WINDOW" in caught.value.message
    assert door.refusals[-1].statement.sql == "SELECT 1 AS window"
    assert "window" not in {statement.sql[-6:] for statement in statements.recorded(folder)}


def test_the_local_bigquery_writes_down_what_it_answered(client, folder):
    client.query("SELECT 'kept' AS word").result()
    with pytest.raises(BadRequest):
        client.query("SELECT CAST('x' AS INT64) AS number").result()

    answers = {statement.sql: statement.accepted for statement in statements.recorded(folder)}

    assert answers["SELECT 'kept' AS word"] is True
    assert answers["SELECT CAST('x' AS INT64) AS number"] is False


@pytest.mark.parametrize(
    ("ours", "difference"),
    [
        ([{"id": 1, "x": 0.1 + 1e-12}], None),
        ([{"id": 1, "x": 0.1001}], "q (1,) x: 0.1001, by Google 0.1"),
        ([{"id": 1, "x": None}], "q (1,) x: None, by Google 0.1"),
        ([{"id": 2, "x": 0.1}], "q (2,): only the emulator has it"),
        ([], "q (1,): only Google has it"),
        ([{"id": 1, "x": 0.1}] * 2, "q: rows share a key (id)"),
        ([{"x": 0.1, "id": 1}], "q: columns ['x', 'id'] and ['id', 'x']"),
    ],
)
def test_a_difference_is_seen(ours, difference):
    seen = engines.differences(Query("q", "", ["id"]), ours, [{"id": 1, "x": 0.1}])

    assert difference in list(seen) or (difference is None and not list(seen))


def test_the_rows_are_awkward():
    rows = awkward.tables(VIDEOS, seed=2)
    cells = [value for table in rows.values() for row in table for value in row.values()]

    assert {None, 2**53 + 1, -1, "日本語のキャプション"} <= {
        cell for cell in cells if _hashable(cell)
    }
    assert [] in cells
    collected = [row["collected_at"] for row in rows["fact_metrics_snapshot"]]
    assert len(set(collected)) < len(collected)


def _hashable(cell):
    return not isinstance(cell, list)
