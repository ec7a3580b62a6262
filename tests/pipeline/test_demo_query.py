"""`tta query`: statements over the star schema, from wherever it is kept."""

import json

import pytest


def test_a_table_needs_no_dataset(tta):
    result = tta("query", "SELECT COUNT(*) AS videos FROM dim_video")

    assert result.returncode == 0, result.stderr
    assert "videos" in result.stdout


@pytest.mark.parametrize(
    ("sql", "status", "sentence"),
    [("SELEC 1", 1, "Syntax error"), ("SELECT * FROM nowhere", 1, "nowhere"), ("  ", 2, "empty")],
)
def test_a_statement_that_is_wrong_is_refused_in_a_sentence(tta, sql, status, sentence):
    result = tta("query", sql)

    assert result.returncode == status
    assert result.stdout == ""
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_json_is_a_list_of_objects(tta):
    result = tta(
        "query", "SELECT 'a' AS word, 7 AS number, NULL AS nothing, [1, 2] AS few", "--json"
    )

    assert json.loads(result.stdout) == [{"word": "a", "number": 7, "nothing": None, "few": [1, 2]}]


def test_a_statement_that_deletes_changes_nothing_and_says_what_to_use(tta, ask):
    before = ask("SELECT COUNT(*) AS n FROM dim_lang")

    result = tta("query", "DELETE FROM dim_lang WHERE TRUE")

    assert result.returncode == 2
    assert "tta erase" in result.stderr
    assert ask("SELECT COUNT(*) AS n FROM dim_lang") == before


def test_information_schema_lists_what_tta_tables_lists(tta):
    listed = json.loads(tta("tables", "--json").stdout)

    sql = "SELECT table_name FROM INFORMATION_SCHEMA.TABLES ORDER BY 1"
    rows = json.loads(tta("query", sql, "--json").stdout)

    assert [row["table_name"] for row in rows] == sorted(item["name"] for item in listed)


def test_tables_of_a_running_cloud_have_their_rows_and_views_their_types(tta, ask):
    listed = {item["name"]: item["rows"] for item in json.loads(tta("tables", "--json").stdout)}
    view = json.loads(tta("tables", "analysis_quality", "--json").stdout)

    assert listed["dim_lang"] == ask("SELECT COUNT(*) AS n FROM dim_lang")[0]["n"]
    assert listed["analysis_quality"] is None
    assert [column["type"] for column in view["columns"]][:3] == ["STRING", "INT64", "FLOAT64"]
