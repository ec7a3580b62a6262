"""The six tables anew, from the lake alone.

1. *Filling.* What the lake knows (`metadata/`, `metrics/`, `ratings/`, `raw/upload/`) goes in the
   order of names, batch by batch, through the same Loader into a shadow dataset. After each batch
   `state/_rebuild.json` says how far it is, so a rebuild that was killed goes on there.
2. *Swapping.* Each table takes the place of the live one by a copy job that truncates, which is
   atomic for one table, and then gets its keys and labels again. The job's id follows from the run,
   and BigQuery runs a job id once: however often a rebuild is killed and goes on here, no table is
   swapped in a second time over newer rows.
3. *Catching up.* Objects written since the start are merged into the live tables.
4. The shadow and the state are deleted.

Nothing that `load` acknowledges meanwhile is lost. Every publisher keeps what it says in the lake
before it publishes. So a record that is loaded during the rebuild had its objects written before
its rows. Written before the start, they were listed while filling, for listings are consistent;
written after it, they are merged while catching up, or, when even that listing came too early,
their record was published after the swap and `load` merges it into the new tables. Only what
someone publishes past the lake is gone: that is what "from the lake alone" means.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from google.cloud import bigquery
from pydantic import ValidationError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.concurrency import in_order
from shared.errors import Permanent, Transient
from shared.inputs.field_types import Checked, Count, Instant, Text, Word
from shared.model import Malformed, Rating, Record, parse, parse_record
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import (
    FAILED,
    METRICS,
    Entry,
    Lake,
    RatingKey,
    Superseded,
    rating_name,
    state_name,
)
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader, weight
from shared.warehouse.shadow import PATIENCE_S, Shadow

log = logging.getLogger(__name__)

RATINGS = "ratings/"
SOURCES = ("metadata/", METRICS, RATINGS, "raw/upload/")
"""Where the lake keeps what was published, in the order of names."""

STATE = state_name("_rebuild")  # no collection is called so
MOST_OBJECT_BYTES = 4 * 2**20
CLOCK_MARGIN = timedelta(minutes=1)
"""How far two of the storage's servers may disagree about the time."""


class RebuildInProgress(Exception):
    """Another rebuild is at work; what this one did is kept, and it stops."""


class RebuildProgress(Checked):
    """How far a rebuild is. `started_at` is the storage's time, `cursor` the last name done.

    `tombstones` is the generation of what was erased when it began to read.
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
    """Make the tables anew. After a failure or a kill, the next call goes on.

    Returns counts: objects `loaded`, `caught_up` and `malformed` (kept under failed/rebuild/), and
    whether an earlier run was `resumed`. With another dataset or other primary raters than an
    unfinished run had it begins anew. Raises Transient, Misconfigured and RebuildInProgress.
    """
    return _Rebuild(app).finish()


class _Rebuild:
    """One call of `rebuild`, from where the last one stopped."""

    def __init__(self, app: RebuildApp):
        self._app = app
        self._lake = app.lake
        self._shadow = Shadow(app.client, app.dataset, app.shadow)
        self._generation = 0
        self._progress, self._is_resumed = self._begun()

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

    # Where it stands

    def _begun(self) -> tuple[RebuildProgress, bool]:
        content, self._generation = self._lake.read_with_generation(STATE)
        if content is not None and (earlier := self._same_run(content)):
            return earlier, True
        self._shadow.drop()
        self._shadow.create()
        for name in list(self._lake.names(f"{FAILED}rebuild/")):
            self._lake.delete(name)  # findings of an earlier rebuild
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
            # A write of our own whose answer got lost is refused when it is repeated.
            stored_content, generation = self._lake.read_with_generation(STATE)
            if stored_content != content:
                raise RebuildInProgress("Another rebuild of these tables is at work.") from error
            self._generation = generation
        self._app.on_progress(self._progress)

    # Filling and catching up

    def _is_overtaken_by_erasure(self) -> bool:
        """Whether something was erased since the reading began; then it begins once more.

        What was read before the tombstones would bring rows of the erased back.
        """
        now = self._app.tombstones.generation()
        if now == self._progress.tombstones:
            return False
        started_at = self._progress.started_at
        self._save(started_at=None)  # killed before the next save, another run begins anew
        self._shadow.drop()
        self._shadow.create()
        self._save(started_at=started_at, cursor="", loaded=0, malformed=0, tombstones=now)
        return True

    def _fill(self) -> None:
        into = self._loader(self._app.shadow)
        for batch in self._batches(self._entries(self._progress.cursor)):
            malformed = self._load(into, batch)
            self._save(
                cursor=batch[-1].name,
                loaded=self._progress.loaded + len(batch) - malformed,
                malformed=self._progress.malformed + malformed,
            )

    def _catch_up(self) -> int:
        """Merge what was written since the start; from the beginning if it was interrupted."""
        assert self._progress.started_at is not None
        since = self._progress.started_at - CLOCK_MARGIN
        recent = (entry for entry in self._entries() if entry.updated >= since)
        into = self._loader(self._app.dataset)
        return sum(len(batch) - self._load(into, batch) for batch in self._batches(recent))

    def _entries(self, after: str = "") -> Iterator[Entry]:
        """What the lake keeps, from a name on; claims on ratings and the like are left out."""
        for source in SOURCES:
            is_done = after > source and not after.startswith(source)
            if not is_done:
                start = after if after.startswith(source) else ""
                for entry in self._lake.entries(source, after=start):
                    if entry.name.endswith(".json"):
                        yield entry

    def _batches(self, entries: Iterator[Entry]) -> Iterator[list["_Read"]]:
        batch: list[_Read] = []
        size = 0
        for read in in_order(self._read, entries):
            if batch and (
                len(batch) >= self._app.batch_rows or size + read.weight > self._app.batch_bytes
            ):
                yield batch
                batch, size = [], 0
            batch.append(read)
            size += read.weight
        if batch:
            yield batch

    def _read(self, entry: Entry) -> "_Read":
        try:
            if entry.size > MOST_OBJECT_BYTES:
                raise Malformed(f"{entry.size} bytes are no record")
            content = self._patiently(lambda: self._lake.read(entry.name))
            record = None if content is None else _record(entry.name, content)
            record = record and self._app.tombstones.redact(record)
        except Permanent as error:
            return _Read(entry.name, error=error)
        return _Read(entry.name, record, weight(record) if record else 0)

    def _load(self, loader: Loader, batch: list["_Read"]) -> int:
        """Load what can be; keep the rest as failed and return how many that were."""
        bad = [read for read in batch if read.error]
        bad += self._merged(loader, [read for read in batch if read.record])
        for read in bad:
            assert read.error is not None
            reason, sentence = read.error.reason, read.error.sentence
            self._lake.keep_failed(
                "rebuild", read.name, reason, sentence, self._app.clock(), object=read.name
            )
        return len(bad)

    def _merged(self, loader: Loader, reads: list["_Read"]) -> list["_Read"]:
        """Merge records; those that are refused are found by splitting, and returned."""
        records = [read.record for read in reads if read.record]
        if not records:
            return []
        try:
            self._patiently(lambda: loader.load(records))
        except Permanent as error:
            if len(reads) == 1:
                return [_Read(reads[0].name, error=error)]
            middle = len(reads) // 2
            return self._merged(loader, reads[:middle]) + self._merged(loader, reads[middle:])
        return []

    def _loader(self, dataset: str) -> Loader:
        return Loader(self._app.client, dataset, self._app.primary_raters)

    def _patiently(self, work: Callable[[], Any]) -> Any:
        """Try again for some minutes what may mend itself."""
        return Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_delay(PATIENCE_S),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            sleep=self._app.sleep,
            reraise=True,
        )(work)

    # Tables

    def _swap(self) -> None:
        """Dimensions first, so that a fact that is new already finds its keys."""
        for table in (*SECTION_TABLES, FACT_TABLE):
            self._patiently(partial(self._shadow.replace_live, table, self._progress.run))
        for table in (*SECTION_TABLES, FACT_TABLE):
            self._patiently(partial(self._shadow.describe_live, table))

    def _clean_up(self) -> None:
        self._shadow.drop()
        self._lake.delete(STATE, self._generation)


@dataclass(frozen=True, slots=True)
class _Read:
    """One object read: a record, or why it is none, or neither when it is gone."""

    name: str
    record: Record | None = None
    weight: int = 0
    error: Permanent | None = None


def _record(name: str, content: bytes) -> Record:
    """What an object says. Raises Malformed, also when it lies where it does not belong."""
    if not name.startswith(RATINGS):
        return parse_record(content)
    rating = parse(Rating, content, "rating")
    video_id = name.removeprefix(RATINGS).partition("/")[0]
    if rating_name(video_id, RatingKey.of(rating)) != name:
        raise Malformed("the rating lies under another name than its own")
    try:
        return Record(video_id=video_id, rating=rating)
    except ValidationError as error:
        raise Malformed(f"{video_id[:40]!r} is not a video id") from error
