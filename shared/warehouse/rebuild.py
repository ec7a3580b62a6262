"""Use case: make the tables again from the lake alone.

1. *Filling.* The records of `metadata/`, `metrics/`, `ratings/`, `raw/upload/` and `retention/` are
   read in the order of names. Load jobs stage their rows in a shadow dataset, range by range. After
   each range `state/_rebuild.json` holds the progress, so a rebuild that was killed resumes there.
2. *Merging.* One MERGE per table makes the shadow's tables of the staged rows, by the same rules as
   those of `load`. A second run of it changes nothing.
3. *Swapping.* Each table replaces the live one by a copy job that truncates. Such a job is atomic
   for one table. Then the table gets its keys and labels again. The id of the job follows from the
   run, and BigQuery runs an id once. So a rebuild that is killed and resumed never copies a table a
   second time over newer rows.
4. *Catching up.* Objects written since the start are merged into the live tables.
5. The shadow and the state are deleted.

A rebuild loses nothing that `load` acknowledges meanwhile. Every publisher writes a record to the
lake before it publishes it, so the objects of a record exist before its rows.

* Objects written before the start are listed while filling, because listings are consistent.
* Objects written later are merged while catching up. If even that listing came too early, the
  record was published after the swap, and `load` merged it into the new tables.

Only rows whose records were published without the lake are lost.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from google.api_core import exceptions

from shared.errors import Misconfigured
from shared.privacy.tombstones import Tombstones
from shared.progress import OnProgress, Progress, no_progress
from shared.storage.lake import Lake
from shared.storage.layout import FAILED
from shared.warehouse.client import bigquery
from shared.warehouse.lake_batches import LakeBatches
from shared.warehouse.lake_records import LakeReader, LakeRecord, NameRange, joined, ranges_of
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.outages import retried
from shared.warehouse.partitions import MOST_PARTITIONS
from shared.warehouse.rebuild_state import RebuildState, StateFile
from shared.warehouse.shadow import PATIENCE_S, Shadow
from shared.warehouse.staged_rows import MOST_LOAD_JOBS, StagedRows
from shared.warehouse.staging import Failure, Stager

log = logging.getLogger(__name__)

TABLES = (*SECTION_TABLES, FACT_TABLE)
"""Dimensions before facts, so that a new fact finds its keys."""

CLOCK_MARGIN = timedelta(minutes=1)
"""By how much the clocks of two storage servers may differ."""


@dataclass(frozen=True, slots=True)
class RebuildApp:
    """Everything a rebuild may touch.

    One load job stages `range_objects` objects, or more in a large lake. `batch_rows` and
    `batch_bytes` bound one request with the records of the catching up.
    """

    lake: Lake
    tombstones: Tombstones
    client: bigquery.Client
    dataset: str
    primary_raters: Sequence[str]
    clock: Callable[[], datetime]
    on_progress: OnProgress = no_progress
    range_objects: int = 5_000
    batch_rows: int = 2_000
    batch_bytes: int = 7_000_000
    sleep: Callable[[float], None] = field(default=time.sleep)

    @property
    def shadow(self) -> str:
        return f"{self.dataset}__rebuild"


def rebuild(app: RebuildApp) -> dict[str, Any]:
    """Make the tables again from the lake. After a failure or a kill, the next call resumes.

    Returns counts of the objects `loaded`, `caught_up` and `malformed` (kept under
    failed/rebuild/), and whether an earlier run was `resumed`. An unfinished run with another
    dataset, other primary raters or of another version is not resumed: the rebuild starts over, and
    first ends one that replaces tables already. Without the shadow it starts over, too.
    Raises Transient, Misconfigured and RebuildInProgress.
    """
    rebuilding = _Rebuild(app)
    with rebuilding._file.explained():
        return rebuilding.finish()


class _Rebuild:
    """One call of `rebuild`. It resumes an unfinished run if there is one."""

    def __init__(self, app: RebuildApp):
        self._app = app
        self._lake = app.lake
        self._shadow = Shadow(app.client, app.dataset, app.shadow)
        self._staged = StagedRows(app.client, app.shadow)
        self._records = LakeReader(app.lake, app.tombstones, self._retry)
        self._file = StateFile(app.lake)
        self._reading = "Reading the lake"
        self._state, self._is_resumed = self._begin()

    def finish(self) -> dict[str, Any]:
        while self._state.phase in ("filling", "merging"):
            if self._state.phase == "filling":
                self._fill()
                self._save(phase="merging")
            self._merge()
            if not self._is_overtaken_by_erasure():
                self._save(phase="swapping")
        caught_up = self._replace()
        counts = {
            "loaded": self._state.loaded,
            "caught_up": caught_up,
            "malformed": self._state.malformed,
        }
        log.info("rebuilt", extra=counts)
        return counts | {"resumed": self._is_resumed}

    # State

    def _begin(self) -> tuple[RebuildState, bool]:
        earlier = self._file.read()
        new = RebuildState.new(self._app.dataset, self._app.primary_raters)
        if earlier is not None and self._has_rows(earlier):
            if earlier.is_resumable_by(new):
                return earlier, True
            if earlier.is_replacing(self._app.dataset):
                self._state = earlier
                self._replace()  # otherwise its process might copy the tables that we empty below
        self._state = new
        self._save()  # from now on, a process that still works for the earlier one stops
        self._empty_shadow()
        for name in list(self._lake.names(f"{FAILED}rebuild/")):
            self._lake.delete(name)  # failures of an earlier rebuild
        began_at = self._file.written_at()
        self._save(started_at=began_at, tombstones=self._app.tombstones.generation())
        return self._state, False

    def _has_rows(self, earlier: RebuildState) -> bool:
        """Whether the shadow of an unfinished rebuild is there, if it is needed any more."""
        return earlier.phase == "catching_up" or self._staged.exists()

    def _empty_shadow(self) -> None:
        self._shadow.drop()
        self._shadow.create()
        self._staged.create()

    def _save(self, **changes: Any) -> None:
        self._state = self._file.write(self._state, **changes)

    def _is_overtaken_by_erasure(self) -> bool:
        """Whether something was erased since the filling began. If so, the filling begins again.

        Records that were read before the tombstones would bring rows of the erased back.
        """
        now = self._app.tombstones.generation()
        if now == self._state.tombstones:
            return False
        started_at = self._state.started_at
        self._save(started_at=None)  # if we are killed here, the next run starts over
        self._empty_shadow()
        self._save(
            started_at=started_at,
            phase="filling",
            cursor="",
            loaded=0,
            malformed=0,
            tombstones=now,
        )
        self._reading = "Reading the lake again, without what was erased meanwhile"
        return True

    # Filling

    def _fill(self) -> None:
        ranges = self._ranges()
        finished = self._state.loaded + self._state.malformed
        total = finished + sum(each.count for each in ranges)
        stager = Stager(self._records, self._staged, self._retry)
        self._report(self._reading, finished, total)
        for names, failures in zip(ranges, map(stager.stage, ranges), strict=True):
            self._keep_failed(failures)
            self._save(
                cursor=names.until,
                loaded=self._state.loaded + names.count - len(failures),
                malformed=self._state.malformed + len(failures),
            )
            finished += names.count
            self._report(self._reading, finished, total)

    def _ranges(self) -> list[NameRange]:
        step = "Listing the lake"
        self._report(step)
        cursor = self._state.cursor
        size, entries = self._app.range_objects, self._records.entries(cursor)
        ranges = ranges_of(entries, size, cursor, lambda count: self._report(step, count))
        return joined(ranges, MOST_LOAD_JOBS)

    def _keep_failed(self, failures: Iterable[Failure]) -> None:
        for it in failures:
            self._lake.keep_failed(
                "rebuild", it.name, it.reason, it.sentence, self._app.clock(), object=it.name
            )

    # Merging

    def _merge(self) -> None:
        for number, table in enumerate(TABLES):
            self._report("Making the tables", number, len(TABLES), "tables")
            partitions = self._retry(partial(self._staged.partitions, table))
            starts = range(0, max(1, len(partitions)), MOST_PARTITIONS)
            for start in starts:
                self._merge_table(table, partitions[start : start + MOST_PARTITIONS])

    def _merge_table(self, table: str, partitions: Sequence[Any]) -> None:
        """Fill these partitions. Where BigQuery refuses a row, its partition is filled singly.

        Raises Misconfigured when the statement fails even without rows.
        """
        try:
            raters = self._app.primary_raters
            self._retry(partial(self._staged.merge, table, partitions, raters))
        except exceptions.BadRequest as error:
            if table == FACT_TABLE or not partitions:
                raise Misconfigured(f"{table}: {error.message}") from error
            middle = len(partitions) // 2
            if middle:
                self._merge_table(table, partitions[:middle])
                self._merge_table(table, partitions[middle:])
                return
            self._merge_table(table, [])
            self._merge_singly(table, partitions[0])

    def _merge_singly(self, table: str, partition: Any) -> None:
        """Load the objects with rows in this partition as `load` does, which finds the bad ones."""
        names = self._retry(partial(self._staged.objects, table, partition))
        _, malformed = self._load(self._records.records_named(names), self._app.shadow)
        loaded = self._state.loaded - malformed
        self._save(loaded=loaded, malformed=self._state.malformed + malformed)

    # Swapping and catching up

    def _replace(self) -> int:
        """Replace the live tables, and end. Returns the number of objects that were caught up."""
        if self._state.phase == "swapping":
            self._swap()
            self._save(phase="catching_up")
        caught_up = self._catch_up()
        self._save()  # raises where this rebuild was ended: the shadow may be that of the next one
        self._shadow.drop()
        self._file.delete()
        return caught_up

    def _swap(self) -> None:
        for number, table in enumerate(TABLES):
            self._report("Replacing the tables", number, len(TABLES), "tables")
            self._retry(partial(self._shadow.replace_live, table, self._state.run))
        for table in TABLES:
            self._retry(partial(self._shadow.describe_live, table))

    def _catch_up(self) -> int:
        """Merge the objects written since the start. After a kill, this step begins again."""
        assert self._state.started_at is not None
        self._report("Catching up with the lake")
        since = self._state.started_at - CLOCK_MARGIN
        recent = (entry for entry in self._records.entries() if entry.updated >= since)
        loaded, _ = self._load(self._records.records(recent), self._app.dataset)
        return loaded

    def _load(self, records: Iterable[LakeRecord], dataset: str) -> tuple[int, int]:
        """Load records as `load` does. Returns the numbers of those loaded and of the bad ones."""
        app = self._app
        loader = Loader(app.client, dataset, app.primary_raters)
        batches = LakeBatches(loader, self._retry, app.batch_rows, app.batch_bytes)
        loaded = malformed = 0
        for count, failures in batches.load(records):
            self._keep_failed(failures)
            loaded += count - len(failures)
            malformed += len(failures)
        return loaded, malformed

    def _report(
        self, step: str, finished: int = 0, total: int | None = None, unit: str = "objects"
    ) -> None:
        self._app.on_progress(Progress(step, finished, total, unit))

    def _retry(self, work: Callable[[], Any]) -> Any:
        return retried(work, PATIENCE_S, self._app.sleep)
