"""Reads ratings from the star schema of a cloud."""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from local.cloud import QUERY
from local.endpoints import Endpoints

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings


def stored_ratings(
    target: str, home: Path | None, machines: frozenset[str], screen: Screen
) -> "Ratings":
    """Every rating in fact_rating. Raises BadTable when there are none."""
    from cli.cloud import open_cloud
    from shared.inputs.tables.errors import BadTable

    with open_cloud(home, screen, QUERY, target=target) as endpoints:
        ratings = ratings_at(endpoints, machines)
    if ratings is None:
        raise BadTable(
            "fact_rating has no ratings. `tta rate` makes some, --input FILE reads a table, and "
            "--demo reads those of `tta demo`."
        )
    return ratings


def ratings_at(endpoints: Endpoints, machines: frozenset[str] = frozenset()) -> "Ratings | None":
    """Every rating there, or None if there are none."""
    from cli.warehouse import Warehouse
    from shared.insights.agreement.star_schema import ratings_from_rows, ratings_statement

    rows = Warehouse(endpoints).rows(ratings_statement())
    return ratings_from_rows(rows, machines) if rows else None
