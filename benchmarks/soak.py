"""Soak test: does any process grow during ten minutes of work?

`python -m benchmarks.soak [--minutes 10]` keeps a local cloud busy with new and repeated files,
repeated and malformed records, fetches, sweeps and queries. A round starts when the last one has
come to rest. The resident memory of every process is sampled; in the last minute none may hold
more than 1.1 times the memory of the second minute.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from google.cloud import pubsub_v1, storage

from benchmarks.processes import resident_mb, sampling
from benchmarks.table import Measurement, save, show
from cli.scheduler import call_fetch, sweep
from cli.warehouse import Warehouse
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.sandbox import Library, mark
from local.traffic import wait_until_over
from shared.storage.layout import metadata_name

COMMAND = "python -m benchmarks.soak"
BAR = 1.1
POSTS = 64
FILES_A_ROUND = 12
WEIGH_EVERY_S = 2.0
RESULTS = Path(__file__).parent / "soak.json"
Weights = Sequence[tuple[float, Mapping[str, float]]]
"""Samples: seconds since the start, and MB by program."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with (
        TemporaryDirectory(prefix="soak-") as home,
        running(Path(home), posts=POSTS) as endpoints,
        pointing_at(endpoints),
    ):
        weights, rounds = _soaked(endpoints, options.minutes)
    measurements = list(_measurements(weights, options.minutes))
    show(measurements)
    print(f"{rounds} rounds in {options.minutes} minutes")
    save(measurements, RESULTS)
    return 0 if all(measurement.ok for measurement in measurements) else 1


def _soaked(endpoints: Endpoints, minutes: int) -> tuple[Weights, int]:
    work = _Workload(endpoints)
    work.warm_up()
    rounds, ends_at = 0, time.monotonic() + minutes * 60
    logs, began = Path(endpoints.home) / "logs", time.monotonic()
    with sampling(lambda: (time.monotonic() - began, memory_mb(logs)), WEIGH_EVERY_S) as weights:
        while time.monotonic() < ends_at:
            work.round(rounds)
            rounds += 1
            seconds_left = max(0, ends_at - time.monotonic())
            print(f"\r{rounds} rounds, {seconds_left:.0f} s left ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return weights, rounds


class _Workload:
    """The work of a round."""

    def __init__(self, endpoints: Endpoints):
        self._at = endpoints
        self._dice = random.Random(1)
        self._bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
        self._publisher = pubsub_v1.PublisherClient()
        self._topic = self._publisher.topic_path(endpoints.project, endpoints.records_topic)
        self._warehouse = Warehouse(endpoints)
        library = Library.load(Path(endpoints.home) / "library")
        self._clips = [(library.root / clip.file).read_bytes() for clip in library.clips.values()]
        self._video_ids = [post.video_id for post in library.posts]

    def warm_up(self) -> None:
        self._fetch()
        wait_until_over(self._at)

    def round(self, number: int) -> None:
        for of_round in range(FILES_A_ROUND):
            # Every third name is one of an earlier round: a new generation of a known video.
            name = number * FILES_A_ROUND + of_round if of_round % 3 else of_round
            content = self._dice.choice(self._clips) + mark(f"{number} {of_round}")
            self._bucket.blob(f"videos/76{name:017}.mp4").upload_from_string(content)
        for video_id in self._dice.sample(self._video_ids, 8):
            record = self._bucket.blob(metadata_name(video_id)).download_as_bytes()
            self._publisher.publish(self._topic, record)
            self._publisher.publish(
                self._topic, record[: self._dice.randrange(len(record))] or b"{"
            )
        self._fetch()
        sweep(self._at)
        wait_until_over(self._at)
        self._warehouse.rows("SELECT rating_status, COUNT(*) FROM fact_video_analytics GROUP BY 1")

    def _fetch(self) -> None:
        call_fetch(self._at, {"collection": "sandbox", "mode": "discover"})


def memory_mb(logs: Path) -> Mapping[str, float]:
    """Resident memory, in MB, of each program with a process id file in `logs`."""
    return {note.stem: resident_mb(int(note.read_text())) for note in logs.glob("*.pid")}


def _measurements(weights: Weights, minutes: int) -> Iterator[Measurement]:
    for name in sorted(weights[0][1]):
        of_name = [(at, memory[name]) for at, memory in weights]
        second = _median(of_name, 60, 120)
        last = _median(of_name, (minutes - 1) * 60, minutes * 60)
        yield Measurement(
            f"soak, {minutes} minutes: resident memory of {name}, last minute by second",
            last / second,
            BAR,
            COMMAND,
            f"{last:.0f} MB",
            is_most=True,
        )


def _median(samples: Sequence[tuple[float, float]], start: float, end: float) -> float:
    return statistics.median(mb for at, mb in samples if start <= at < end)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--minutes", type=int, choices=range(3, 121), default=10, metavar="3-120")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
