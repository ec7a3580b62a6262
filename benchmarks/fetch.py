"""A thousand listed videos, sixteen large files beside a plain copy, and a large collection's day.

The function, the sandbox and the local Cloud Storage each run in a process of their own. Only the
first bytes of the files are those of a video. The plain copy uses as many threads in one process
and checks nothing.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from google.cloud import pubsub_v1

from benchmarks.processes import process, proportional_mb, sampling
from benchmarks.table import Measurement
from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS

COMMAND = "python -m benchmarks fetch"
VIDEOS, CREATORS, LISTED_BAR_S = 1_000, 200, 20.0
FILES, FILE_BYTES, MEMORY_BAR_MB = 16, 200 * 2**20, 200.0
COPY_BAR = 0.8
ROUNDS = 2
KNOWN = 200_000
COLLECTION = """
collections:
  cats: {hashtags: [cat], start_date: 2026-09-01, synthetic: true%s}
"""
_COPY = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import requests
from google.cloud import storage
from shared.storage.lake import STREAM_CHUNK_BYTES
bucket = storage.Client(project="p").bucket(sys.argv[1])
def copy(url):
    blob = bucket.blob(url.rpartition("/")[2], chunk_size=STREAM_CHUNK_BYTES)
    with requests.get(url, stream=True, timeout=60) as answer, blob.open("wb") as target:
        for chunk in answer.iter_content(65_536):
            target.write(chunk)
with ThreadPoolExecutor(max(1, len(sys.argv) - 2)) as pool:
    list(pool.map(copy, sys.argv[2:]))
"""


def measurements(
    videos: int = VIDEOS,
    files: int = FILES,
    file_bytes: int = FILE_BYTES,
    rounds: int = ROUNDS,
    known_videos: int = KNOWN,
) -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="fetch-") as folder, servers(Path(folder)) as environment:
        listed_s = _listing_s(Path(folder) / "listed", videos, environment)
        copies = [
            _copy_times(Path(folder), n, files, file_bytes, environment) for n in range(rounds)
        ]
    yield Measurement(
        f"fetch, {videos} listed videos without files: seconds",
        listed_s,
        LISTED_BAR_S,
        COMMAND,
        f"{videos / listed_s:.0f} videos/s, {min(CREATORS, videos)} profiles read",
        is_most=True,
    )
    megabytes = file_bytes / 2**20
    yield Measurement(
        f"fetch, {files} files of {megabytes:.0f} MB at once: MB resident",
        max(peak for _, _, peak in copies),
        MEMORY_BAR_MB,
        COMMAND,
        is_most=True,
    )
    fetched_s, plain_s = (min(took) for took in zip(*((a, b) for a, b, _ in copies), strict=True))
    yield Measurement(
        "fetch, the same: MB/s as a share of a plain streamed copy",
        plain_s / fetched_s,
        COPY_BAR,
        COMMAND,
        f"{files * megabytes / fetched_s:.0f} MB/s, best of {rounds}",
    )
    from benchmarks.known_collection import measurements as daily_pass

    yield from daily_pass(known_videos)


def _listing_s(root: Path, videos: int, environment: Mapping[str, str]) -> float:
    root.mkdir()
    creators = min(CREATORS, videos)
    library = dummy_library(root, videos, creators, every=timedelta(hours=1), unavailable=())
    with _world(library, "listed", "", environment) as (url, _, _):
        return _fetch(url, new=videos, stored=0)


def _copy_times(
    folder: Path, number: int, files: int, file_bytes: int, environment: Mapping[str, str]
) -> tuple[float, float, float]:
    """Seconds of the function and of the plain copy, and the function's peak in MB.

    The order alternates, because earlier writes slow the disk.
    """
    root = folder / f"copied{number}"
    root.mkdir()
    library = dummy_library(root, files, clip_bytes={"short": file_bytes})
    media = (
        ", profiles: false, media: {resolver: url, max_bytes: 2147483648,"
        " url_template: '%s/media/{video_id}.mp4'}"
    )
    with _world(library, root.name, media, environment) as (url, group, origin):
        urls = [f"{origin}/media/{post.video_id}.mp4" for post in library.posts]
        plain_s = _plain_s(root.name, urls, environment) if number % 2 else None
        with sampling(lambda: proportional_mb(group), every_s=0.05) as weights:
            fetched_s = _fetch(url, new=files, stored=files)
        plain_s = plain_s or _plain_s(root.name, urls, environment)
    return fetched_s, plain_s, max(weights)


def _plain_s(bucket: str, urls: list[str], environment: Mapping[str, str]) -> float:
    """Seconds of the copy without the start of its process, as the function has started."""
    took = []
    for sources in ([], urls):
        command = [sys.executable, "-c", _COPY, bucket, *sources]
        began = time.perf_counter()
        subprocess.run(command, env=os.environ | environment, check=True)
        took.append(time.perf_counter() - began)
    return took[1] - took[0]


def _fetch(url: str, new: int, stored: int) -> float:
    """Seconds that the function needs for the whole collection."""
    began = time.perf_counter()
    answer = requests.post(url, json={"collection": "cats"}, timeout=900).json()
    seconds = time.perf_counter() - began
    if (answer["new"], answer["stored"], answer["left"]) != (new, stored, None):
        raise RuntimeError(f"fetch answered {answer}")
    return seconds


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        storage = stack.enter_context(process("local.emulators.gcs", "--data", str(folder / "gcs")))
        pubsub = stack.enter_context(
            process("local.emulators.pubsub", "--data", str(folder / "pubsub"))
        )
        environment = {
            "GOOGLE_CLOUD_PROJECT": "p",
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{storage['port']}",
            "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{pubsub['port']}",
        }
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            pubsub_v1.PublisherClient().create_topic(name="projects/p/topics/video-records")
            yield environment
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


@contextmanager
def _world(
    library: Library, bucket: str, media: str, environment: Mapping[str, str]
) -> Iterator[tuple[str, int, str]]:
    """The running function: its address, its process group, and the sandbox's address."""
    url = f"{environment['STORAGE_EMULATOR_HOST']}/storage/v1/b?project=p"
    requests.post(url, json={"name": bucket}, timeout=10).raise_for_status()
    with running(library) as sandbox:
        collections = COLLECTION % (media.replace("%s", sandbox.url))
        Lake.connect("p", bucket).write_once(COLLECTIONS, collections.encode())
        full: dict[str, Any] = {
            **environment,
            "LAKE_BUCKET": bucket,
            "TIKTOK_API_URL": sandbox.url,
            "TIKTOK_CLIENT_KEY": "sandbox",
            "TIKTOK_CLIENT_SECRET": "sandbox",  # nosec B105 # the sandbox's
            "MEDIA_ALLOWED_ORIGINS": sandbox.url,
            "MEDIA_PARALLEL": str(FILES),
            "LOG_LEVEL": "ERROR",
        }
        with process("local.functions", "fetch", environment=full) as ready:
            yield f"http://127.0.0.1:{ready['port']}/", int(str(ready["group"])), sandbox.url
