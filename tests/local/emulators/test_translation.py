"""Each text is parsed and translated once, and nobody sees what another made of it."""

import pytest
from sqlglot.dialects.dialect import Dialect

from local.emulators.translation import (
    LONGEST_CACHED_CHARS,
    cached_by_text,
    cached_parse,
    cached_translate,
    without_copies,
)


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


def test_a_statement_is_cached_translate_for_each_schema_and_caller():
    calls = []

    def translate(translator, sql, *, schema=None, caller=None):
        calls.append((sql, schema, caller))
        return f"{sql} for {caller}"

    cached = cached_translate(translate)
    questions = [
        ("SELECT 1", {"t": {"a": "INT64"}}, "ana"),
        ("SELECT 1", {"t": {"a": "STRING"}}, "ana"),
        ("SELECT 1", None, "bo"),
    ]
    for sql, schema, caller in questions * 2:
        assert cached(None, sql, schema=schema, caller=caller) == f"{sql} for {caller}"

    assert calls == questions


def test_an_answer_that_follows_from_the_text_is_computed_once():
    calls = []

    def qualify(text, *, default_dataset):
        calls.append((text, default_dataset))
        if "refused" in text:
            raise ValueError(text)
        return f"{default_dataset}.{text}"

    cached = cached_by_text(qualify)

    assert [cached("t", default_dataset=name) for name in ("d", "e", "d")] == ["d.t", "e.t", "d.t"]
    assert calls == [("t", "d"), ("t", "e")]
    for text in ("refused", "x" * (LONGEST_CACHED_CHARS + 1)):
        calls.clear()
        for _ in range(2):
            try:
                assert cached(text, default_dataset="d") == f"d.{text}"
            except ValueError as error:
                assert str(error) == text
        assert len(calls) == 2


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
