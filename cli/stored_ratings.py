"""Every rating that one cloud's star schema holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.screen import Screen
from local.cloud import QUERY

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings


def stored_ratings(
    target: str, home: Path | None, machines: frozenset[str], screen: Screen
) -> "Ratings":
    """Every rating of fact_rating. Raises BadTable when there is none."""
    from cli.cloud import opened
    from shared.insights.agreement.stored import question, ratings_in
    from shared.insights.raw import BadTable

    with opened(home, screen, QUERY, target=target) as endpoints:
        from cli.warehouse import Warehouse

        rows = Warehouse(endpoints).rows(question())
    if not rows:
        raise BadTable(
            "fact_rating has no ratings. `tta demo` fills a sandbox, `tta rate` makes some, and "
            "--input FILE reads a table."
        )
    return ratings_in(rows, machines)
