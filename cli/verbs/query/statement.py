"""Parses the statement of `tta query`, and refuses anything but a SELECT."""

import difflib
import re
from collections.abc import Iterable

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from cli.errors import WRONG_USE, UserError

BIGQUERY = "bigquery"
READS = "SELECT"
"""BigQuery's `statementType` of a statement that only reads.
https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2, checked 2026-11"""

_FOLLOWS = "The tables are built from the lake; use `tta rebuild` to build them again."
_ALONE = "Give one SELECT, without a script around it."
_SHOWS = "Use `tta tables` to list tables and views, `tta tables NAME` for the columns of one."
_LOADS = "Use `tta ingest` to bring in files and metadata."
_WRITES_FILE = "Use `--out FILE` with a SELECT to write its rows to a file."
_ENGINE = "Give a SELECT of BigQuery; `--out FILE` writes its rows to a file."
_RIGHTS = "Permissions are in `terraform/`: change them there and apply."

INSTEAD = {
    "DELETE": "Use `tta erase` to take creators or videos out of the lake and the tables.",
    "INSERT": _LOADS,
    "LOAD": _LOADS,
    "UPDATE": "Use `tta ingest` for newer metadata, `tta rate` for ratings.",
    "MERGE": "Use `tta ingest` for new records, `tta rebuild` to load the whole lake again.",
    "CREATE": "Use `--out FILE` to keep a result, `tta rebuild` to build the tables again.",
    "INTO": "Use `--out FILE` to keep a result.",
    "EXPLAIN": "With `--target`, bytes and price of a query are shown before it runs.",
    **dict.fromkeys(("EXPORT", "COPY"), _WRITES_FILE),
    **dict.fromkeys(("DESCRIBE", "SHOW"), _SHOWS),
    **dict.fromkeys(("TRUNCATE", "DROP", "UNDROP", "ALTER", "RENAME"), _FOLLOWS),
    **dict.fromkeys(("GRANT", "REVOKE"), _RIGHTS),
    **dict.fromkeys(("CALL", "EXECUTE", "BEGIN", "DECLARE", "SET", "IF", "LOOP"), _ALONE),
    **dict.fromkeys(("WHILE", "REPEAT", "FOR", "COMMIT", "ROLLBACK", "RAISE", "ASSERT"), _ALONE),
    **dict.fromkeys(("END", "SCRIPT"), _ALONE),
    **dict.fromkeys(("ATTACH", "DETACH", "PRAGMA", "INSTALL", "USE", "ANALYZE"), _ENGINE),
    **dict.fromkeys(("CHECKPOINT", "VACUUM", "KILL", "COMMENT", "SUMMARIZE"), _ENGINE),
}
"""What to use instead, by the first word of a statement."""

_WORDS = {
    exp.TruncateTable: "TRUNCATE",
    exp.LoadData: "LOAD",
    exp.Transaction: "BEGIN",
    exp.EndStatement: "END",
}
_WRITES = (exp.DML, exp.DDL, exp.Command, exp.TruncateTable, exp.LoadData, exp.Export, exp.Copy)
_FIRST_WORD = re.compile(r"[A-Za-z]+")


def reading(sql: str, is_judged_later: bool = False) -> exp.Query | None:
    """Parse the statement. Raises UserError unless it is one statement, and that only reads.

    BigQuery knows syntax that sqlglot does not. With `is_judged_later`, this returns None for such
    a statement, and BigQuery's dry run decides (see `refuse_type`).
    """
    try:
        statements = [tree for tree in parse(sql, read=BIGQUERY) if _says_something(tree)]
    except SqlglotError as error:
        return _unparsed(sql, error, is_judged_later)
    except RecursionError as error:
        raise UserError("The statement is nested too deeply.", WRONG_USE) from error
    if not statements:
        raise UserError("The statement is empty: `tta query --help` shows an example.", WRONG_USE)
    for statement in statements:
        if (word := _writing_word(statement)) is not None:
            raise _refusal(word)
    if len(statements) > 1:
        raise UserError(f"These are {len(statements)} statements. Give one at a time.", WRONG_USE)
    return _query(sql, statements[0], is_judged_later)


def refuse_type(statement_type: str | None) -> None:
    """Raises UserError unless BigQuery's dry run calls the statement a SELECT."""
    if statement_type != READS:
        raise _refusal((statement_type or "This").split("_")[0])


def tables_of(tree: exp.Query) -> set[str]:
    """Names of the tables and views in a statement, without project and dataset."""
    own = {table.alias_or_name for table in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table) if table.name} - own


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The most similar name, or None."""
    return next(iter(difflib.get_close_matches(name.lower(), list(names), n=1)), None)


def _says_something(tree: exp.Expression | None) -> bool:
    """False for a comment after the last semicolon, which sqlglot counts as a statement."""
    return tree is not None and not isinstance(tree, exp.Semicolon)


def _query(sql: str, tree: exp.Expression, is_judged_later: bool) -> exp.Query | None:
    if isinstance(tree, exp.Query):
        return tree
    if is_judged_later:
        return None
    raise UserError(_not_a_query(sql))


def _unparsed(sql: str, error: Exception, is_judged_later: bool) -> None:
    word = _first_word(sql)
    if word in INSTEAD:
        raise _refusal(word) from error
    if not is_judged_later:
        raise UserError(_syntax_error(sql, error)) from error


def _writing_word(statement: exp.Expression) -> str | None:
    """The word of the first part that does more than read, at any depth; None if all read."""
    for node in statement.walk():
        if isinstance(node, exp.Into):
            return "INTO"
        if isinstance(node, _WRITES) and not isinstance(node, exp.Query):
            return _word(node)
    if isinstance(statement, exp.Query):
        return None
    word = _word(statement)
    return word if word in INSTEAD else None


def _word(node: exp.Expression) -> str:
    if isinstance(node, exp.Command):
        return node.name.upper()
    if isinstance(node, exp.Alias | exp.Column):  # `INSTALL httpfs` parses as one
        return node.this.name.upper()
    return _WORDS.get(type(node), node.key.upper())


def _first_word(sql: str) -> str:
    """The first word of a text that does not parse, after comments and parentheses."""
    text = re.sub(r"/\*.*?\*/|--[^\n]*|#[^\n]*", " ", sql, flags=re.DOTALL)
    word = _FIRST_WORD.search(text)
    return word.group().upper() if word else ""


def _refusal(word: str) -> UserError:
    instead = INSTEAD.get(word, "Give a SELECT.")
    return UserError(f"{word} was not sent: `tta query` only reads. {instead}", WRONG_USE)


def _not_a_query(sql: str) -> str:
    word = _first_word(sql) or sql.strip()[:20]
    if sql.strip().lower().endswith(".sql"):
        return f'{sql.strip()} names a file; run it with: tta query "$(cat {sql.strip()})"'
    return f"Syntax error: a query begins with SELECT, WITH or FROM, not with {word}."


def _syntax_error(sql: str, error: Exception) -> str:
    """The first line of sqlglot's message, without its colour codes."""
    first = (str(error).splitlines() or [""])[0]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", first).rstrip(". ")
    similar = difflib.get_close_matches(_first_word(sql), ("SELECT", "WITH", "FROM"), n=1)
    meant = f" Do you mean {similar[0]}?" if similar and similar[0] != _first_word(sql) else ""
    return f"Syntax error: {plain}.{meant}"
