"""Reads what a cloud has of the star schema, for `tta tables`."""

from collections.abc import Iterable
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import WRONG_USE, UserError, of_service
from cli.star_schema import StoredTables, read
from cli.verbs.query.statement import nearest
from local.cloud import QUERY, attached
from local.endpoints import LOCAL
from local.home import Home


def stored_tables(target: str, home: Path | None) -> StoredTables:
    """Row counts and types, from a running cloud or the local data. Raises UserError."""
    if target == LOCAL and attached(Home.at(home)) is None:
        return read(None, home)
    try:
        with open_cloud(home, Screen(), QUERY, target=target) as endpoints:
            return read(endpoints, home)
    except GoogleAPICallError as error:
        raise UserError(f"BigQuery: {of_service(error)}") from error


def refuse_unknown(name: str, names: Iterable[str]) -> None:
    """Raises UserError, with the nearest name, for a name that is not in `names`."""
    names = list(names)
    if name in names:
        return
    close = nearest(name, names)
    hint = f" Do you mean {close}?" if close else ""
    raise UserError(f"There is no table or view {name}.{hint} `tta tables` lists all.", WRONG_USE)
