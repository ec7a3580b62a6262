"""Use case: make the tables again from the lake alone.

1. *Filling.* The records of `metadata/`, `metrics/`, `ratings/`, `raw/upload/` and `retention/` are
   loaded in the order of names, batch by batch, into a shadow dataset. `load` has the same Loader.
   After each batch `state/_rebuild.json` holds the progress, so a rebuild that was killed resumes
   there.
2. *Swapping.* Each table replaces the live one by a copy job that truncates. Such a job is atomic
   for one table. Then the table gets its keys and labels again. The id of the job follows from the
   run, and BigQuery runs an id once. So a rebuild that is killed and resumed never copies a table a
   second time over newer rows.
3. *Catching up.* Objects written since the start are merged into the live tables.
4. The shadow and the state are deleted.

A rebuild loses nothing that `load` acknowledges meanwhile. Every publisher writes a record to the
lake before it publishes it, so the objects of a record exist before its rows.

* Objects written before the start are listed while filling, because listings are consistent.
* Objects written later are merged while catching up. If even that listing came too early, the
  record was published after the swap, and `load` merged it into the new tables.

Only rows whose records were published without the lake are lost.
"""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.errors import Permanent, Transient
from shared.inputs.field_types import Checked, Count, Instant, Text, Word
from shared.model import Malformed, parse
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import FAILED, state_name
from shared.warehouse.client import bigquery
from shared.warehouse.lake_records import LakeReader, LakeRecord
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.shadow import PATIENCE_S, Shadow

log = logging.getLogger(__name__)

STATE = state_name("_rebuild")  # names of collections begin with a letter or digit
CLOCK_MARGIN = timedelta(minutes=1)
"""By how much the clocks of two storage servers may differ."""


class RebuildInProgress(Exception):
    """Another rebuild is at work. This one stops, and its work so far is kept."""


class RebuildProgress(Checked):
    """The progress of a rebuild.

    `started_at` is the storage's time, and `cursor` is the last name that was loaded. `tombstones`
    is the generation of the tombstones when the rebuild began to read.
    """

    run: Word
    dataset: Word
    primary_raters: tuple[Word, ...]
    started_at: Instant | None = None
    tombstones: Count | None = None
    phase: Literal["filling", "swapping", "catching_up"] = "filling"
    cursor: Text = ""
    loaded: Count = 0
    malformed: Count = 0


@dataclass(frozen=True, slots=True)
class RebuildApp:
    """Everything a rebuild may touch. `batch_bytes` bounds one request to BigQuery."""

    lake: Lake
    tombstones: Tombstones
    client: bigquery.Client
    dataset: str
    primary_raters: Sequence[str]
    clock: Callable[[], datetime]
    on_progress: Callable[[RebuildProgress], None] = lambda progress: None
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
    dataset or other primary raters is not resumed: the rebuild starts over. Raises Transient,
    Misconfigured and RebuildInProgress.
    """
    return _Rebuild(app).finish()


class _Rebuild:
    """One call of `rebuild`. It resumes an unfinished run if there is one."""

    def __init__(self, app: RebuildApp):
        self._app = app
        self._lake = app.lake
        self._shadow = Shadow(app.client, app.dataset, app.shadow)
        self._records = LakeReader(
            app.lake, app.tombstones, self._retry, app.batch_rows, app.batch_bytes
        )
        self._generation = 0
        self._progress, self._is_resumed = self._begin()

    def finish(self) -> dict[str, Any]:
        while self._progress.phase == "filling":
            self._fill()
            if not self._is_overtaken_by_erasure():
                self._save(phase="swapping")
        if self._progress.phase == "swapping":
            self._swap()
            self._save(phase="catching_up")
        caught_up = self._catch_up()
        self._clean_up()
        progress = self._progress
        counts = {
            "loaded": progress.loaded,
            "caught_up": caught_up,
            "malformed": progress.malformed,
        }
        log.info("rebuilt", extra=counts)
        return counts | {"resumed": self._is_resumed}

    # Progress

    def _begin(self) -> tuple[RebuildProgress, bool]:
        content, self._generation = self._lake.read_with_generation(STATE)
        if content is not None and (earlier := self._same_run(content)):
            return earlier, True
        self._shadow.drop()
        self._shadow.create()
        for name in list(self._lake.names(f"{FAILED}rebuild/")):
            self._lake.delete(name)  # failures of an earlier rebuild
        self._progress = RebuildProgress(
            run=uuid.uuid4().hex,
            dataset=self._app.dataset,
            primary_raters=tuple(self._app.primary_raters),
        )
        self._save()
        marker = self._lake.stat(STATE)
        if marker is None:
            raise RebuildInProgress("another rebuild has just ended")
        self._save(started_at=marker.updated, tombstones=self._app.tombstones.generation())
        return self._progress, False

    def _same_run(self, content: bytes) -> RebuildProgress | None:
        try:
            earlier = parse(RebuildProgress, content, STATE)
        except Malformed:
            return None
        same = (earlier.dataset, earlier.primary_raters) == (
            self._app.dataset,
            tuple(self._app.primary_raters),
        )
        return earlier if same and earlier.started_at else None

    def _save(self, **changes: Any) -> None:
        self._progress = self._progress.model_copy(update=changes)
        content = self._progress.model_dump_json(exclude_none=True).encode()
        try:
            self._generation = self._lake.replace(STATE, content, self._generation)
        except Superseded as error:
            # Our own write may have succeeded although its response was lost: then the repetition
            # is refused, and the state has our content.
            stored_content, generation = self._lake.read_with_generation(STATE)
            if stored_content != content:
                raise RebuildInProgress("Another rebuild of these tables is at work.") from error
            self._generation = generation
        self._app.on_progress(self._progress)

    # Filling and catching up

    def _is_overtaken_by_erasure(self) -> bool:
        """Whether something was erased since the filling began. If so, the filling begins again.

        Records that were read before the tombstones would bring rows of the erased back.
        """
        now = self._app.tombstones.generation()
        if now == self._progress.tombstones:
            return False
        started_at = self._progress.started_at
        self._save(started_at=None)  # if we are killed here, the next run starts over
        self._shadow.drop()
        self._shadow.create()
        self._save(started_at=started_at, cursor="", loaded=0, malformed=0, tombstones=now)
        return True

    def _fill(self) -> None:
        loader = self._loader(self._app.shadow)
        for batch in self._records.batches(self._records.entries(self._progress.cursor)):
            malformed = self._load(loader, batch)
            self._save(
                cursor=batch[-1].name,
                loaded=self._progress.loaded + len(batch) - malformed,
                malformed=self._progress.malformed + malformed,
            )

    def _catch_up(self) -> int:
        """Merge the objects written since the start. After a kill, this step begins again."""
        assert self._progress.started_at is not None
        since = self._progress.started_at - CLOCK_MARGIN
        recent = (entry for entry in self._records.entries() if entry.updated >= since)
        loader = self._loader(self._app.dataset)
        batches = self._records.batches(recent)
        return sum(len(batch) - self._load(loader, batch) for batch in batches)

    def _load(self, loader: Loader, batch: list[LakeRecord]) -> int:
        """Load the good records and keep the bad ones as failed. Returns the number of bad ones."""
        failures = [each for each in batch if each.error]
        failures += self._merge(loader, [each for each in batch if each.record])
        for each in failures:
            assert each.error is not None
            reason, sentence = each.error.reason, each.error.sentence
            self._lake.keep_failed(
                "rebuild", each.name, reason, sentence, self._app.clock(), object=each.name
            )
        return len(failures)

    def _merge(self, loader: Loader, batch: list[LakeRecord]) -> list[LakeRecord]:
        """Merge records. Returns those that BigQuery refuses, found by splitting the batch."""
        records = [each.record for each in batch if each.record]
        if not records:
            return []
        try:
            self._retry(lambda: loader.load(records))
        except Permanent as error:
            if len(batch) == 1:
                return [LakeRecord(batch[0].name, error=error)]
            middle = len(batch) // 2
            return self._merge(loader, batch[:middle]) + self._merge(loader, batch[middle:])
        return []

    def _loader(self, dataset: str) -> Loader:
        return Loader(self._app.client, dataset, self._app.primary_raters)

    def _retry(self, work: Callable[[], Any]) -> Any:
        """Call `work` until it succeeds, for some minutes; only Transient is tried again."""
        return Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_delay(PATIENCE_S),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            sleep=self._app.sleep,
            reraise=True,
        )(work)

    # Tables

    def _swap(self) -> None:
        """Swap dimensions before facts, so that a new fact finds its keys."""
        for table in (*SECTION_TABLES, FACT_TABLE):
            self._retry(partial(self._shadow.replace_live, table, self._progress.run))
        for table in (*SECTION_TABLES, FACT_TABLE):
            self._retry(partial(self._shadow.describe_live, table))

    def _clean_up(self) -> None:
        self._shadow.drop()
        self._lake.delete(STATE, self._generation)
