"""Each text is translated once."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from bqemulator.domain.result import Err, Ok

from local.emulators import stored_translations
from local.emulators.bigquery import _translations
from local.emulators.stored_translations import StoredTranslations
from local.emulators.syntax_trees import LONGEST_CACHED_CHARS
from local.emulators.translation import (
    cached_by_text,
    cached_translate,
    cached_until_a_table_changes,
    where_a_view_is_named,
    where_a_word_occurs,
)


def test_a_statement_is_cached_translate_for_each_schema_and_caller(tmp_path):
    calls = []

    def translate(translator, sql, *, schema=None, caller=None):
        calls.append((sql, schema, caller))
        return f"{sql} for {caller}"

    cached = cached_translate(translate, StoredTranslations(tmp_path))
    questions = [
        ("SELECT 1", {"t": {"a": "INT64"}}, "ana"),
        ("SELECT 1", {"t": {"a": "STRING"}}, "ana"),
        ("SELECT 1", None, "bo"),
    ]
    for sql, schema, caller in questions * 2:
        assert cached(None, sql, schema=schema, caller=caller) == f"{sql} for {caller}"

    assert calls == questions


VIEW = "CREATE OR REPLACE VIEW `p.d.v` AS SELECT 1 AS x"


def translations(folder, answer=lambda sql: Ok(f"{sql};")):
    """A new process with this folder, and the statements that it had to translate."""
    texts = []

    def translate(translator, sql, **options):
        texts.append(sql)
        return answer(sql)

    return cached_translate(translate, StoredTranslations(folder)), texts


def test_another_process_does_not_translate_our_views_again(tmp_path):
    translations(tmp_path)[0](None, VIEW, schema={"t": {"a": "INT64"}})

    translate, texts = translations(tmp_path)

    assert translate(None, VIEW, schema={"t": {"a": "INT64"}}) == Ok(f"{VIEW};")
    assert texts == []
    assert translate(None, VIEW, schema={"t": {"a": "STRING"}}) == Ok(f"{VIEW};")
    assert texts == [VIEW]


def test_what_a_person_asks_and_what_is_refused_is_not_stored(tmp_path):
    translations(tmp_path)[0](None, "SELECT * FROM t WHERE username = 'ana'")
    translations(tmp_path, lambda sql: Err("no"))[0](None, VIEW)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"SELECT 1", b"\xff\xfe", b"0\nDROP TABLE t"])
def test_a_damaged_translation_is_made_again(tmp_path, content):
    translations(tmp_path)[0](None, VIEW)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)

    translate, texts = translations(tmp_path)

    assert translate(None, VIEW) == Ok(f"{VIEW};")
    assert texts == [VIEW]
    assert translations(tmp_path)[0](None, VIEW) == Ok(f"{VIEW};")


def test_another_process_takes_from_disk_what_a_text_became(tmp_path):
    merge = "-- Written by `make generate`.\n-- One row per day.\nMERGE d.t AS target"
    texts = []

    def qualify(text, *, default_dataset):
        texts.append(text)
        return f"{default_dataset}.{text}"

    def classify(text):
        return "MERGE"

    for _ in range(2):
        qualified = cached_by_text(qualify, StoredTranslations(tmp_path))
        classified = cached_by_text(classify, StoredTranslations(tmp_path))
        assert qualified(merge, default_dataset="d") == f"d.{merge}"
        assert qualified(merge, default_dataset="e") == f"e.{merge}"
        assert qualified("SELECT 'ana'", default_dataset="d") == "d.SELECT 'ana'"
        assert classified(merge) == "MERGE"

    assert texts == [merge, merge, "SELECT 'ana'", "SELECT 'ana'"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_kind_of_statement_is_looked_for_only_where_its_word_occurs():
    texts = []

    def detect(text):
        texts.append(text)
        return "view" if text.startswith("create") else None

    detected = where_a_word_occurs("CREATE", detect, "nothing")

    assert detected("create view v AS SELECT 1") == "view"
    assert detected("SELECT created FROM t") == "nothing"
    assert detected("SELECT 'Create'") is None
    assert texts == ["create view v AS SELECT 1", "SELECT 'Create'"]


def test_another_version_of_the_translator_translates_anew(tmp_path, monkeypatch):
    translations(tmp_path)[0](None, VIEW)
    monkeypatch.setattr("local.emulators.stored_translations.version", lambda package: "9.9")

    translate, texts = translations(tmp_path)
    translate(None, VIEW)

    assert texts == [VIEW]


def test_the_folder_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_translations, "MOST_FILES", 2)
    for number in range(2):
        (tmp_path / f"{number}.sql").touch()
    StoredTranslations(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2

    (tmp_path / "2.sql").touch()
    StoredTranslations(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_only_a_folder_of_tests_stores_what_a_person_asks(tmp_path, monkeypatch):
    key = ("SELECT 'ana'", "qualify")
    monkeypatch.setenv("TTA_TRANSLATIONS", str(tmp_path / "tests"))
    _translations(tmp_path / "home").put(key, "SELECT 'ana';")

    assert _translations(tmp_path / "home").get(key) == "SELECT 'ana';"
    monkeypatch.delenv("TTA_TRANSLATIONS")
    _translations(tmp_path / "home").put(key, "SELECT 'ana';")
    assert _translations(tmp_path / "home").get(key) is None
    assert list((tmp_path / "home/translations").iterdir()) == []


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


@dataclass
class Table:
    table_id: str
    table_type: str


def catalog(*tables, policies=()):
    """What bqemulator's catalog keeps in memory."""
    cache = SimpleNamespace(
        _tables={table.table_id: table for table in tables},
        _row_access=dict.fromkeys(policies),
        _mviews={},
    )
    return SimpleNamespace(_cache=cache)


@pytest.mark.parametrize(
    ("sql", "policies", "is_changed"),
    [
        ("SELECT * FROM `p.d.own`", (), False),
        ("SELECT * FROM `p.d.seen`", (), True),
        ("SELECT * FROM p.d.own JOIN d.seen USING (x)", (), True),
        ("SELECT * FROM `p.d.own`", ("only mine",), True),
    ],
)
def test_a_statement_is_rewritten_where_it_names_a_view_or_a_policy_exists(
    sql, policies, is_changed
):
    rewrite = where_a_view_is_named(lambda sql, *, catalog, caller: f"{sql} for {caller}")
    tables = catalog(Table("own", "TABLE"), Table("seen", "VIEW"), policies=policies)

    answer = rewrite(sql, catalog=tables, caller="ana")

    assert answer == (f"{sql} for ana" if is_changed else sql)


def test_a_statement_is_rewritten_again_after_a_table_changed_and_while_a_policy_exists():
    texts = []

    async def rewrite(sql, *, project_id, ctx, caller):
        texts.append(sql)
        return f"{project_id}.{sql} for {caller}"

    cached, tables = cached_until_a_table_changes(rewrite), catalog(Table("own", "TABLE"))

    def run(sql, caller="ana"):
        context = SimpleNamespace(catalog=tables)
        answer = asyncio.run(cached(sql, project_id="p", ctx=context, caller=caller))
        assert answer == f"p.{sql} for {caller}"
        return len(texts)

    assert [run("own"), run("own"), run("own", "bo"), run("own", "bo")] == [1, 1, 2, 2]
    tables._cache._tables["own"] = Table("own", "TABLE")  # equal, and another
    assert [run("own"), run("own")] == [3, 3]
    tables._cache._tables["new"] = Table("new", "VIEW")
    assert [run("own"), run("own")] == [4, 4]
    tables._cache._row_access["only mine"] = None
    assert [run("own"), run("own")] == [5, 6]
    tables._cache._row_access.clear()
    changing = "SELECT * FROM d.INFORMATION_SCHEMA.TABLES"
    assert [run("own"), run(changing), run(changing)] == [6, 7, 8]
