"""One run of `tta rebuild`: rebuild the tables, and compare them with those before."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.tombstone_key import tombstones_of
from cli.warehouse import Warehouse, changes
from local.cloud import INGEST
from local.endpoints import LOCAL, PRIMARY_RATERS
from shared.config import LoadSettings
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
from shared.warehouse.rebuild import RebuildApp, RebuildProgress, rebuild

TableCounts = dict[str, dict[str, int]]


def rebuild_tables(
    primary_raters: list[str], target: str, home: Path | None, screen: Screen
) -> tuple[dict[str, Any], TableCounts]:
    """Rebuild the tables from the lake. Returns the counts of objects, and the rows by table."""

    def report(progress: RebuildProgress) -> None:
        phase = progress.phase.replace("_", " ")
        screen.now(f"Rebuilding, {phase}: {progress.loaded} objects …")

    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        compare = _comparison(Warehouse(endpoints), endpoints.is_local)
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        app = RebuildApp(
            lake=lake,
            tombstones=tombstones_of(endpoints, lake),
            client=bigquery.Client(project=endpoints.project),
            dataset=endpoints.dataset,
            primary_raters=endpoints.primary_prefixes(primary_raters),
            clock=lambda: datetime.now(UTC),
            on_progress=report,
        )
        with screen.working("Rebuilding …"):
            counts = rebuild(app)
        return counts, compare()


def parse_raters(listing: str | None, target: str) -> list[str]:
    """The prefixes in --primary-raters, or the target's. Raises UserError for an empty list."""
    if listing is None:
        if target == LOCAL:
            return list(PRIMARY_RATERS)
        return list(LoadSettings.model_fields["primary_raters"].default)
    raters = [part.strip() for part in listing.split(",") if part.strip()]
    if not raters:
        raise UserError("--primary-raters names no rater.", WRONG_USE)
    return raters


def _comparison(warehouse: Warehouse, is_local: bool) -> Callable[[], TableCounts]:
    """Read the tables now; the function that is returned compares them with those afterwards.

    On this machine every row is compared. In the cloud, where reading all rows costs money, rows
    are only counted.
    """
    if is_local:
        rows_before = warehouse.contents()

        def compare_rows() -> TableCounts:
            tables = changes(rows_before, warehouse.contents())
            for table, count in tables.items():
                count["gone"] = max(0, rows_before[table].total() - count["rows"])
            return tables

        return compare_rows
    counts_before = warehouse.counts()

    def compare_counts() -> TableCounts:
        return {
            table: {"rows": rows, "gone": max(0, counts_before[table] - rows)}
            for table, rows in warehouse.counts().items()
        }

    return compare_counts
