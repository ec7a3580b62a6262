"""One run of `tta tables --migrate`: what it would do, or what it did."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cli.cloud import open_cloud
from cli.console import Screen
from cli.star_schema import StoredTables
from cli.tombstone_key import tombstones_of
from cli.verbs.query.price import QueryPrice
from cli.verbs.tables.run import stored_tables
from local.cloud import QUERY
from local.endpoints import LOCAL, Endpoints
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.migration.columns import COMPUTED, new_columns
from shared.warehouse.migration.means import SUMMARY
from shared.warehouse.migration.migrate import (
    Migrated,
    MigrationApp,
    MigrationEstimate,
    estimate,
    migrate,
)
from shared.warehouse.migration.old_tables import SOURCES

NOTHING = "All tables are of this version. Nothing is left to migrate."
APPLY = (
    "Run `{command}` now: `load` of the earlier version cannot write these tables, and Pub/Sub "
    "keeps its records until then."
)
ADOPT = "terraform apply -var 'adopted_tables=[\"fact_rating_detail\"]'"
ERASE_AGAIN = "Somebody was erased meanwhile. Run the same `tta erase` again."


def run_migration(screen: Screen, target: str, home: Path | None, *, is_dry: bool) -> None:
    """Migrate, or only say what would be migrated. Print the outcome."""
    if is_dry:
        _show_estimate(screen, target, _estimate(screen, target, home))
        return
    with open_cloud(home, screen, QUERY, target=target) as endpoints:
        with screen.working("Migrating …"):
            outcome = migrate(_app(endpoints, screen.now))
        _show_outcome(screen, outcome, endpoints)


def _estimate(screen: Screen, target: str, home: Path | None) -> MigrationEstimate:
    if target == LOCAL:  # opening the local cloud would migrate its tables
        return _of_stored(stored_tables(target, home))
    with open_cloud(home, screen, QUERY, target=target) as endpoints:
        return estimate(_app(endpoints, screen.now))


def _of_stored(stored: StoredTables) -> MigrationEstimate:
    old = {
        name
        for name in COMPUTED
        if name in stored.types and not new_columns(name) <= set(stored.types[name])
    }
    sources = {name: SOURCES.get(name, name) for name in COMPUTED}
    rows = {name: stored.rows.get(source, 0) for name, source in sources.items() if source in old}
    is_mean = "replicates" in stored.types.get(FACT_TABLE, {"replicates": ""})
    return MigrationEstimate(rows, 0, 0 if is_mean else stored.rows.get(FACT_TABLE, 0))


def _app(endpoints: Endpoints, on_progress: Callable[[str], None]) -> MigrationApp:
    client = bigquery.Client(project=endpoints.project)
    app = MigrationApp(
        client, endpoints.dataset, lambda: datetime.now(UTC), on_progress=on_progress
    )
    if endpoints.is_local:
        return app
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    tombstones = tombstones_of(endpoints, lake)
    return MigrationApp(client, app.dataset, app.clock, tombstones.generation, on_progress)


def _show_estimate(screen: Screen, target: str, plan: MigrationEstimate) -> None:
    price = QueryPrice(plan.bytes_billed)
    if screen.machine:
        screen.show_json(
            {
                "rows": plan.rows,
                "averaged": plan.averaged,
                "bytes_billed": price.bytes_billed,
                "cost_usd": price.usd,
            }
        )
        return
    if not plan.rows and not plan.averaged:
        screen.show(NOTHING)
        return
    if plan.rows:
        screen.show("These tables would be migrated:")
    for name, rows in plan.rows.items():
        screen.show(f"  {name:<21} {rows:>9,} rows")
    if plan.averaged:
        screen.show(f"The answers about up to {plan.averaged:,} videos would be averaged.")
    if target == LOCAL:
        screen.show("The local cloud does it when it starts. It costs nothing.")
    else:
        screen.show(f"It would bill at most {price}. The first TiB of a month is free.")


def _show_outcome(screen: Screen, outcome: Migrated, endpoints: Endpoints) -> None:
    if screen.machine:
        screen.show_json(
            {
                "rows": outcome.rows,
                "averaged": outcome.averaged,
                "erase_again": outcome.is_overtaken,
            }
        )
        return
    if not outcome.rows and not outcome.averaged:
        screen.show(NOTHING)
        return
    for name, rows in outcome.rows.items():
        screen.show(f"  {name:<21} {rows:>9,} rows")
    if outcome.averaged:
        screen.show(SUMMARY.format(videos=outcome.averaged))
    if outcome.rows:
        screen.show("The old tables stay for seven days, with __before after their names.")
    if outcome.is_overtaken:
        screen.show(ERASE_AGAIN)
    if not endpoints.is_local:
        screen.show(APPLY.format(command=ADOPT if outcome.rows else "terraform apply"))
