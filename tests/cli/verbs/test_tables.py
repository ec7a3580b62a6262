"""`tta tables`: what the star schema holds, from its files and whatever data there is."""

import json

import pytest

from cli.main import status_of
from cli.star_schema import TABLE, VIEW, relations
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
