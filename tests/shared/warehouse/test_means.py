"""Facts that show one answer each become those that a load of the same records makes."""

import pytest

from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.migration import means
from shared.warehouse.migration.means import FactMeans
from shared.warehouse.tables import definitions, schema
from tests.records import VIDEO_ID, metrics, no_media, rating, record, video

OTHER = "7300000000000000002"
WITHOUT = "7300000000000000003"
RECORDS = [
    record(video=video(), metrics=metrics(), rating=rating(0, 10)),
    record(rating=rating(1, 40, replicate=1)),
    record(rating=rating(2, 90, rater="signals/2.0")),
    record(OTHER, rating=rating(0, 70, rater="gemini/m/1.0")),
    record(OTHER, rating=rating(9, 20)),
    record(WITHOUT, metrics=metrics()),
    record("7300000000000000004", rating=no_media()),
]
NEW = {"replicates", *(f"{name}_sd" for name in ("unexpectedness", "expectation_gap"))}


def earlier(column):
    """A column as it was when the fact showed the newest answer."""
    if column["name"] == "shown_replicate":
        return column | {"name": "replicate"}
    is_score = column["type"] == "FLOAT64" and column["name"] in ("unexpectedness", "closeness")
    return column | ({"type": "INT64"} if is_score else {})


@pytest.fixture
def older(db):
    """The facts of `RECORDS` in a table of the version before, and what a load makes of them."""
    db.load(*RECORDS)
    expected = db.tables()[FACT_TABLE]
    path = f"test.{db.dataset}.{FACT_TABLE}"
    db.client.delete_table(path)
    columns = [earlier(column) for column in schema(FACT_TABLE) if column["name"] not in NEW]
    fields = [bigquery.SchemaField.from_api_repr(column) for column in columns]
    db.client.create_table(bigquery.Table(path, schema=fields))
    facts = {row["video_id"]: row for row in expected}
    for row in facts.values():
        names = [column["name"] for column in columns if column["name"] in row]
        shown = {name: row[name] for name in names if name not in ("created_at", "collected_at")}
        if row["unexpectedness"] is not None:
            shown |= {"unexpectedness": int(row["unexpectedness"]), "replicate": 0}
        simple = {k: v for k, v in shown.items() if isinstance(v, (str, int)) and v is not None}
        simple["id_day"] = row["id_day"].isoformat()
        assert not db.client.insert_rows_json(path, [simple])
    return db, expected


def by_name(rows):
    return [dict(sorted(row.items())) for row in rows]


def test_each_fact_gets_the_means_of_the_rater_that_it_shows(older):
    db, expected = older
    facts = FactMeans(db.client, db.dataset)
    assert facts.count() == 4

    assert facts.fill() == 3

    after = {row["video_id"]: row for row in by_name(db.tables()[FACT_TABLE])}
    rated = [row for row in by_name(expected) if row["rater"]]
    assert [after[row["video_id"]] for row in rated] == rated
    assert after[WITHOUT]["replicates"] is None
    described = db.client.get_table(f"test.{db.dataset}.{FACT_TABLE}")
    assert {field.name: field.field_type for field in described.schema}["closeness"] == "FLOAT"
    assert described.labels["scores"] == definitions()[FACT_TABLE]["scores"]


def test_ratings_get_the_columns_of_a_rubric_that_came_with_the_means(older):
    db, expected = older
    db.rows("CREATE TABLE older AS SELECT * EXCEPT (hook, setup, cards) FROM fact_rating")
    db.client.delete_table(f"test.{db.dataset}.fact_rating")
    db.rows("CREATE TABLE fact_rating AS SELECT * FROM older")
    db.rows("DROP TABLE older")

    assert FactMeans(db.client, db.dataset).fill() == 3

    facts = {row["video_id"]: row["unexpectedness"] for row in db.tables()[FACT_TABLE]}
    assert facts == {row["video_id"]: row["unexpectedness"] for row in expected}
    (answer,) = db.rows("SELECT DISTINCT hook, setup FROM fact_rating")
    assert answer == {"hook": None, "setup": None}


def test_a_table_that_no_earlier_version_had_is_left_to_the_deployment(older):
    db, expected = older
    db.client.delete_table(f"test.{db.dataset}.fact_retention")

    assert FactMeans(db.client, db.dataset).fill() == 3

    names = {table.table_id for table in db.client.list_tables(db.dataset)}
    assert "fact_retention" not in names
    facts = {row["video_id"] for row in db.rows("SELECT video_id FROM fact_video_analytics")}
    assert facts == {row["video_id"] for row in expected}


def test_a_run_that_was_killed_is_ended_by_the_next_which_is_the_last(older, monkeypatch):
    db, expected = older

    class Killed(means.Loader):
        def recompute(self, video_ids):
            super().recompute(video_ids)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(means, "Loader", Killed)
        with pytest.raises(KeyboardInterrupt):
            FactMeans(db.client, db.dataset).fill()

    assert 0 < FactMeans(db.client, db.dataset).fill() < 3
    facts = {row["video_id"]: row["unexpectedness"] for row in db.tables()[FACT_TABLE]}
    assert facts == {row["video_id"]: row["unexpectedness"] for row in expected}

    monkeypatch.setattr(db.client, "query", None)
    assert FactMeans(db.client, db.dataset).fill() == 0


def test_many_videos_are_recomputed_in_pieces(monkeypatch):
    monkeypatch.setattr(means, "IDS_AT_ONCE", 3)
    monkeypatch.setattr(means, "MOST_PARTITIONS", 2)
    same_day = [str(int(VIDEO_ID) + number) for number in range(5)]
    later = [str(int(VIDEO_ID) + (day << 32) * 86_400) for day in range(1, 4)]

    pieces = list(means._pieces(same_day + later))

    assert pieces == [same_day[:3], [*same_day[3:], later[0]], later[1:]]


def test_a_dataset_without_tables_has_no_facts_to_average(client):
    assert FactMeans(client, "nowhere").fill() == 0
