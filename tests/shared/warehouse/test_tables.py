"""The tables as they are made: keys that are declared, and columns that got another name."""

import pytest
from google.api_core.exceptions import Forbidden

from shared.warehouse.client import bigquery
from shared.warehouse.rows import table_rows
from shared.warehouse.tables import (
    _widen_columns,
    constraints,
    create_tables,
    definitions,
    schema,
)
from tests.records import creator, record

REFERENCES = {
    "dim_video": {"user_key": "dim_user"},
    "fact_metrics_snapshot": {"video_id": "dim_video"},
    "fact_retention": {"video_id": "dim_video"},
    "fact_rating": {"video_id": "dim_video"},
    "fact_rating_detail": {"video_id": "dim_video"},
    "fact_video_analytics": {
        "video_id": "dim_video",
        "user_key": "dim_user",
        "lang_key": "dim_lang",
    },
}


class Created:
    """A client that takes down the tables it is told to make."""

    project = "p"

    def __init__(self):
        self.tables = {}

    def create_dataset(self, *_, **__):
        pass

    def create_table(self, table, **_):
        self.tables[table.table_id] = table.to_api_repr()


@pytest.mark.parametrize("table", sorted(definitions()))
def test_every_table_is_sent_with_its_keys(table):
    client = Created()

    create_tables(client, "d")

    declared = client.tables[table]["tableConstraints"]
    assert declared["primaryKey"] == {"columns": definitions()[table]["key"]}
    assert {
        key["columnReferences"][0]["referencingColumn"]: key["referencedTable"]
        for key in declared.get("foreignKeys", ())
    } == {
        column: {"projectId": "p", "datasetId": "d", "tableId": other}
        for column, other in REFERENCES.get(table, {}).items()
    }


def test_a_table_is_made_after_those_that_it_refers_to():
    client = Created()

    create_tables(client, "d")

    order = list(client.tables)
    for table, references in REFERENCES.items():
        assert all(order.index(other) < order.index(table) for other in references.values())


def test_a_reference_is_to_a_whole_primary_key():
    for references in REFERENCES.values():
        for column, other in references.items():
            assert definitions()[other]["key"] == [column]


def test_a_shadow_declares_no_key_into_its_own_dataset():
    assert constraints("p.d.fact_rating", foreign_keys=False).foreign_keys is None


@pytest.fixture
def older(db):
    """A dataset whose dim_user was made, and filled, when the column was called `following`."""
    path = f"test.{db.dataset}.dim_user"
    columns = [
        column | ({"name": "following"} if column["name"] == "following_count" else {})
        for column in schema("dim_user")
    ]
    db.client.delete_table(path)
    fields = [bigquery.SchemaField.from_api_repr(column) for column in columns]
    db.client.create_table(bigquery.Table(path, schema=fields))
    db.rows(
        "INSERT INTO dim_user (user_key, user_bucket, `following`, likes, observed_at)"
        " VALUES ('ada', 3189, 41, 7, TIMESTAMP '2026-01-01'),"
        " ('bob', 0, NULL, 8, TIMESTAMP '2026-01-01')"
    )
    return db


def test_values_of_a_column_that_got_another_name_stay(older):
    create_tables(older.client, older.dataset)

    rows = older.rows("SELECT user_key, following_count, likes FROM dim_user ORDER BY user_key")
    assert rows == [
        {"user_key": "ada", "following_count": 41, "likes": 7},
        {"user_key": "bob", "following_count": None, "likes": 8},
    ]
    described = older.client.get_table(f"test.{older.dataset}.dim_user").schema
    assert [field.name for field in described] == [field["name"] for field in schema("dim_user")]


def test_a_column_is_renamed_once(older):
    create_tables(older.client, older.dataset)
    create_tables(older.client, older.dataset)
    older.load(record(creator=creator(5, following=9)))

    assert older.rows("SELECT following_count FROM dim_user WHERE user_key = 'ada'") == [
        {"following_count": 9}
    ]


def test_a_renaming_that_was_killed_half_way_is_ended(older):
    """The rows have the new name, and bqemulator still describes the old one."""
    older.rows("ALTER TABLE dim_user RENAME COLUMN `following` TO following_count")

    create_tables(older.client, older.dataset)

    described = older.client.get_table(f"test.{older.dataset}.dim_user").schema
    assert "following" not in [field.name for field in described]
    assert older.rows("SELECT following_count FROM dim_user WHERE user_key = 'ada'") == [
        {"following_count": 41}
    ]


def test_a_record_says_following_and_its_row_following_count():
    (row,) = (
        row
        for row in table_rows([record(creator=creator(1, following=3))])["dim_user"]
        if row["user_key"] == "ada"
    )

    assert (row["following_count"], "following" in row) == (3, False)


class Busy(Created):
    """A client whose table has narrow scores, and which refuses some changes as too fast."""

    def __init__(self):
        super().__init__()
        self.columns = {"unexpectedness": "INTEGER", "closeness": "INTEGER", "views": "INTEGER"}

    def get_table(self, path, **_):
        table = bigquery.Table(path)
        table.schema = [bigquery.SchemaField(name, kind) for name, kind in self.columns.items()]
        return table

    def update_table(self, table, *_, **__):
        return table


def test_a_column_is_widened_again_after_bigquery_asked_for_a_pause(monkeypatch):
    refusals = [{"reason": "rateLimitExceeded"}, {"reason": "jobRateLimitExceeded"}]
    widened, pauses = [], []

    def run(client, dataset, statement):
        if refusals:
            raise Forbidden("too many table update operations", errors=[refusals.pop()])
        widened.append(statement.split()[5])

    monkeypatch.setattr("shared.warehouse.tables.run", run)
    monkeypatch.setattr("google.api_core.retry.retry_unary.time.sleep", pauses.append)

    _widen_columns(Busy(), "p.d.fact_video_analytics", "fact_video_analytics")

    assert widened == ["unexpectedness", "closeness"]
    assert len(pauses) == 2
