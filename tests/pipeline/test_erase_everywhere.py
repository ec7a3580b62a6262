"""After `tta erase --creator`, nothing that arrives once more brings the creator back."""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from google.cloud import pubsub_v1, storage

from cli.main import status_of
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.home import private_files
from local.traffic import wait_until_over
from shared.messaging.events import Message, VideoUploaded, notification_of
from shared.model import Record, parse_record
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery

POSTS = 16
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def own_cloud(
    rendered_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoints]:
    """A separate cloud, because other tests need what this one erases."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(rendered_library, home / "library")
    with running(home, posts=POSTS, publish=True) as endpoints, pointing_at(endpoints):
        yield endpoints


@pytest.fixture
def pointed(cloud: Endpoints) -> Iterator[Endpoints]:
    """The cloud of all tests, where this process's clients look."""
    with pointing_at(cloud):
        yield cloud


class World:
    """One cloud, the events that it got, and all that it stores."""

    def __init__(self, endpoints: Endpoints):
        self.endpoints = endpoints
        self.lake = Lake.connect(endpoints.project, endpoints.bucket)
        self.bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
        self.warehouse = bigquery.Client(project=endpoints.project)

    def tta(self, *words: object, status: int = 0) -> str:
        arguments = [*map(str, words), "--home", self.endpoints.home]
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            got = status_of(arguments)
        assert got == status, (words, err.getvalue())
        return out.getvalue()

    def records(self) -> list[Record]:
        """Every record that the lake knows of, and so every one that was published."""
        prefixes = ("metadata/", "metrics/", "raw/upload/")
        names = (name for prefix in prefixes for name in self.lake.names(prefix))
        return [parse_record(self.lake.read(name) or b"") for name in names]

    def uploads(self) -> list[VideoUploaded]:
        entries = self.lake.entries("videos/")
        return [
            VideoUploaded(self.endpoints.bucket, entry.name, str(entry.generation))
            for entry in entries
        ]

    def send_again(self, records: list[Record], uploads: list[VideoUploaded]) -> None:
        """Redeliver every event."""
        publisher = pubsub_v1.PublisherClient()
        messages = [("video-records", Message("", record.to_json(), {})) for record in records]
        messages += [("video-finalized", notification_of(record)) for record in uploads]
        for topic, message in messages:
            path = self.endpoints.topics[topic]
            publisher.publish(path, message.data, **message.attributes).result(20)
        wait_until_over(self.endpoints)

    def everything(self) -> dict[str, bytes]:
        """All objects and all rows of all tables."""
        contents = {
            blob.name: blob.name.encode() + blob.download_as_bytes() for blob in self._blobs()
        }
        for table in self.warehouse.list_tables(self.endpoints.dataset):
            path = f"{self.endpoints.project}.{self.endpoints.dataset}.{table.table_id}"
            if table.table_type == "TABLE":
                rows = self.warehouse.query(f"SELECT * FROM `{path}`").result()
                contents[path] = repr([dict(row) for row in rows]).encode()
        return contents

    def naming(self, *needles: str) -> set[str]:
        """Objects and tables that contain one of the needles."""
        contents = self.everything().items()
        return {
            location
            for location, content in contents
            if any(needle.encode() in content for needle in needles)
        }

    def _blobs(self) -> Iterator[Any]:
        yield from self.bucket.list_blobs()


@pytest.mark.campaign  # the suite sends again in memory
def test_an_erased_creator_stays_erased_whatever_is_sent_again(own_cloud, tmp_path):
    cloud, world = own_cloud, World(own_cloud)
    world.tta("fetch")
    records = world.records()
    name = next(record.video.creator_id for record in records if world.lake.exists(
        f"videos/{record.video_id}.mp4"
    ))  # fmt: skip
    gone = {record.video_id for record in records if record.video.creator_id == name}
    lines = [
        {"video_id": "7300000000000000001", "username": "friend", "caption": f"with @{name}!"},
        {"video_id": next(iter(gone)), "views": 5, "likes": 9},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    world.tta("ingest", "--metadata", tmp_path / "m.jsonl", "--collected-at", "file")
    wait_until_over(cloud)
    records, uploads = world.records(), world.uploads()
    whose = next(record for record in records if record.video_id in gone)
    broken = whose.to_json()[:-1] + b', "more": 1}'
    for number, record in enumerate(records):
        failed = {"data": _base64(record.to_json()), "attributes": {}}
        world.lake.keep_failed("load", f"m{number}", "malformed", "told", NOW, **failed)
    world.lake.keep_failed("load", "x", "malformed", "told", NOW, data=_base64(broken))
    world.lake.put("reports/2026-11-01/report.html", f"<p>{name}</p>".encode())
    assert len(world.naming(name, *gone)) > 8 * len(gone)  # objects and tables

    document = json.loads(world.tta("erase", "--creator", name, "--yes", "--json"))

    assert (document["videos"], document["left"], document["by_hand"]) == (len(gone), [], [])
    world.tta("failed", "--replay")
    world.send_again(records, uploads)
    world.tta("fetch")
    world.tta("ingest", "--metadata", tmp_path / "m.jsonl", "--collected-at", "file", status=1)
    wait_until_over(cloud)
    assert world.naming(name, *gone) == set()
    world.tta("rebuild")
    assert world.naming(name, *gone) == set()
    rows = world.warehouse.query(
        f"SELECT COUNT(*) AS n FROM `{cloud.project}.{cloud.dataset}.fact_video_analytics`"
    ).result()
    assert next(iter(rows))["n"] == POSTS - len(gone) + 1
    again = json.loads(world.tta("erase", "--creator", name, "--yes", "--json"))
    assert (again["objects"], again["rows"], again["left"]) == ({}, {}, [])


def test_after_an_erasure_the_name_is_in_no_byte_of_the_home(pointed, tmp_path):
    """Database files included; library/ plays TikTok and does not know this creator."""
    cloud, world = pointed, World(pointed)
    home, name = Path(cloud.home), "wanderer_quux_77"
    lines = [
        {"video_id": "7300000000000000007", "username": name, "views": 5, "caption": "mine"},
        {"video_id": "7300000000000000008", "username": "friend", "caption": f"with @{name}!"},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    world.tta("ingest", "--metadata", tmp_path / "m.jsonl", "--collected-at", "file")
    wait_until_over(cloud)
    saved = home / "reports/2026-11-01/report.html"
    with private_files():
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(f"<p>{name}</p>")
    before = list(world.lake.names("tombstones/creators/"))
    world.tta("erase", "--creator", name + "x", "--yes", status=1)  # nobody is called so
    assert list(world.lake.names("tombstones/creators/")) == before

    seen = json.loads(world.tta("erase", "--creator", name, "--dry-run", "--json"))
    report = json.loads(world.tta("erase", "--creator", name, "--yes", "--json"))

    assert (seen["unknown"], seen["saved_reports"]) == ([], [str(saved)])
    assert (report["left"], report["by_hand"]) == ([], [])
    files = (path for path in home.rglob("*") if path.is_file())
    assert [str(path) for path in files if name.encode() in path.read_bytes()] == []
    assert world.naming("with @[erased]!")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
