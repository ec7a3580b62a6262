"""Every statement that stands in a file, a document or a text of the command line."""

import json
import shutil
from pathlib import Path

import pytest

from shared.warehouse import tables, views
from tests.sql import judge, literals, statements
from tests.sql.analyser import Analyser
from tests.sql.engine import RefusedStatement
from tests.sql.names import refused_by_service
from tests.sql.statements import Statement


def test_google_accepts_every_view(analyser: Analyser):
    assert statements.views()
    assert analyser.add_views(statements.views()) == []


def test_google_accepts_every_file_and_every_example(viewed: Analyser):
    every = [*statements.files(), *statements.examples(), *literals.examples()]

    assert len(every) >= 20
    assert [str(refusal) for refusal in viewed.refusals(every)] == []


def test_no_file_is_left_out():
    assert statements.unlisted_files() == []


def test_no_name_is_a_reserved_word(analyser: Analyser):
    assert judge.judge_names(analyser) == []


def test_a_reserved_word_in_the_tables_is_refused(
    analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "warehouse"
    shutil.copytree(tables.HERE, copy)
    text = (copy / "tables.yaml").read_text().replace("{name: bio,", "{name: window,")
    (copy / "tables.yaml").write_text(text)
    columns = json.loads((copy / "schema/dim_user.json").read_text())
    renamed = [column | {"name": column["name"].replace("bio", "window")} for column in columns]
    (copy / "schema/dim_user.json").write_text(json.dumps(renamed))
    monkeypatch.setattr(tables, "HERE", copy)

    assert "window is a reserved word" in judge.judge_names(Analyser(analyser.engine))


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            "partition: id_day",
            "partition: duration_s",
            "cannot partition by duration_s, which is F",
        ),
        (
            "cluster: [video_id]",
            "cluster: [duration_s]",
            "cannot cluster by duration_s, which is F",
        ),
        ("cluster: [video_id]", "cluster: [hashtags]", "cannot cluster by hashtags, which is ARR"),
        ("cluster: [video_id]", "cluster: [nobody]", "cannot cluster by nobody, which is no col"),
        ("cluster: [lang_key]", "cluster: [a, b, c, d, e]", "dim_lang has 5 cluster columns"),
    ],
)
def test_a_table_cut_in_a_way_that_bigquery_refuses_fails(
    before: str, after: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "warehouse"
    shutil.copytree(tables.HERE, copy)
    text = (copy / "tables.yaml").read_text()
    assert before in text
    (copy / "tables.yaml").write_text(text.replace(before, after, 1))
    monkeypatch.setattr(tables, "HERE", copy)

    assert reason in " ".join(judge.judge_tables())


def test_the_tables_are_cut_as_bigquery_allows():
    assert judge.judge_tables() == []


def test_a_name_that_bigquery_keeps_for_itself_is_refused():
    assert refused_by_service(["_PARTITIONTIME", "_table_x", "table_x"]) == [
        "_PARTITIONTIME",
        "_table_x",
    ]


@pytest.mark.parametrize(
    "page",
    [
        'tta query --target dev "SELECT 1"',
        "tta query --out x.csv --max-gb=5 'SELECT 1'",
        'tta query \\\n  "SELECT 1"',
        "bq query --use_legacy_sql=false 'SELECT 1'",
        "```SQL\nSELECT 1```",
        "```sql title=x\nSELECT 1```",
    ],
)
def test_an_example_is_seen_however_a_page_writes_it(page: str):
    assert list(statements.examples_of(page)) == ["SELECT 1"]


def test_a_view_that_partitions_by_a_float_is_refused(
    analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "views"
    shutil.copytree(views.VIEWS, copy)
    path = copy / "rank_correlations.sql"
    text = path.read_text()
    path.write_text(text.replace("scale ORDER BY value", "scale, value ORDER BY value"))
    assert path.read_text() != text
    monkeypatch.setattr(views, "VIEWS", copy)

    failure = judge.judge_names(analyser)[0]

    assert "rank_correlations.sql: Partitioning by expressions of type FLOAT64" in failure


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM dim_lang",
        "SELECT * FROM `p.d.dim_lang`",
        "SELECT * FROM p.d.dim_lang",
        "SELECT * FROM `p`.d.dim_lang;",
        "ALTER TABLE `p.d.dim_lang` ADD COLUMN IF NOT EXISTS script ARRAY<STRING>",
        "ALTER TABLE `p.d.dim_user` RENAME COLUMN `following` TO following_count",
        "DELETE FROM dim_lang WHERE lang_key IN UNNEST(@values)",
        "SELECT table_name FROM INFORMATION_SCHEMA.TABLES",
        "SELECT column_name FROM `p.d.INFORMATION_SCHEMA.COLUMNS`",
        "SELECT column_name FROM `p.d`.INFORMATION_SCHEMA.COLUMNS",
    ],
)
def test_a_table_is_found_however_a_statement_names_it(analyser: Analyser, sql: str):
    analyser.analyse(Statement(sql, "here", {"values": "ARRAY<STRING>"}))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT missing FROM dim_lang", "Unrecognized name: missing"),
        ("SELECT * FROM dim_language", "Table not found: dim_language"),
        ("DELETE FROM dim_lang", "DELETE must have a WHERE clause"),
        ("SELECT 1 FROM dim_lang WHERE lang_key = @key", "No matching signature"),
    ],
)
def test_what_bigquery_would_refuse_is_refused(analyser: Analyser, sql: str, reason: str):
    with pytest.raises(RefusedStatement, match=reason):
        analyser.analyse(Statement(sql, "here", {"key": "INT64"}))
