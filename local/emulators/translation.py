"""Caches for the local BigQuery: each text is parsed and translated once.

bqemulator parses a statement some twenty times and writes it anew after most of its steps. That
takes several times longer than DuckDB needs to run it, and most statements come again and again.
"""

import json
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from operator import is_not
from typing import Any

from local.emulators.stored_translations import StoredTranslations
from local.emulators.syntax_trees import (
    CACHED_TEXTS,
    LONGEST_CACHED_CHARS,
    awaited_without_copies,
    save_trees,
    without_copies,
)

Translate = Callable[..., Any]

CHANGES_WITHOUT_TABLES = re.compile(r"INFORMATION_SCHEMA|SYSTEM_TIME", re.IGNORECASE)
"""What a statement may name whose translation depends on more than the tables."""


def cache_translations(stored: StoredTranslations) -> None:
    """Put these caches into bqemulator and sqlglot, for the whole process.

    Translations of earlier processes come from `stored`.
    """
    from bqemulator.catalog import ddl_sync
    from bqemulator.jobs import executor
    from bqemulator.scripting import interpreter
    from bqemulator.sql import inner_query
    from bqemulator.sql.rewriter import default_dataset
    from bqemulator.sql.translator import SQLTranslator

    save_trees()
    SQLTranslator.translate = cached_translate(SQLTranslator.translate, stored)  # type: ignore[method-assign]
    # Their answers follow from the text alone. Callers only read the trees that some of them give.
    for module, names in (
        (inner_query, ("rewrite_unnest_offset",)),
        (default_dataset, ("qualify_unqualified_tables",)),
        (executor, ("_parse_script_or_raise", "classify_statement_type", "rewrite_table_refs")),
    ):
        for name in names:
            setattr(module, name, cached_by_text(getattr(module, name), stored))
    for module, name, word, nothing in (
        (executor, "detect_drop_routine", "DROP", None),
        (ddl_sync, "_detect_catalog_drop", "DROP", None),
        (ddl_sync, "_detect_create_schema", "CREATE", None),
        (ddl_sync, "_detect_plain_create_table", "CREATE", None),
        (ddl_sync, "_detect_plain_create_view", "CREATE", (None, None)),
    ):
        detect = cached_by_text(getattr(module, name))
        setattr(module, name, where_a_word_occurs(word, detect, nothing))
    inner_query.rewrite_for_row_access = where_a_view_is_named(inner_query.rewrite_for_row_access)
    for module in (executor, interpreter):
        name = "rewrite_and_translate_statement"
        setattr(module, name, cached_until_a_table_changes(getattr(module, name)))
    # These depend on the catalog as well, and only read the tree of the statement.
    inner_query.build_catalog_schema = without_copies(inner_query.build_catalog_schema)
    executor._reject_dml_on_immutable = without_copies(executor._reject_dml_on_immutable)
    executor._capture_dml_snapshots = awaited_without_copies(executor._capture_dml_snapshots)


def cached_by_text(
    function: Callable[..., Any], stored: StoredTranslations | None = None
) -> Callable[..., Any]:
    """A function of a text and few short arguments, which computes each answer once.

    It does not cache the answer for a long text, nor an error. Answers that are texts themselves
    are also put into `stored`, for the next process.
    """

    def compute(text: str, *arguments: str, **options: str) -> Any:
        key = (text, function.__name__, json.dumps([arguments, options]))
        answer = stored.get(key) if stored else None
        if answer is None:
            answer = function(text, *arguments, **options)
            if stored and isinstance(answer, str):
                stored.put(key, answer)
        return answer

    cached = lru_cache(maxsize=CACHED_TEXTS)(compute)

    @wraps(function)
    def answer(text: str, *arguments: str, **options: str) -> Any:
        answer_to = cached if len(text) <= LONGEST_CACHED_CHARS else compute
        return answer_to(text, *arguments, **options)

    return answer


def where_a_word_occurs(
    word: str, detect: Callable[..., Any], nothing: object
) -> Callable[..., Any]:
    """A function that looks for a kind of statement, called only for a text with its first word.

    bqemulator would parse each statement anew for it. The answer for all others is `nothing`.
    """
    pattern = re.compile(rf"\b{word}\b", re.IGNORECASE)

    def occurs(text: str) -> bool:
        return pattern.search(text) is not None

    # Five functions search each statement, of which a MERGE of ours has 19,000 characters.
    occurs_once = lru_cache(maxsize=CACHED_TEXTS)(occurs)

    @wraps(detect)
    def detected(text: str, *arguments: str) -> Any:
        search = occurs_once if len(text) <= LONGEST_CACHED_CHARS else occurs
        return detect(text, *arguments) if search(text) else nothing

    return detected


def where_a_view_is_named(rewrite: Callable[..., str]) -> Callable[..., str]:
    """`rewrite_for_row_access`, called only where it can change the statement.

    It puts in the text of each view, and the filters of row access policies. bqemulator parses
    every statement for it, in order to find that most need neither.
    """

    @wraps(rewrite)
    def rewritten(sql: str, *, catalog: Any, **options: Any) -> str:
        stored = catalog._cache
        is_concerned = bool(stored._row_access) or any(
            table.table_type == "VIEW" and table.table_id in sql
            for table in stored._tables.values()
        )
        return rewrite(sql, catalog=catalog, **options) if is_concerned else sql

    return rewritten


def cached_until_a_table_changes(
    rewrite: Callable[..., Awaitable[str]],
) -> Callable[..., Awaitable[str]]:
    """`rewrite_and_translate_statement` with a cache, which each change of a table empties.

    Even where each step has its answer, bqemulator walks through the tree of the statement several
    times to find out that no step has anything to do.
    """
    answers: dict[tuple[str, str, str], str] = {}
    known_tables: list[Any] = []

    @wraps(rewrite)
    async def rewritten(sql: str, *, project_id: str, ctx: Any, caller: Any, **more: Any) -> str:
        stored = ctx.catalog._cache
        tables = list(stored._tables.values())  # immutable: each change makes a new one
        if len(tables) != len(known_tables) or any(map(is_not, tables, known_tables)):
            answers.clear()
            known_tables[:] = tables
        key = (sql, project_id, str(caller))
        depends_on_tables_alone = not (stored._row_access or stored._mviews)
        if key in answers and depends_on_tables_alone:
            return answers[key]
        answer = await rewrite(sql, project_id=project_id, ctx=ctx, caller=caller, **more)
        depends_on_tables_alone &= not CHANGES_WITHOUT_TABLES.search(sql)
        if depends_on_tables_alone and len(sql) <= LONGEST_CACHED_CHARS:
            _remember(answers, key, answer)
        return answer

    return rewritten


def cached_translate(translate: Translate, stored: StoredTranslations) -> Translate:
    """`SQLTranslator.translate` with a cache: its answer follows from text, schema and caller.

    Most statements come again and again, and translating one takes longer than running it.
    """
    from bqemulator.domain.result import Ok

    answers: dict[tuple[str, str, str], Any] = {}

    def cached(translator: Any, sql: str, *, schema: Any = None, **options: Any) -> Any:
        key = (sql, json.dumps(schema, sort_keys=True, default=str), str(options))
        answer = answers.get(key)
        if answer is None:
            translated = stored.get(key)
            if translated is not None:
                answer = Ok(translated)
            else:
                answer = translate(translator, sql, schema=schema, **options)
                if isinstance(answer, Ok):
                    stored.put(key, answer.value)
            if len(sql) <= LONGEST_CACHED_CHARS:
                _remember(answers, key, answer)
        return answer

    return cached


def _remember(
    answers: dict[tuple[str, str, str], Any], key: tuple[str, str, str], answer: Any
) -> None:
    """Store an answer, and forget the oldest where there are too many."""
    answers[key] = answer
    if len(answers) > CACHED_TEXTS:
        answers.pop(next(iter(answers)))
