"""`tta query` sends one statement that reads, and says of any other what does the work."""

import pytest

from cli.errors import WRONG_USE, UserError
from cli.verbs.query.statement import nearest, reading, refuse_type, tables_of

READS = (
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1; -- a comment behind it",
    "SELECT ';' -- ; DELETE FROM t\n;",
    "/* DROP TABLE t */ SELECT 1",
    "(SELECT 1)",
    "((SELECT 1) UNION ALL (SELECT 2))",
    "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT * FROM a",
    "FROM fact_rating |> WHERE confidence > 50 |> AGGREGATE COUNT(*) AS n GROUP BY rater",
    "SELECT 'DELETE FROM t' AS `delete`",
    "SELECT * FROM INFORMATION_SCHEMA.TABLES",
)
WRITES = {
    "DELETE FROM dim_lang WHERE TRUE": "tta erase",
    "/* x */ delete FROM t WHERE TRUE": "tta erase",
    "WITH x AS (SELECT 1) DELETE FROM t WHERE TRUE": "tta erase",
    "WITH x AS (DELETE FROM t WHERE TRUE) SELECT 1": "tta erase",
    "SELECT 1; DELETE FROM t WHERE TRUE": "tta erase",
    "INSERT INTO t VALUES (1)": "tta ingest",
    "INSERT t (x) SELECT 1": "tta ingest",
    "LOAD DATA INTO t FROM FILES(format='CSV', uris=['gs://b/x'])": "tta ingest",
    "UPDATE t SET x = 1 WHERE TRUE": "tta ingest",
    "MERGE t USING s ON t.x = s.x WHEN MATCHED THEN DELETE": "tta rebuild",
    "TRUNCATE TABLE t": "tta rebuild",
    "DROP TABLE t": "tta rebuild",
    "UNDROP SCHEMA d": "tta rebuild",
    "ALTER TABLE t ADD COLUMN x INT64": "tta rebuild",
    "CREATE OR REPLACE VIEW v AS SELECT 1": "tta rebuild",
    "CREATE SNAPSHOT TABLE x CLONE y": "tta rebuild",
    "CREATE TEMP FUNCTION f() AS (1); SELECT f()": "--out FILE",
    "EXPORT DATA OPTIONS(uri='gs://b/*.csv', format='CSV') AS SELECT 1": "--out FILE",
    "COPY (SELECT 1) TO '/tmp/x'": "--out FILE",
    "SELECT * INTO x FROM t": "--out FILE",
    "ATTACH 'x.db'": "--out FILE",
    "INSTALL httpfs": "--out FILE",
    "LOAD spatial": "tta ingest",
    "PRAGMA database_list": "--out FILE",
    "CALL p(1)": "one SELECT",
    "EXECUTE IMMEDIATE 'DELETE FROM t WHERE TRUE'": "one SELECT",
    "BEGIN SELECT 1; END": "one SELECT",
    "BEGIN TRANSACTION": "one SELECT",
    "DECLARE x INT64 DEFAULT 1; SELECT x": "one SELECT",
    "IF TRUE THEN SELECT 1; END IF": "one SELECT",
    "GRANT `roles/x` ON TABLE t TO 'user:a'": "terraform/",
    "DESCRIBE t": "tta tables",
    "SHOW TABLES": "tta tables",
}


@pytest.mark.parametrize("sql", READS)
def test_a_statement_that_reads_passes(sql):
    assert reading(sql) is not None


@pytest.mark.parametrize(("sql", "verb"), WRITES.items())
@pytest.mark.parametrize("is_judged_later", [False, True])
def test_any_other_is_refused_with_what_does_the_work(sql, verb, is_judged_later):
    with pytest.raises(UserError, match="only reads") as refused:
        reading(sql, is_judged_later)

    assert verb in str(refused.value)
    assert refused.value.status == WRONG_USE


def test_two_statements_are_refused_though_both_read():
    with pytest.raises(UserError, match="2 statements"):
        reading("SELECT 1; SELECT 2")


@pytest.mark.parametrize("sql", ["", " ;; ", "-- only a comment"])
def test_a_text_without_a_statement_is_empty(sql):
    with pytest.raises(UserError, match="empty"):
        reading(sql)


@pytest.mark.parametrize("sql", ["SELEC 1", "hello", "SELECT 'open", "SELECT * FROM t WHERE"])
def test_what_does_not_parse_is_a_syntax_error_here_and_judged_by_bigquery_in_the_cloud(sql):
    with pytest.raises(UserError, match="Syntax error"):
        reading(sql)

    assert reading(sql, is_judged_later=True) is None


def test_parentheses_without_end_are_a_sentence():
    with pytest.raises(UserError):
        reading("(" * 5_000 + "SELECT 1" + ")" * 5_000)


@pytest.mark.parametrize("kind", ["DELETE", "SCRIPT", "CREATE_TABLE_AS_SELECT", "CALL", None])
def test_bigquerys_own_judgement_is_the_last_word(kind):
    refuse_type("SELECT")

    with pytest.raises(UserError, match="only reads"):
        refuse_type(kind)


def test_tables_are_those_that_are_read_and_not_the_statements_own():
    tree = reading(
        "WITH own AS (SELECT * FROM tiktok.dim_user) SELECT * FROM own, `p.d.fact_rating`"
    )

    assert tables_of(tree) == {"dim_user", "fact_rating"}


def test_the_nearest_name_is_one_that_is_alike():
    assert nearest("dim_vidoe", ["dim_user", "dim_video"]) == "dim_video"
    assert nearest("zzz", ["dim_user", "dim_video"]) is None
