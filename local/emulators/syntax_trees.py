"""Syntax trees of the local BigQuery: each text is parsed once, and few trees are copied.

bqemulator parses a statement some twenty times. A tree of ours has thousands of nodes, and copying
one takes as long as parsing its text. A freed tree costs once more, for its nodes are cycles.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

CACHED_TEXTS = 200
LONGEST_CACHED_CHARS = 50_000
LONGEST_TEMPLATE_CHARS = 500
"""Longer texts of DuckDB are translations, which are parsed once: their statements are cached."""

POSITIONS = ("line", "col", "start", "end")
LAST = "is_generated_last"
"""Mark of a tree that nobody uses after its text was generated."""

LEAVES = frozenset(
    {exp.Alias, exp.Column, exp.Identifier, exp.JSONPath, exp.JSONPathRoot, exp.Literal, exp.Null}
)
Parse = Callable[..., list[Any]]

_only_reads: ContextVar[bool] = ContextVar("_only_reads", default=False)
_generates_last: ContextVar[bool] = ContextVar("_generates_last", default=False)


def save_trees(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Have bqemulator and sqlglot make fewer trees, for the whole process."""
    from bqemulator.jobs import executor
    from bqemulator.sql import translator
    from bqemulator.sql.rewriter import default_dataset
    from bqemulator.sql.translator import SQLTranslator
    from sqlglot.dialects.dialect import Dialect

    for holder, name, wrapper in (
        (Dialect, "parse", cached_parse),
        (Dialect, "generate", in_place),
        (SQLTranslator, "_apply_first_matching_rule", except_for_leaves),
        (SQLTranslator, "_apply_rules", generates_last),
        (default_dataset, "qualify_unqualified_tables", generates_last),
        (executor, "rewrite_table_refs", generates_last),
        (executor, "_parse_for_classification", without_copies),
        (translator, "rewrite_create_table_schema_ctas", where_something_is_created),
    ):
        put(holder, name, wrapper(getattr(holder, name)))


@contextmanager
def _set(flag: ContextVar[bool]) -> Iterator[None]:
    """Set a flag for what runs inside, in this task alone. It also decorates a function."""
    token = flag.set(True)
    try:
        yield
    finally:
        flag.reset(token)


def except_for_leaves(apply: Callable[..., bool]) -> Callable[..., bool]:
    """`_apply_first_matching_rule`, which asks some ninety rules, but not about names and values.

    They are two thirds of all nodes, and no rule is for them.
    """

    @wraps(apply)
    def applied(translator: Any, node: exp.Expression, tree: exp.Expression) -> bool:
        return type(node) not in LEAVES and apply(translator, node, tree)

    return applied


def where_something_is_created(rewrite: Callable[[str], str]) -> Callable[[str], str]:
    """`rewrite_create_table_schema_ctas`, which would parse any text to find CREATE in it."""

    @wraps(rewrite)
    def rewritten(sql: str) -> str:
        return rewrite(sql) if "CREATE" in sql.upper() else sql

    return rewritten


def generates_last(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that parses a text, changes the tree, and ends by generating the new text."""

    return _set(_generates_last)(function)


def in_place(generate: Callable[..., str]) -> Callable[..., str]:
    """`Dialect.generate`, which changes a tree, and so copies it before. A marked one it need not.

    `cached_parse` marks the trees that functions get which generate last.
    """

    @wraps(generate)
    def generated(dialect: Any, tree: exp.Expression, copy: bool = True, **options: Any) -> str:
        is_last = tree.parent is None and tree.meta_get(LAST)
        return generate(dialect, tree, copy=copy and not is_last, **options)

    return generated


def without_copies(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function for which `cached_parse` copies nothing, because it changes no tree."""

    return _set(_only_reads)(function)


def awaited_without_copies(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a coroutine. Other tasks still get copies: each has a context of its own."""

    @wraps(function)
    async def reading(*arguments: Any, **options: Any) -> Any:
        with _set(_only_reads):
            return await function(*arguments, **options)

    return reading


def cached_parse(parse: Parse) -> Parse:
    """`Dialect.parse` with a cache: it parses a text once and returns copies after that."""

    @lru_cache(maxsize=CACHED_TEXTS)
    def parsed(text: str, dialect: Any, settings: str, **options: Any) -> list[Any]:
        try:
            trees = parse(dialect, text, **options)
        except TokenError as error:
            # bqemulator catches ParseError alone. Of a TokenError it makes a 500, which every
            # client repeats for minutes.
            raise ParseError(str(error)) from error
        for node in (node for tree in trees if tree for node in tree.walk()):
            # Positions in the text are most of the bytes to copy, and no code reads them.
            node._meta = {
                key: value for key, value in node.meta.items() if key not in POSITIONS
            } or None
        return trees

    def copied(dialect: Any, sql: str, **options: Any) -> list[Any]:
        longest = LONGEST_TEMPLATE_CHARS if isinstance(dialect, DuckDB) else LONGEST_CACHED_CHARS
        if len(sql) > longest:
            return parse(dialect, sql, **options)
        # Dialects that differ only in their settings compare equal, so the settings are a key too.
        trees = parsed(sql, dialect, str(dialect.settings), **options)
        return trees if _only_reads.get() else [tree and tree.copy() for tree in trees]

    def marked(dialect: Any, sql: str, **options: Any) -> list[Any]:
        trees = copied(dialect, sql, **options)
        is_own = _generates_last.get() and not _only_reads.get()  # who only reads may share a tree
        for tree in trees if is_own else ():
            if tree:
                tree.meta[LAST] = True
        return trees

    return marked
