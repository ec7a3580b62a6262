"""Erase a creator of fifty videos among a million: what is read, for how long, in which memory.

The names are in the catalogue of the emulated Cloud Storage. Ten thousand videos have all their
objects with content, among them those of the creator and those that mention her. Of all other
videos the names of listing and file are there, and the pages that list them. The tables hold rows
of all videos. Requests are counted where the client sends them.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from benchmarks.memory import peak_mb
from benchmarks.processes import cpu_s, outcome_of, process
from benchmarks.table import Measurement
from local.emulators.gcs.content import ContentFiles
from local.stored import CATALOGUE
from shared.erasure.app import ErasureApp, ErasureRequest
from shared.erasure.erase import erase, survey
from shared.erasure.rows import WarehouseRows
from shared.model import Creator, Metrics, Record, Video
from shared.privacy.object_names import video_in_name
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
from shared.warehouse.loader import Loader
from shared.warehouse.tables import create_tables

COMMAND = "python -m benchmarks erase"
VIDEOS, REAL = 1_000_000, 10_000
OBJECTS_EACH = 10
HERS, MENTIONING, FAILED = 50, 100, 500
READS_BAR, MENTIONS_BAR, SECONDS_BAR, MB_BAR = 100.0, 10_000.0, 60.0, 500.0
NAME, BUCKET, PROJECT, DATASET = "ada.l", "lake", "bench", "d"
FIRST_ID, STEP = 7_300_000_000_000_000_000, 100_000_000_000
PAGE, PASSES = 100, 4
"""Videos on a page of a listing, and how often each is listed or read again."""

AT = datetime(2026, 11, 1, tzinfo=UTC)


def measurements() -> Iterator[Measurement]:
    result = outcome_of("benchmarks.erase.simulate")
    name = f"{HERS} of {VIDEOS:,} videos erased"
    for label, key, bar in (
        ("listings, reads and deletions per video", "requests_per_video", READS_BAR),
        ("other objects read", "others", MENTIONS_BAR),
        ("reads of other objects", "other_reads", None),
        ("list requests", "lists", None),
        ("seconds", "seconds", SECONDS_BAR),
        ("processor seconds of the erasure alone", "processor_s", None),
        ("MB", "mb", MB_BAR),
        ("objects that still name her", "remaining", 0),
    ):
        note = result["note"] if key == "requests_per_video" else ""
        yield Measurement(f"{name}: {label}", result[key], bar, COMMAND, note, is_most=True)


def video_id(number: int) -> str:
    return str(FIRST_ID + number * STEP)


def is_hers(number: int) -> bool:
    return number < REAL and number % (REAL // HERS) == 0


def mentions(number: int) -> bool:
    return number < REAL and number % (REAL // MENTIONING) == 1


def simulate() -> str:
    """Erase in this process, whose memory is measured."""
    with (
        TemporaryDirectory(prefix="erase-") as folder,
        process("local.emulators.gcs", "--data", f"{folder}/gcs") as gcs,
        process("local.emulators.bigquery", "--data", f"{folder}/bq", "--project", PROJECT) as bq,
    ):
        requests = CountedRequests()
        lake = requests.lake(f"http://127.0.0.1:{gcs['port']}")
        fill_lake(Path(folder) / "gcs")
        warehouse = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{bq['port']}"},
        )
        fill_tables(warehouse)
        app = ErasureApp(
            lake=lake,
            rows=WarehouseRows(warehouse, DATASET),
            tombstones=Tombstones(lake, lambda: "key"),
            pseudonym=lambda name: f"p_{name}",
            clock=lambda: AT,
            sleep=lambda seconds: None,
        )
        requests.clear()
        began, processor_s = time.monotonic(), time.process_time()
        seen = survey(ErasureRequest(creators=(NAME,)), app)
        report = erase(seen.target, app)
        result = requests.result() | {
            "seconds": time.monotonic() - began,
            "processor_s": time.process_time() - processor_s,
            "mb": peak_mb(),
            "remaining": len(report.remaining) + abs(report.videos - HERS),
        }
        servers = sum(cpu_s(int(str(each["group"]))) for each in (gcs, bq))
        result["note"] = f"{report.objects}; {report.objects_unread:,} names not read"
        result["servers_s"] = servers
    return json.dumps(result)


@dataclass
class CountedRequests:
    """Requests to the storage: listings, reads by object, and everything by video."""

    lists: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    by_video: Counter[str] = field(default_factory=Counter)

    def lake(self, url: str) -> Lake:
        client = storage.Client(
            PROJECT, AnonymousCredentials(), client_options={"api_endpoint": url}
        )
        client._http.hooks["response"].append(self._count)
        return CountedLake(client.create_bucket(BUCKET), self.reads)

    def clear(self) -> None:
        self.lists = 0
        self.reads.clear()
        self.by_video.clear()

    def _count(self, response: Any, **_: Any) -> None:
        parts = urlsplit(response.url)
        name = unquote(parts.path.rpartition("/o/")[2])
        if parts.path.endswith("/o"):
            self.lists += 1
            name = parse_qs(parts.query).get("prefix", [""])[0]
        self.by_video[video_in_name(name) or ""] += 1

    def result(self) -> dict[str, Any]:
        own = {video_id(number) for number in range(REAL) if is_hers(number)}
        hers = {name for name in self.reads if video_in_name(name) in own}
        others = self.reads.keys() - hers
        reads = sum(self.reads[name] for name in hers)
        return {
            "lists": self.lists,
            "requests_per_video": (sum(self.by_video[name] for name in own) + reads) / HERS,
            "others": len(others),
            "other_reads": sum(self.reads[name] for name in others),
        }


class CountedLake(Lake):
    """A lake that counts reads of whole objects, which its client does not send."""

    def __init__(self, bucket: storage.Bucket, reads: Counter[str]):
        super().__init__(bucket)
        self._reads = reads

    def read(self, name: str) -> bytes | None:
        self._reads[name] += 1
        return super().read(name)


# The lake


def fill_lake(folder: Path) -> None:
    """Write objects into the catalogue of a running emulator."""
    files = ContentFiles(folder / "content")

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, (name, content, ids) in enumerate(objects(), 1):
            yield _row(files, number, name, content, ids)

    with closing(sqlite3.connect(folder / CATALOGUE, timeout=60)) as catalogue, catalogue:
        catalogue.executemany("INSERT INTO objects VALUES (?,?,?,?,?,?,?)", rows())


def objects() -> Iterator[tuple[str, bytes | None, str]]:
    """Name, content and noted ids of each object. None for an object that has only a name."""
    for number in range(REAL):
        yield from ((name, content, "") for name, content in objects_of(number))
    for number in range(REAL, VIDEOS):
        yield f"metadata/{video_id(number)}.json", None, ""
        yield f"videos/{video_id(number)}.mp4", None, ""
    for first in range(0, VIDEOS, PAGE):
        numbers = range(first, first + PAGE)
        ids = " ".join(map(video_id, numbers))
        page = json.dumps({"videos": [_item(number) for number in numbers]}).encode()
        for again in range(PASSES):
            name = f"raw/research/2026-11-{again + 1:02}/cats/20261101-{first:08}-ab.json"
            yield name, page if first < REAL else None, ids
    for number in range(FAILED):
        yield f"failed/load/{number}.json", json.dumps({"key": str(number)}).encode(), ""
    yield "manifests/a.csv", f"id,author\n5,bob\n6,{NAME}\n".encode(), ""
    yield f"raw/research/creators/{NAME}.json", b"{}", ""


def objects_of(number: int) -> Iterator[tuple[str, bytes]]:
    """The ten objects of a video that has them all."""
    name, listing = video_id(number), record(number)
    rated = {"status": "rated", "values": {"violation": "a cat falls"}}
    yield f"metadata/{name}.json", listing.to_json()
    yield f"videos/{name}.mp4", b"media"
    yield f"frames/{name}/1.jpg", b"picture"
    for hour in range(4):
        content = {"video_id": name, "metrics": {"collected_at": AT.isoformat(), "views": hour}}
        yield f"metrics/{name}/2026110{hour + 1}T000000.000000Z.json", json.dumps(content).encode()
    for rater in ("gemini/x", "signals/1.0"):
        yield f"ratings/{name}/1/{rater}/abcd/0.json", json.dumps(rated).encode()
    yield f"answers/{name}/1/gemini/x/abcd/0/1.json", json.dumps({"response": rated}).encode()


def record(number: int) -> Record:
    creator = NAME if is_hers(number) else f"creator{number % 20_000}"
    return Record(
        video_id=video_id(number),
        video=Video(
            observed_at=AT, source="research", creator_id=creator, caption=_caption(number)
        ),
        creator=Creator(observed_at=AT, creator_id=creator, username=creator),
        metrics=Metrics(collected_at=AT, views=number),
    )


def _caption(number: int) -> str:
    return f"dancing with @{NAME}" if mentions(number) else f"a cat and a dog, number {number}"


def _item(number: int) -> dict[str, Any]:
    creator = NAME if is_hers(number) else f"creator{number % 20_000}"
    return {"id": video_id(number), "username": creator, "video_description": _caption(number)}


def _row(
    files: ContentFiles, number: int, name: str, content: bytes | None, ids: str
) -> tuple[Any, ...]:
    stored = ("0" * 32, 1_000, "", "")
    if content is not None:
        writer = files.create()
        writer.append([content])
        finished = writer.finish()
        stored = (finished.id, finished.size, finished.crc32c, finished.md5)
    at = "2026-11-01T00:00:00.000000Z"
    fields = {
        "storageClass": "STANDARD",
        "contentType": "application/json",
        "crc32c": stored[2],
        "md5Hash": stored[3],
        "timeCreated": at,
        "updated": at,
    }
    with_ids = {"metadata": {"videos": ids}} if ids else {}
    return BUCKET, name, number, 1, stored[1], stored[0], json.dumps(fields | with_ids)


# The tables


def fill_tables(client: bigquery.Client) -> None:
    """Rows of all videos. Those of the creator and of the mentions are what `load` makes."""
    create_tables(client, DATASET)
    loader = Loader(client, DATASET, ("gemini/",))
    loader.load([record(number) for number in range(REAL) if is_hers(number) or mentions(number)])
    config = bigquery.QueryJobConfig(default_dataset=f"{PROJECT}.{DATASET}")
    for statement in (
        "INSERT INTO dim_video (video_id, id_day, user_key, caption, observed_at) "  # nosec B608 # ours
        "SELECT video_id, DATE '2026-11-01', 'bob', CONCAT('a cat and a dog, number ', video_id), "
        f"TIMESTAMP '2026-11-01' FROM ({_every_id()}) "
        "WHERE video_id NOT IN (SELECT video_id FROM dim_video)",
        "INSERT INTO fact_rating (video_id, id_day, generation, rater, config_hash, replicate, "  # nosec B608 # ours
        "rated_at, status, digest, violation) SELECT video_id, DATE '2026-11-01', '1', 'gemini/x', "
        "'abcd', 0, TIMESTAMP '2026-11-01', 'rated', 'd', "
        f"CONCAT('nobody expects that the cat of video ', video_id, ' falls') FROM ({_every_id()})",
    ):
        client.query(statement, job_config=config).result()


def _every_id() -> str:
    return (
        f"SELECT CAST({FIRST_ID} + number * {STEP} AS STRING) AS video_id "  # nosec B608 # our own
        f"FROM UNNEST(GENERATE_ARRAY(0, {VIDEOS - 1})) AS number"
    )
