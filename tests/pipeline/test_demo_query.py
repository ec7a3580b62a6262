"""`tta query`: statements over the star schema, from wherever it is kept."""

import json

import pytest


def test_a_table_needs_no_dataset(tta):
    done = tta("query", "SELECT COUNT(*) AS videos FROM dim_video")

    assert done.returncode == 0, done.stderr
    assert "videos" in done.stdout


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [("SELEC 1", "Syntax error"), ("SELECT * FROM nowhere", "nowhere"), ("  ", "empty")],
)
def test_a_statement_that_is_wrong_is_refused_in_a_sentence(tta, sql, sentence):
    done = tta("query", sql)

    assert done.returncode == 1
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_a_list_of_objects(tta):
    done = tta(
        "query", "SELECT 'a' AS word, 7 AS number, NULL AS nothing, [1, 2] AS some", "--json"
    )

    assert json.loads(done.stdout) == [{"word": "a", "number": 7, "nothing": None, "some": [1, 2]}]
