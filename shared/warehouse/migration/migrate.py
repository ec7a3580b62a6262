"""Use case: turn the tables of an earlier version into those of this one, by SQL alone.

The rows come from the old tables, so rows whose objects are gone from the lake stay, too.

1. *Holding.* A column of fact_video_analytics gets another name. `load` writes this table last in
   each batch, and that statement fails now. So no batch is acknowledged from here on, and Pub/Sub
   keeps its records. All batches that were acknowledged before are in the old tables.
2. *Keeping.* Each old table is copied to `{table}__before`, with a label that says `pending`.
3. *Filling.* New tables in the dataset `{dataset}__migration` are filled from those copies.
4. *Comparing.* Number and checksum of the rows must equal those that the copies give.
5. *Swapping.* Table by table, the old one is deleted and the new one copied to its name. The copy
   of the old one is labelled `done`, and expires after seven days. fact_video_analytics is last, so
   `load` cannot acknowledge anything in between.

A migration that was killed is simply run again. A table whose copy is `pending` is filled and
swapped once more: nothing was acknowledged since, so nothing is lost with its rows. Only in
fact_video_analytics may `load` have written since. There, missing rows are added and no others.

Last, the facts of an earlier version get the means of their answers (means.py).
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from google.api_core import exceptions

from shared.warehouse.bytes_billed import LEAST_BYTES_PER_TABLE
from shared.warehouse.client import bigquery
from shared.warehouse.failures import translate_errors
from shared.warehouse.gateway import BOUNDED, run, run_dml, start
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.migration.columns import COMPUTED, expressions
from shared.warehouse.migration.means import FactMeans
from shared.warehouse.migration.old_tables import SOURCES, MigrationRefused, OldTables
from shared.warehouse.migration.statements import (
    complete,
    days_of,
    fingerprint,
    insert,
    select,
)
from shared.warehouse.partitions import MOST_DAYS, MOST_PARTITIONS
from shared.warehouse.shadow import Shadow
from shared.warehouse.tables import definitions

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
"""How long the old tables stay as copies. Pub/Sub keeps unacknowledged records as long."""

STATEMENT_TIMEOUT_S = 3_600.0
RUN = "run"
"""The label of the dataset that names the run at work."""


@dataclass(frozen=True, slots=True)
class MigrationApp:
    """Everything a migration may touch.

    `erasures` gives a number that changes with every erasure.
    """

    client: bigquery.Client
    dataset: str
    clock: Callable[[], datetime]
    erasures: Callable[[], int] = lambda: 0
    on_progress: Callable[[str], None] = lambda sentence: None


@dataclass(frozen=True, slots=True)
class Migrated:
    """Rows by table that was migrated, and the number of facts whose answers were averaged.

    `is_overtaken`: somebody was erased during the swap.
    """

    rows: Mapping[str, int]
    is_overtaken: bool = False
    averaged: int = 0


def migrate(app: MigrationApp) -> Migrated:
    """Migrate what is of an earlier version. After a failure or a kill, the next call ends it.

    A second run changes nothing. Raises MigrationRefused, Transient and Misconfigured.
    """
    with translate_errors("BigQuery"):
        migrated = _Migration(app).finish()
        averaged = FactMeans(app.client, app.dataset, app.on_progress).fill()
    return replace(migrated, averaged=averaged)


@dataclass(frozen=True, slots=True)
class MigrationEstimate:
    """What a migration reads: `rows` by table, and the bytes that it bills at most.

    `averaged` is the number of facts, at most, whose answers it would average. It bills each about
    as a new record of that video.
    """

    rows: Mapping[str, int]
    bytes_billed: int
    averaged: int = 0


def estimate(app: MigrationApp) -> MigrationEstimate:
    """Count rows and bytes by dry runs. It changes nothing and bills nothing."""
    with translate_errors("BigQuery"):
        plan = _Migration(app).estimate()
        return replace(plan, averaged=FactMeans(app.client, app.dataset).count())


class _Migration:
    """One call of `migrate`."""

    def __init__(self, app: MigrationApp):
        self._app = app
        self._client = app.client
        self._old = OldTables(app.client, app.dataset)
        self._shadow = Shadow(
            app.client,
            app.dataset,
            f"{app.dataset}__migration",
            "A migration at work; deleted when it is done.",
        )
        self._run = uuid.uuid4().hex

    def finish(self) -> Migrated:
        outdated = self._old.outdated()
        if not outdated and not self._exists(self._shadow.name):
            return Migrated({})
        self._refuse_rebuild()
        self._app.on_progress("Holding new records …")
        self._old.hold()
        for name in outdated:
            self._old.keep(name)
        tables = [name for name in COMPUTED if SOURCES.get(name, name) in outdated]
        erasures = self._app.erasures()
        rows = self._fill(tables)
        while self._app.erasures() != erasures:  # it may have missed rows on their way
            erasures = self._app.erasures()
            rows = self._fill(tables)
        for name in tables:
            self._app.on_progress(f"Replacing {name} …")
            self._swap(name)
        self._describe()
        self._shadow.drop()
        log.info("tables migrated", extra={"tables": tables})
        return Migrated(rows, self._app.erasures() != erasures)

    def _exists(self, dataset: str) -> bool:
        try:
            self._client.get_dataset(dataset, **BOUNDED)
        except exceptions.NotFound:
            return False
        return True

    def _refuse_rebuild(self) -> None:
        if self._exists(f"{self._app.dataset}__rebuild"):
            raise MigrationRefused(
                f"A rebuild of the old tables is not finished. Delete the dataset "
                f"{self._app.dataset}__rebuild and the object state/_rebuild.json, then migrate."
            )

    # Filling

    def _fill(self, tables: list[str]) -> dict[str, int]:
        """Fill new tables in the shadow, and compare. Returns their numbers of rows."""
        self._shadow.drop()
        self._shadow.create()
        self._sign()
        rows: dict[str, int] = {}
        for name in tables:
            self._app.on_progress(f"Filling {name} …")
            rows[name] = self._fill_table(name)
        return rows

    def _fill_table(self, name: str) -> int:
        source, target = self._old.before(name), self._path(self._shadow.name, name)
        columns = expressions(name, self._old.columns_before(name))
        for bounds in self._pieces(name, source):
            statement = insert(target, source, columns, is_piece=bool(bounds))
            run_dml(self._client, *self._args(statement), bounds, timeout_s=STATEMENT_TIMEOUT_S)
        self._label(target, name, self._old.labels(name))
        return self._compare(name, source, target, columns)

    def _pieces(self, name: str, source: str) -> list[list[object]]:
        """Bounds of days that have at most MOST_PARTITIONS partitions; none for a table in whole.

        A creator has one of MOST_PARTITIONS buckets.
        """
        if name == "dim_user":
            return [[]]
        days = [row["id_day"] for row in self._rows(days_of(source))]
        return [
            _between(days[first], days[min(first + MOST_PARTITIONS, len(days)) - 1])
            for first in range(0, len(days), MOST_PARTITIONS)
        ]

    def _compare(self, name: str, source: str, target: str, columns: Mapping[str, str]) -> int:
        present = {column: column for column in columns}
        (before,) = self._rows(fingerprint(name, select(source, columns), columns))
        (after,) = self._rows(fingerprint(name, select(target, present), columns))
        if before != after:
            raise MigrationRefused(
                f"{name}: {after['row_count']:,} new rows do not equal {before['row_count']:,} old "
                "ones. No table was replaced. Run the same command again."
            )
        return int(after["row_count"])

    # Swapping

    def _swap(self, name: str) -> None:
        """Replace one table. `fact_rating_detail` is finished with `fact_rating`, its source."""
        self._require_own_run()
        self._old.delete_live(name)
        if name == FACT_TABLE and self._old.is_live(name):
            columns = expressions(name, self._old.columns_before(name))
            statement = complete(
                self._path(self._app.dataset, name), self._old.before(name), columns
            )
            run_dml(self._client, *self._args(statement), timeout_s=STATEMENT_TIMEOUT_S)
        else:
            self._shadow.replace_live(name, self._run)
        if name not in SOURCES:
            self._old.finish(name, self._app.clock() + KEPT)

    def _describe(self) -> None:
        """Give all tables their keys: those of a copy cannot point from the shadow's dataset."""
        for name in filter(self._old.is_live, COMPUTED):
            self._shadow.describe_live(name)
            live = self._path(self._app.dataset, name)
            # An earlier run may have replaced this table, and ended before it could say so.
            self._label(live, name, self._client.get_table(live, **BOUNDED).labels)

    def _label(self, path: str, name: str, labels: Mapping[str, str]) -> None:
        """Add the label by which Terraform knows a table that it need not replace."""
        table = bigquery.Table(path)
        table.labels = dict(labels) | {"partition": definitions()[name]["partition"]}
        self._client.update_table(table, ["labels"], **BOUNDED)

    def _sign(self) -> None:
        dataset = self._client.get_dataset(self._shadow.name, **BOUNDED)
        dataset.labels = {RUN: self._run}
        self._client.update_dataset(dataset, ["labels"], **BOUNDED)

    def _require_own_run(self) -> None:
        try:
            labels = self._client.get_dataset(self._shadow.name, **BOUNDED).labels
        except exceptions.NotFound:
            labels = {}
        if labels.get(RUN) != self._run:
            raise MigrationRefused("Another migration of these tables is at work. Let it end.")

    # Statements

    def estimate(self) -> MigrationEstimate:
        outdated = self._old.outdated()
        rows: dict[str, int] = {}
        total = 0
        for name in COMPUTED:
            if SOURCES.get(name, name) in outdated:
                rows[name], size = self._estimate_table(name)
                total += size
        return MigrationEstimate(rows, total)

    def _estimate_table(self, name: str) -> tuple[int, int]:
        """Rows, and bytes at most: a piece for each MOST_PARTITIONS days, and two fingerprints."""
        old = SOURCES.get(name, name)
        source = self._old.path(old) if self._old.is_live(old) else self._old.before(name)
        names = [each.name for each in self._client.get_table(source, **BOUNDED).schema]
        statement = select(source, expressions(name, names))
        (count,) = self._rows(f"SELECT COUNT(*) AS n FROM `{source}`")  # nosec B608 # ours
        job = start(self._client, *self._args(statement), dry_run=True, maximum_bytes_billed=None)
        size = max(int(job.total_bytes_processed or 0), LEAST_BYTES_PER_TABLE)
        pieces = 1 if name == "dim_user" else -(-min(int(count["n"]), MOST_DAYS) // MOST_PARTITIONS)
        return int(count["n"]), size * (pieces + 2) + (LEAST_BYTES_PER_TABLE if pieces else 0)

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        rows = run(self._client, *self._args(sql), timeout_s=STATEMENT_TIMEOUT_S)
        return [dict(row.items()) for row in rows]

    def _args(self, sql: str) -> tuple[str, str]:
        return f"{self._client.project}.{self._app.dataset}", sql

    def _path(self, dataset: str, name: str) -> str:
        return f"{self._client.project}.{dataset}.{name}"


def _between(first: date, last: date) -> list[object]:
    return [
        bigquery.ScalarQueryParameter("first_day", "DATE", first),
        bigquery.ScalarQueryParameter("last_day", "DATE", last),
    ]
