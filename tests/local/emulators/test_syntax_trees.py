"""Each text is parsed once, trees are copied where somebody changes them, and no text changes."""

import pytest
from bqemulator.sql.rules import get_all_rules
from bqemulator.sql.translator import SQLTranslator
from sqlglot import parse_one
from sqlglot.dialects.dialect import Dialect

from local.emulators.syntax_trees import (
    LAST,
    LEAVES,
    LONGEST_TEMPLATE_CHARS,
    cached_parse,
    generates_last,
    in_place,
    save_trees,
    where_something_is_created,
    without_copies,
)
from shared.warehouse.statements import merge_statement

BIGQUERY, DUCKDB = Dialect.get_or_raise("bigquery"), Dialect.get_or_raise("duckdb")


def test_a_text_is_parsed_once_and_who_changes_what_it_said_changes_it_for_nobody_else():
    texts = []

    def parse(dialect, sql, **options):
        texts.append(sql)
        return Dialect.parse(dialect, sql, **options)

    parse_once, sql = cached_parse(parse), "SELECT `a-b`.d.t.x FROM `a-b`.d.t"
    bigquery_, duckdb_ = Dialect.get_or_raise("bigquery"), Dialect.get_or_raise("duckdb")
    (first,) = parse_once(bigquery_, sql)
    first.set("expressions", [])
    (second,) = parse_once(Dialect.get_or_raise("bigquery"), sql)

    assert second == Dialect.parse(bigquery_, sql)[0] != first
    assert texts == [sql]
    assert parse_once(duckdb_, "SELECT 1") and parse_once(bigquery_, "SELECT 1")
    assert texts == [sql, "SELECT 1", "SELECT 1"]


def test_who_only_reads_gets_the_tree_itself_and_others_still_a_copy():
    trees = []

    def parse(dialect, sql, **options):
        trees.append(Dialect.parse(dialect, sql, **options)[0])
        return trees[-1:]

    parse_once, dialect = cached_parse(parse), Dialect.get_or_raise("bigquery")
    read = without_copies(lambda: parse_once(dialect, "SELECT 1")[0])

    assert read() is read() is trees[0]
    with pytest.raises(ZeroDivisionError):
        without_copies(lambda: 1 / 0)()
    assert parse_once(dialect, "SELECT 1")[0] is not trees[0]
    assert len(trees) == 1


def test_a_long_text_of_duckdb_is_nobody_elses():
    trees = []

    def parse(dialect, sql, **options):
        trees.append(Dialect.parse(dialect, sql, **options)[0])
        return trees[-1:]

    parse_once, sql = cached_parse(parse), f"SELECT '{'x' * LONGEST_TEMPLATE_CHARS}'"

    assert [parse_once(DUCKDB, sql)[0], parse_once(DUCKDB, sql)[0]] == trees
    assert parse_once(BIGQUERY, sql)[0] is not trees[2]


def test_only_the_tree_of_a_function_that_generates_last_is_not_copied_before():
    copies = []

    def generate(dialect, tree, copy=True, **options):
        copies.append(copy)
        return Dialect.generate(dialect, tree, copy=copy, **options)

    parse_once, generated = cached_parse(Dialect.parse), in_place(generate)

    def rewrite():
        (tree,) = parse_once(BIGQUERY, "SELECT a.x FROM t AS a")
        part = generated(BIGQUERY, tree.expressions[0])
        return part, generated(BIGQUERY, tree)

    assert rewrite() == generates_last(rewrite)() == rewrite()
    assert rewrite() == ("a.x", "SELECT a.x FROM t AS a")
    assert copies == [True, True, True, False, True, True, True, True]
    with pytest.raises(ZeroDivisionError):
        generates_last(lambda: 1 / 0)()


def test_a_tree_that_is_shared_is_never_marked():
    parse_once = cached_parse(Dialect.parse)
    read = without_copies(lambda: parse_once(BIGQUERY, "SELECT 1")[0])

    assert generates_last(read)() is read()
    assert not read().meta_get(LAST)


def test_no_rule_of_bqemulator_is_for_a_name_or_a_value():
    sql = "SELECT t.x AS y, 'ana', 1.5, NULL, x -> '$.a', x ->> '$.b.c' FROM t"
    tree = parse_one(sql, read="duckdb")
    leaves = [node for node in tree.walk() if type(node) in LEAVES]

    assert {type(node) for node in leaves} == LEAVES
    assert [rule for rule in get_all_rules() if any(map(rule.applies_to, leaves))] == []


def test_a_table_is_looked_for_only_where_something_is_created():
    rewrite = where_something_is_created(lambda sql: f"{sql};")

    assert rewrite("create table t (x INT64) AS SELECT 1") != "create table t (x INT64) AS SELECT 1"
    assert rewrite("SELECT 1") == "SELECT 1"


@pytest.mark.parametrize(
    "sql",
    [
        merge_statement("dim_user"),
        "CREATE TABLE d.t (x FLOAT64, y STRING) AS SELECT 1, CONCAT('a', @b, 'c')",
        "SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY x LIMIT 2)[OFFSET(0)], 1 / y, LAST_DAY(z, WEEK)"
        " FROM d.t, UNNEST([STRUCT(1 AS a, 2 AS b), (3, 4)]) WHERE SAFE.LN(x) > 1.5",
        "SELECT FROM WHERE",
    ],
)
def test_every_text_is_translated_as_by_bqemulator_alone(monkeypatch, sql):
    translator, schema = SQLTranslator(), {"t": {"x": "DOUBLE", "y": "BIGINT", "z": "DATE"}}
    alone = translator.translate(sql, schema=schema)

    save_trees(monkeypatch.setattr)

    for _ in range(2):
        again = translator.translate(sql, schema=schema)
        assert repr(again) == repr(alone)
