"""The tables of 100,000 videos, rated twice and read three times, rebuilt from their lake.

The lake is written into the folder of the local Cloud Storage, as its own store writes it. The
rebuild runs in a process of its own. A sample of creators is loaded by the Loader as events bring
it, in random order, and all their rows are compared.
"""

import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.memory import peak_mb
from benchmarks.processes import cpu_s, outcome_of, process
from benchmarks.processes import peak_mb as peak_mb_of
from benchmarks.table import Measurement
from benchmarks.warehouse_cost.records import ANCHOR, listing, ratings, reading
from benchmarks.warehouse_cost.world import SPAN_DAYS, VIDEOS_PER_CREATOR
from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.store import new_object, save
from local.emulators.tokens import make_key
from shared.model import Record
from shared.privacy.tombstones import Tombstones
from shared.progress import Progress
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, metadata_name, rating_name, snapshot_name
from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.rebuild import CLOCK_MARGIN, RebuildApp, rebuild
from shared.warehouse.tables import create_tables, definitions

COMMAND = "python -m benchmarks rebuild"
VIDEOS, SECONDS_BAR, MEMORY_BAR_MB = 100_000, 600.0, 500.0
READ_AGAIN_DAYS = (1, 7)
OBJECTS_A_VIDEO = 1 + len(READ_AGAIN_DAYS) + 2
SAMPLE_CREATORS = 100
VIDEOS_A_COMMIT = 1_000
PROJECT, BUCKET = "bench-project", "bench-lake"
RATERS = ("gemini/", "signals/")
REPORT_EVERY_S = 30.0
SETTLE_S = CLOCK_MARGIN.total_seconds() + 1
"""Objects of the last minute before a rebuild are merged once more, and there would be many."""


@dataclass(frozen=True, slots=True)
class RebuildCost:
    """One run: wall and processor seconds, and peaks in MB, of the rebuild and the emulators."""

    wall_s: float
    rebuild_cpu_s: float
    storage_cpu_s: float
    bigquery_cpu_s: float
    rebuild_mb: float
    bigquery_mb: float
    loaded: int

    @property
    def cpu_s(self) -> float:
        return self.rebuild_cpu_s + self.storage_cpu_s + self.bigquery_cpu_s


def measurements(videos: int = VIDEOS, settle_s: float = SETTLE_S) -> Iterator[Measurement]:
    """The measurements of so many videos; the rebuild begins `settle_s` after the last object."""
    with TemporaryDirectory(prefix="rebuild-") as folder:
        write_lake(Path(folder) / "gcs", videos)
        time.sleep(settle_s)
        cost, differing = run(Path(folder), videos)
    objects = videos * OBJECTS_A_VIDEO
    if cost.loaded != objects:
        raise RuntimeError(f"{cost.loaded} objects of {objects} were loaded")
    name = f"rebuild, {videos:,} videos in {objects:,} objects"
    yield Measurement(
        f"{name}: seconds",
        cost.wall_s,
        SECONDS_BAR,
        COMMAND,
        f"{objects / cost.wall_s:,.0f} objects/s",
        is_most=True,
    )
    yield Measurement(
        f"{name}: processor seconds",
        cost.cpu_s,
        2 * SECONDS_BAR,
        COMMAND,
        f"rebuild {cost.rebuild_cpu_s:.0f}, storage {cost.storage_cpu_s:.0f}, "
        f"BigQuery {cost.bigquery_cpu_s:.0f}",
        is_most=True,
    )
    yield Measurement(
        f"{name}: MB resident at the peak",
        cost.rebuild_mb,
        MEMORY_BAR_MB,
        COMMAND,
        f"the local BigQuery {cost.bigquery_mb:,.0f} MB",
        is_most=True,
    )
    what = f"rebuild: differing rows of {SAMPLE_CREATORS} creators, beside those of events"
    yield Measurement(what, differing, 0.0, COMMAND, is_most=True)


# The lake


def write_lake(folder: Path, videos: int) -> None:
    """Write the objects of so many videos, as events leave them."""
    folder.mkdir(parents=True)
    backend = StorageBackend(folder, "http://127.0.0.1")
    backend.store.create_bucket(BUCKET, {"name": BUCKET})
    for start in range(0, videos, VIDEOS_A_COMMIT):
        with backend.database.write() as tx:
            for number in range(start, min(videos, start + VIDEOS_A_COMMIT)):
                for name, content in _objects(number, videos):
                    writer = backend.store.files.create()
                    writer.append([content])
                    fields = {"contentType": "application/json"}
                    save(tx, new_object(tx, BUCKET, name, writer.finish(), fields))
    backend.database.close()


def _objects(number: int, videos: int) -> Iterator[tuple[str, bytes]]:
    for record in _records(number, videos):
        if record.rating:
            rating = record.rating
            content = rating.model_dump_json(exclude_none=True).encode()
            yield rating_name(record.video_id, RatingKey.of(rating)), content
        elif record.video:
            yield metadata_name(record.video_id), record.to_json()
        else:
            assert record.metrics
            yield snapshot_name(record.video_id, record.metrics.collected_at), record.to_json()


def _records(number: int, videos: int) -> Iterator[Record]:
    posted_at = ANCHOR - timedelta(days=SPAN_DAYS) * ((number + 1) / videos)
    yield listing(number, posted_at, number // VIDEOS_PER_CREATOR)
    for days in READ_AGAIN_DAYS:
        yield reading(number, posted_at, timedelta(days=days))
    yield from ratings(number, posted_at)


# The run


def run(folder: Path, videos: int) -> tuple[RebuildCost, int]:
    """Rebuild from the lake in `folder`, and count the rows of a sample that differ."""
    with _cloud(folder) as (environment, groups):
        os.environ |= environment
        client = bigquery.Client(project=PROJECT)
        for dataset in ("live", "events"):
            create_tables(client, dataset)
        cost = _rebuild_in_child(groups)
        return cost, _differing_rows(client, videos)


def _rebuild_in_child(groups: dict[str, int]) -> RebuildCost:
    before = {name: cpu_s(group) for name, group in groups.items()}
    used_before, began = _children_cpu_s(), time.perf_counter()
    outcome = outcome_of("benchmarks.rebuild.child")
    wall_s = time.perf_counter() - began
    return RebuildCost(
        wall_s,
        _children_cpu_s() - used_before,
        *(cpu_s(groups[name]) - before[name] for name in ("storage", "bigquery")),
        rebuild_mb=outcome["peak_mb"],
        bigquery_mb=peak_mb_of(groups["bigquery"]),
        loaded=outcome["loaded"],
    )


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def child() -> str:
    """Rebuild. Returns the outcome as JSON."""
    lake = Lake.connect(PROJECT, BUCKET)
    app = RebuildApp(
        lake=lake,
        tombstones=Tombstones(lake, lambda: ""),
        client=bigquery.Client(project=PROJECT),
        dataset="live",
        primary_raters=RATERS,
        clock=lambda: datetime.now(UTC),
        on_progress=_Log(),
    )
    return json.dumps(rebuild(app) | {"peak_mb": peak_mb()})


class _Log:
    """Prints progress on stderr, each step's first and then one line in REPORT_EVERY_S."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._step, self._printed_s = "", 0.0

    def __call__(self, progress: Progress) -> None:
        now_s = time.monotonic()
        if progress.step != self._step or now_s - self._printed_s >= REPORT_EVERY_S:
            self._step, self._printed_s = progress.step, now_s
            line = f"  {now_s - self._began_s:6.0f} s  {progress.sentence()}"
            print(line, file=sys.stderr, flush=True)


def _differing_rows(client: bigquery.Client, videos: int) -> int:
    """Rows of a sample of creators that are in one of the datasets alone."""
    dice = random.Random(1)
    everybody = range(videos // VIDEOS_PER_CREATOR)
    creators = sorted(dice.sample(everybody, min(SAMPLE_CREATORS, len(everybody))))
    numbers = [
        creator * VIDEOS_PER_CREATOR + video
        for creator in creators
        for video in range(VIDEOS_PER_CREATOR)
    ]
    records = [record for number in numbers for record in _records(number, videos)]
    dice.shuffle(records)
    loader = Loader(client, "events", RATERS)
    for start in range(0, len(records), 500):
        loader.load(records[start : start + 500])
    ids = sorted({record.video_id for record in records})
    handles = sorted({record.creator.creator_id for record in records if record.creator})
    rows = {dataset: set(_rows(client, dataset, ids, handles)) for dataset in ("live", "events")}
    return len(rows["live"] ^ rows["events"])


def _rows(
    client: bigquery.Client, dataset: str, ids: list[str], handles: list[str]
) -> Iterator[tuple[str, str]]:
    """The table and the text of each row about these videos and creators."""
    for table in (*SECTION_TABLES, FACT_TABLE):
        key = definitions()[table]["key"][0]
        if key == "lang_key":
            continue
        config = bigquery.QueryJobConfig(
            default_dataset=f"{PROJECT}.{dataset}",
            query_parameters=[
                bigquery.ArrayQueryParameter(
                    "keys", "STRING", handles if key == "user_key" else ids
                )
            ],
        )
        statement = f"SELECT * FROM {table} WHERE {key} IN UNNEST(@keys)"  # nosec B608 # ours
        for row in client.query(statement, job_config=config).result():
            yield table, repr(sorted(dict(row).items()))


@contextmanager
def _cloud(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, int]]]:
    """Tokens, storage and BigQuery; gives the environment for clients, and process groups."""
    with ExitStack() as stack:
        tokens = stack.enter_context(process("local.emulators.tokens"))
        storage = stack.enter_context(process("local.emulators.gcs", "--data", str(folder / "gcs")))
        tables = stack.enter_context(
            process("local.emulators.bigquery", "--data", str(folder / "bq"), "--project", PROJECT)
        )
        make_key(folder / "key.json", PROJECT, tokens["token_uri"])
        environment = {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "key.json"),
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{storage['port']}",
            "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{tables['port']}",
        }
        yield environment, {"storage": _group(storage), "bigquery": _group(tables)}


def _group(ready: dict[str, Any]) -> int:
    return int(ready["group"])
