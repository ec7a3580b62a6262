"""One run of `tta rebuild`: rebuild the tables, and compare them with those before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.progress import ProgressLine
from cli.region_run import perform, require_region, watch
from cli.tombstone_key import tombstones_of
from cli.warehouse import Warehouse, changes
from local.cloud import INGEST
from local.endpoints import LOCAL, PRIMARY_RATERS, Endpoints
from shared.config import LoadSettings
from shared.region_job.documents import RebuildWork
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
from shared.warehouse.rebuild import RebuildApp, rebuild

TableCounts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class RebuildOptions:
    """The options of `tta rebuild`. `watch` is a run in the region that began before."""

    primary_raters: list[str]
    target: str = LOCAL
    home: Path | None = None
    in_region: bool = False
    watch: str | None = None


def rebuild_tables(options: RebuildOptions, screen: Screen) -> tuple[dict[str, Any], TableCounts]:
    """Rebuild the tables from the lake. Returns the counts of objects, and the rows by table."""
    with open_cloud(options.home, screen, INGEST, target=options.target) as endpoints:
        if options.in_region:
            return _rebuild_in_region(options, endpoints, screen)
        return _rebuild_here(options, endpoints, screen)


def _rebuild_here(
    options: RebuildOptions, endpoints: Endpoints, screen: Screen
) -> tuple[dict[str, Any], TableCounts]:
    compare = _comparison(Warehouse(endpoints), endpoints.is_local)
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    app = RebuildApp(
        lake=lake,
        tombstones=tombstones_of(endpoints, lake),
        client=bigquery.Client(project=endpoints.project),
        dataset=endpoints.dataset,
        primary_raters=endpoints.primary_prefixes(options.primary_raters),
        clock=lambda: datetime.now(UTC),
        on_progress=ProgressLine(screen.now),
    )
    with screen.working("Rebuilding …"):
        counts = rebuild(app)
    return counts, compare()


def _rebuild_in_region(
    options: RebuildOptions, endpoints: Endpoints, screen: Screen
) -> tuple[dict[str, Any], TableCounts]:
    require_region(endpoints)
    warehouse = Warehouse(endpoints)
    if options.watch is not None:
        answer = watch(options.watch, "rebuild", endpoints, screen)
    else:
        raters = tuple(endpoints.primary_prefixes(options.primary_raters))
        request = RebuildWork(primary_raters=raters, rows_before=warehouse.counts())
        answer = perform(request, endpoints, screen)
    return answer["counts"], _counted(answer["rows_before"], warehouse)


def _counted(rows_before: dict[str, int], warehouse: Warehouse) -> TableCounts:
    """Rows by table now, and how many fewer there are than before."""
    return {
        table: {"rows": rows, "gone": max(0, rows_before.get(table, 0) - rows)}
        for table, rows in warehouse.counts().items()
    }


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
    return partial(_counted, warehouse.counts(), warehouse)
