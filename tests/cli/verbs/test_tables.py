"""`tta tables`: what the star schema holds, from its files and whatever data there is."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from cli.main import status_of
from cli.star_schema import TABLE, VIEW, StoredTables, relations
from cli.verbs.tables import migration
from shared.warehouse.migration.migrate import Migrated, MigrationEstimate
from shared.warehouse.tables import definitions, schema
from shared.warehouse.views import templates


@pytest.fixture
def tables(tmp_path, capsys):
    """Run the verb on an empty home; returns its status and what it printed."""

    def run(*words):
        status = status_of(["tables", *words, "--home", str(tmp_path / "home")])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_every_table_and_view_is_listed_with_its_description(tables):
    status, out, _ = tables("--json")

    listed = {item["name"]: item for item in json.loads(out)}
    assert status == 0
    assert listed.keys() == definitions().keys() | templates().keys()
    assert all(item["description"] for item in listed.values())
    assert {item["kind"] for item in listed.values()} == {TABLE, VIEW}


def test_a_home_without_data_is_listed_without_rows_and_nothing_is_made(tables, tmp_path):
    status, out, _ = tables("--json")

    assert status == 0
    assert {item["rows"] for item in json.loads(out)} == {None}
    assert not (tmp_path / "home" / "data").exists()


def test_a_table_has_its_columns_with_types_and_descriptions(tables):
    _, out, _ = tables("dim_video", "--json")

    columns = json.loads(out)["columns"]
    assert [column["name"] for column in columns] == [
        field["name"] for field in schema("dim_video")
    ]
    assert all(column["description"] and column["type"] for column in columns)
    assert {"name": "hashtags", "type": "ARRAY<STRING>"}.items() <= columns[8].items()


def test_people_see_the_columns_of_a_view(tables):
    status, out, _ = tables("analysis_quality")

    assert status == 0
    assert "The rule that drops a video" in out


def test_a_name_that_is_not_there_names_the_nearest(tables):
    status, out, err = tables("dim_vidoe")

    assert (status, out) == (2, "")
    assert "Do you mean dim_video?" in err


def test_every_column_of_a_view_says_something():
    views = [relation for relation in relations().values() if relation.kind == VIEW]

    assert all(column.description for view in views for column in view.columns)


# Migration


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--dry-run"], "--dry-run needs --migrate"),
        (["dim_user", "--migrate"], "--migrate takes no NAME"),
    ],
)
def test_options_that_do_not_fit_are_refused(tables, words, reason):
    status, out, err = tables(*words)

    assert (status, out) == (2, "")
    assert reason in err


def test_a_home_without_old_tables_has_nothing_to_migrate(tables, tmp_path):
    status, out, _ = tables("--migrate", "--dry-run")

    assert (status, out) == (0, f"{migration.NOTHING}\n")
    assert not (tmp_path / "home" / "data").exists()


def test_a_dry_run_reads_an_old_home_without_starting_anything(tables, monkeypatch):
    types = {name: {"video_id": "STRING"} for name in ("fact_rating", "fact_video_analytics")}
    stored = StoredTables({"fact_rating": 1_200, "fact_video_analytics": 700}, types)
    monkeypatch.setattr(migration, "stored_tables", lambda target, home: stored)

    _, out, _ = tables("--migrate", "--dry-run", "--json")
    _, text, _ = tables("--migrate", "--dry-run")

    rows = {"fact_rating": 1_200, "fact_rating_detail": 1_200, "fact_video_analytics": 700}
    assert json.loads(out) == {"rows": rows, "averaged": 700, "bytes_billed": 0, "cost_usd": 0}
    assert "fact_rating_detail        1,200 rows" in text
    assert "The local cloud does it when it starts." in text


@pytest.fixture
def target(monkeypatch):
    """A target in the cloud whose migration is decided here."""
    endpoints = SimpleNamespace(is_local=False)
    monkeypatch.setattr(migration, "open_cloud", lambda *_, **__: nullcontext(endpoints))
    monkeypatch.setattr(migration, "_app", lambda *_: None)
    return monkeypatch


def test_a_dry_run_says_what_a_target_would_bill(tables, target):
    target.setattr(migration, "estimate", lambda app: MigrationEstimate({"dim_user": 5}, 3 * 2**30))

    status, out, _ = tables("--migrate", "--dry-run", "--target", "prod")

    assert status == 0
    assert "dim_user                      5 rows" in out
    assert "It would bill at most 3.0 GB, about 0.0183 USD." in out


def test_after_a_migration_a_person_learns_what_to_run_next(tables, target):
    target.setattr(migration, "migrate", lambda app: Migrated({"dim_user": 5}, is_overtaken=True))

    status, out, _ = tables("--migrate", "--target", "prod")
    _, document, _ = tables("--migrate", "--target", "prod", "--json")

    assert status == 0
    assert "terraform apply -var 'adopted_tables=[\"fact_rating_detail\"]'" in out
    assert migration.ERASE_AGAIN in out
    assert json.loads(document) == {"rows": {"dim_user": 5}, "averaged": 0, "erase_again": True}
