"""The whole chain, from TikTok's sandbox to the fact table.

It takes ten, a hundred and a thousand videos, each in a cloud of its own. The baseline is rating
the same files alone, with as many threads in one process. All videos are synthetic, a few seconds
long, and rated by `signals`.
"""

import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from google.cloud import storage

from benchmarks.processes import peak_mb
from benchmarks.table import Measurement
from cli.scheduler import fetch_and_settle
from cli.warehouse import Warehouse
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.functions import FUNCTIONS
from local.sandbox import Library, generate, mark
from shared.storage.layout import COLLECTIONS

COMMAND = "python -m benchmarks chain"
SIZES = (10, 100, 1_000)
EXPONENT_BAR = 1.1
MEMORY_BAR = 1.25
SHARE_BAR = 0.4
SINGLES = 7
DISCOVER = {"collection": "sandbox", "mode": "discover"}
PROCESSES = ("fetch", "analyze", "load", "storage", "pubsub")
_RATING = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from contextlib import nullcontext
from types import SimpleNamespace
from shared.rating.signals.rater import SignalsRater
files, threads = list(map(Path, sys.argv[2:])), int(sys.argv[1])
rate = lambda file: SignalsRater().rate(SimpleNamespace(open=lambda: nullcontext(file)))
rate(files[0])
began = time.perf_counter()
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(rate, files))
print(time.perf_counter() - began)
"""


@dataclass(frozen=True, slots=True)
class ChainRun:
    """One run of the chain. `peaks` are MB by process; `single_s` is from upload to row."""

    videos: int
    seconds: float
    peaks: Mapping[str, float]
    single_s: float = math.nan


def measurements(sizes: Sequence[int] = SIZES) -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="chain-") as folder:
        library = generate(Path(folder) / "library", posts=max(sizes)).root
        runs = [_run(Path(folder) / f"home{size}", library, size) for size in sizes]
        middle, most = runs[-2], runs[-1]
        alone = _rating_alone(library, middle.videos)
        yield from _growth(runs)
        yield Measurement(
            f"chain, {middle.videos} videos: videos/s as a share of rating alone",
            alone / middle.seconds,
            SHARE_BAR,
            COMMAND,
            f"{middle.videos / middle.seconds:.1f} videos/s",
        )
        alone_s = _rating_alone(library, 1)
        yield Measurement(
            "chain, one file: from upload to row, a multiple of rating it alone",
            middle.single_s / alone_s,
            None,
            COMMAND,
            f"{middle.single_s:.2f} s beside {alone_s:.2f} s, median of {SINGLES}",
            is_most=True,
        )
        for name in PROCESSES:
            yield Measurement(
                f"chain, peak memory of {name}: {most.videos} videos as a multiple of"
                f" {middle.videos}",
                most.peaks[name] / middle.peaks[name],
                MEMORY_BAR,
                COMMAND,
                f"{most.peaks[name]:.0f} MB resident",
                is_most=True,
            )


def _growth(runs: Sequence[ChainRun]) -> Iterator[Measurement]:
    """Growth of the time: the slope of a line through the logarithms."""
    points = [(math.log(run.videos), math.log(run.seconds)) for run in runs]
    slope = statistics.linear_regression(*zip(*points, strict=True)).slope
    note = ", ".join(f"{run.videos}: {run.seconds:.1f} s" for run in runs)
    yield Measurement(
        "chain: growth of the time with n, as an exponent",
        slope,
        EXPONENT_BAR,
        COMMAND,
        note,
        is_most=True,
    )
    (before, earlier), (last, later) = points[-2:]
    yield Measurement(
        f"chain: the same from {runs[-2].videos} to {runs[-1].videos} videos",
        (later - earlier) / (last - before),
        EXPONENT_BAR,
        COMMAND,
        is_most=True,
    )


def _run(home: Path, library: Path, videos: int) -> ChainRun:
    home.mkdir()
    shutil.copytree(library, home / "library")
    with running(home) as endpoints, pointing_at(endpoints):
        _bound(endpoints, videos)
        began = time.perf_counter()
        answer, _ = fetch_and_settle(endpoints, DISCOVER, lambda traffic: None)
        seconds = time.perf_counter() - began
        if answer["listed"] != videos:
            raise RuntimeError(f"{answer['listed']} of {videos} videos were listed")
        peaks = {
            name: peak_mb(int((home / "logs" / f"{name}.pid").read_text())) for name in PROCESSES
        }
        single_s = _single_s(endpoints, library) if videos == SIZES[-2] else math.nan
    shutil.rmtree(home)
    return ChainRun(videos, seconds, peaks, single_s)


def _bound(endpoints: Endpoints, videos: int) -> None:
    """Limit the collection to this many videos."""
    blob = storage.Client(project=endpoints.project).bucket(endpoints.bucket).blob(COLLECTIONS)
    text = blob.download_as_text()
    blob.upload_from_string(
        re.sub(r"(\n +source: \w+)", rf"\1\n    max_videos: {videos}", text, count=1)
    )


def _single_s(endpoints: Endpoints, library: Path) -> float:
    """Seconds from an upload to its row on an idle chain."""
    bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
    warehouse, content = Warehouse(endpoints), _clip(library).read_bytes()
    took = []
    for number in range(SINGLES):
        video_id = f"76{number:017}"
        began = time.perf_counter()
        bucket.blob(f"videos/{video_id}.mp4").upload_from_string(content + mark(video_id))
        while not warehouse.rows(
            "SELECT video_id FROM fact_video_analytics"
            " WHERE video_id = @video_id AND rating_status = 'rated'",
            video_id=video_id,
        ):
            time.sleep(0.02)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _clip(library: Path) -> Path:
    """The clip of median size."""
    clips = sorted(Library.load(library).clips.values(), key=lambda clip: clip.bytes)
    return library / clips[len(clips) // 2].file


def _rating_alone(library: Path, videos: int) -> float:
    """Seconds to rate the files of the first posts with as many threads as `analyze` has."""
    sandbox = Library.load(library)
    posts = [post for post in sandbox.posts[:videos] if post.clip]
    files = [str(library / sandbox.clips[post.clip].file) for post in posts]
    if videos == 1:
        files = [str(_clip(library))]
    command = [sys.executable, "-c", _RATING, str(FUNCTIONS["analyze"].served.concurrency), *files]
    process = subprocess.run(command, env=os.environ, check=True, capture_output=True, text=True)
    return float(process.stdout)
