"""One run of `tta query`: run the statement, then show or write the rows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, NotFound
from sqlglot import exp

from cli.console import Screen
from cli.errors import UserError, of_service
from cli.star_schema import relations
from cli.verbs.query.export import export
from cli.verbs.query.price import DEFAULT_MAX_GB, QueryPrice, limit_of, price, refuse_above
from cli.verbs.query.statement import nearest, tables_of
from cli.warehouse import Warehouse
from local.data_errors import require_room
from local.endpoints import Endpoints
from shared.warehouse.failures import NO_ANSWER

EMPTY_HOME = (
    "There are no videos here yet. `tta ingest FILE` brings in your own. The demo has a home of "
    "its own: `tta demo` fills it, and `tta query --demo` asks it."
)

UNKNOWN_COLUMN = re.compile(r"(?:Referenced column \"|Unrecognized name: )(\w+)")
"""How DuckDB and BigQuery begin."""


def answer(
    screen: Screen,
    endpoints: Endpoints,
    sql: str,
    statement: exp.Query | None,
    out: Path | None = None,
    max_gb: float = DEFAULT_MAX_GB,
) -> None:
    """Run a SELECT. Raises UserError with BigQuery's message and advice.

    On a cloud target, a dry run checks the statement and gives the price first.
    """
    warehouse = Warehouse(endpoints)
    names = set() if statement is None else tables_of(statement)
    with _explained(names, endpoints):
        rows = _rows(screen, warehouse, endpoints, sql, limit_of(max_gb))
        if out is not None:
            count = export(rows, out)
            screen.say(f"{count:,} rows written to {out}.")
        elif screen.machine:
            screen.show_json([dict(row.items()) for row in rows])
        else:
            _show(screen, rows)
        if endpoints.is_local and names & relations().keys() and _is_empty(warehouse):
            screen.say(EMPTY_HOME)


def _rows(
    screen: Screen, warehouse: Warehouse, endpoints: Endpoints, sql: str, limit: QueryPrice
) -> Any:
    if endpoints.is_local:
        return warehouse.ask(sql)
    cost = price(warehouse.dry_run(sql))
    refuse_above(limit, cost)
    screen.say(f"Reads at most {cost} on demand.")
    return warehouse.ask_within(sql, limit.bytes_billed)


def _show(screen: Screen, rows: Any) -> None:
    columns = [field.name for field in rows.schema]
    more = screen.rows(columns, (row.values() for row in rows))
    if more:
        screen.say(f"… and {more:,} more rows; --json prints all.")


def _is_empty(warehouse: Warehouse) -> bool:
    return not warehouse.rows("SELECT video_id FROM dim_video LIMIT 1")


@contextmanager
def _explained(names: set[str], endpoints: Endpoints) -> Iterator[None]:
    """Add advice to an error of BigQuery, where there is any."""
    try:
        yield
    except NotFound as error:
        raise UserError(f"BigQuery: {of_service(error)}{_missing(names)}") from error
    except GoogleAPICallError as error:
        why = of_service(error)
        raise UserError(_unknown_column(why, names) or f"BigQuery: {why}") from error
    except BrokenPipeError:  # of standard output: clients wrap those of their connections
        raise
    except NO_ANSWER as error:
        raise UserError(_silence(endpoints)) from error


def _silence(endpoints: Endpoints) -> str:
    """Why no answer came, as far as this machine knows."""
    if not endpoints.is_local:
        return "BigQuery gave no answer in time. Try again."
    home = Path(endpoints.home)
    with suppress(OSError):
        require_room(home)
    return f"The local BigQuery gave no answer. {home / 'logs' / 'bigquery.log'} says more."


def _unknown_column(why: str, names: set[str]) -> str | None:
    """Advice for a column that is in none of the statement's tables; None for other errors."""
    match = UNKNOWN_COLUMN.search(why)
    tables = [relation for name, relation in relations().items() if name in names]
    if match is None or not tables:
        return None
    close = nearest(match[1], {column.name for table in tables for column in table.columns})
    hint = f" Do you mean {close}?" if close else ""
    commands = " and ".join(f"`tta tables {table.name}`" for table in tables)
    return f"There is no column {match[1]} here.{hint} {commands} lists the columns."


def _missing(names: set[str]) -> str:
    """Suggestions for the tables that the star schema does not have."""
    star = relations()
    pairs = [(name, nearest(name, star)) for name in sorted(names - star.keys())]
    hint = "".join(f"Do you mean {close} instead of {name}? " for name, close in pairs if close)
    return f". {hint}`tta tables` lists all tables and views."
