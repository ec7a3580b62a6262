"""A file that kills or blocks its decoder, in a real function process, harms no other file."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage

from local.home import PROJECT as ROOT
from shared.errors import Transient
from shared.messaging.events import VideoUploaded, notification_of
from shared.rating.rater import DecoderDied
from shared.rating.signals import Unratable
from shared.rating.signals.isolation import ForkedExaminer
from shared.storage.lake import Lake
from tests.contract.conftest import served
from tests.gemini_world import make_clip

PROJECT = "p"
ANSWERS_WITHIN_S = 180
MARK = b"kills its decoder: "

# Python runs this before anything else, in the function and in the helper that decodes for it. It
# stands for a fault in the decoder's C code, which no file of ours has.
SABOTAGE = f"""
import os, sys, time
from importlib.abc import MetaPathFinder

class Saboteur(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "shared.rating.signals.fork_server":
            sys.meta_path.remove(self)
            import shared.rating.signals.examine as examining
            usual = examining.measure
            def measure(path):
                content = path.read_bytes()
                if {MARK!r} in content:
                    how = content.split({MARK!r})[1]
                    if how == b"exit":
                        os._exit(139)
                    time.sleep(3600)
                return usual(path)
            examining.measure = measure

sys.meta_path.insert(0, Saboteur())
"""


class World:
    """A lake, a topic, and the function `analyze` in a process of its own."""

    def __init__(self, bucket: storage.Bucket, address: str, process: subprocess.Popen[str]):
        self.bucket = bucket
        self.lake = Lake(bucket)
        self.address = address
        self.process = process

    def upload(self, video_id: str, content: bytes) -> VideoUploaded:
        blob = self.bucket.blob(f"videos/{video_id}.mp4")
        blob.upload_from_string(content)
        return VideoUploaded(self.bucket.name, blob.name, str(blob.generation))

    def deliver(self, upload: VideoUploaded) -> int:
        message = notification_of(upload)
        encoded = base64.b64encode(message.data).decode()
        inner = {"data": encoded, "messageId": "1", "attributes": message.attributes}
        body = {"message": inner, "subscription": "s"}
        return requests.post(self.address, json=body, timeout=ANSWERS_WITHIN_S).status_code

    def rating(self, video_id: str) -> dict | None:
        names = [n for n in self.lake.names(f"ratings/{video_id}/") if n.endswith(".json")]
        return json.loads(self.lake.read(names[0])) if names else None


@pytest.fixture(scope="module")
def pubsub(tmp_path_factory) -> Iterator[str]:
    with served(
        "local.emulators.pubsub", "--data", str(tmp_path_factory.mktemp("pubsub"))
    ) as ready:
        host = f"127.0.0.1:{ready['port']}"
        os.environ["PUBSUB_EMULATOR_HOST"] = host
        try:
            publisher = pubsub_v1.PublisherClient()
        finally:
            del os.environ["PUBSUB_EMULATOR_HOST"]
        publisher.create_topic(name=publisher.topic_path(PROJECT, "video-records"))
        publisher.stop()
        publisher.transport.close()
        yield host


@pytest.fixture(scope="module")
def world(storage_url, pubsub, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("sabotage")
    (folder / "sitecustomize.py").write_text(SABOTAGE)
    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": storage_url},
    )
    bucket = client.create_bucket("lake-of-deaths")
    settings = {
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "LAKE_BUCKET": bucket.name,
        "STORAGE_EMULATOR_HOST": storage_url,
        "PUBSUB_EMULATOR_HOST": pubsub,
        "RATER": "signals",
        "DECODE_LIMIT_S": "8",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "local.functions", "analyze"],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        port = json.loads(process.stdout.readline())["port"]
        yield World(bucket, f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=2)


@pytest.mark.parametrize(("how", "reason"), [("exit", "crashed"), ("hang", "timed_out")])
def test_after_three_deaths_a_file_is_unratable_and_its_neighbours_are_rated(
    world, clip, how, reason
):
    number = 10 if how == "exit" else 20
    bad = world.upload(f"73000000000000000{number}", clip + MARK + how.encode())
    neighbours = [world.upload(f"73000000000000000{number + n}", clip) for n in range(1, 7)]

    statuses = []
    for delivery in range(3):
        batch = [bad, *neighbours[2 * delivery : 2 * delivery + 2]]
        with ThreadPoolExecutor(3) as threads:
            statuses.append(list(threads.map(world.deliver, batch)))

    assert statuses == [[500, 200, 200], [500, 200, 200], [200, 200, 200]]
    rating = world.rating(f"73000000000000000{number}")
    assert (rating["status"], rating["reason"]) == ("unratable", reason)
    for n in range(1, 7):
        assert world.rating(f"73000000000000000{number + n}")["status"] == "rated"
    assert world.process.poll() is None
    assert len(list(world.lake.names("failed/"))) == 0


def test_a_helper_that_is_killed_is_started_again(clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    apart = ForkedExaminer()
    first = apart.examine(path)
    apart._helper.kill()
    apart._helper.wait()

    assert apart.examine(path) == first
    apart.close()


def test_a_helper_that_cannot_start_is_no_files_fault(clip, tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    monkeypatch.setattr("shared.rating.signals.isolation._SERVE", "raise SystemExit(3)")
    apart = ForkedExaminer()

    with pytest.raises((Transient, OSError)):
        apart.examine(path)
    apart.close()


def test_a_file_that_wants_too_much_memory_ends_its_own_decoder(clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    apart = ForkedExaminer(memory_bytes=64 * 2**20)  # less than the libraries have taken already

    with pytest.raises((DecoderDied, Unratable)):
        apart.examine(path)
    apart.close()
