"""Ten bounded minutes of work at the machine's own pace: does any process grow?

`python -m benchmarks.soak [--minutes 10]` keeps a local cloud busy: new files, known ones again,
records that were there before, malformed ones, fetches, sweeps and questions, each round only when
the last has come to rest. Every process is weighed all the while; in the last minute none may hold
more than 1.1 times what it held in the second.
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

from benchmarks.processes import resident_mb, sampled
from benchmarks.table import Measurement, save, show
from cli.scheduler import call_fetch, sweep
from cli.warehouse import Warehouse
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.sandbox import Library, mark
from local.traffic import wait_until_over
from shared.storage.lake import metadata_name

COMMAND = "python -m benchmarks.soak"
BAR = 1.1
POSTS = 64
FILES_A_ROUND = 12
WEIGH_EVERY_S = 2.0
RESULTS = Path(__file__).parent / "soak.json"
Weights = Sequence[tuple[float, Mapping[str, float]]]
"""Seconds since the start, and what each program held then, in MB."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with (
        TemporaryDirectory(prefix="soak-") as home,
        running(Path(home), posts=POSTS) as endpoints,
        pointing_at(endpoints),
    ):
        weights, rounds = _soaked(endpoints, options.minutes)
    figures = list(_figures(weights, options.minutes))
    show(figures)
    print(f"{rounds} rounds in {options.minutes} minutes")
    save(figures, RESULTS)
    return 0 if all(figure.ok for figure in figures) else 1


def _soaked(endpoints: Endpoints, minutes: int) -> tuple[Weights, int]:
    work = _Workload(endpoints)
    work.warm_up()
    rounds, ends_at = 0, time.monotonic() + minutes * 60
    logs, began = Path(endpoints.home) / "logs", time.monotonic()
    with sampled(lambda: (time.monotonic() - began, held_mb(logs)), WEIGH_EVERY_S) as weights:
        while time.monotonic() < ends_at:
            work.round(rounds)
            rounds += 1
            left = max(0, ends_at - time.monotonic())
            print(f"\r{rounds} rounds, {left:.0f} s left ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return weights, rounds


class _Workload:
    """What is done in a round, over and over."""

    def __init__(self, endpoints: Endpoints):
        self._at = endpoints
        self._dice = random.Random(1)
        self._bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
        self._publisher = pubsub_v1.PublisherClient()
        self._topic = self._publisher.topic_path(endpoints.project, endpoints.records_topic)
        self._warehouse = Warehouse(endpoints)
        library = Library.load(Path(endpoints.home) / "library")
        self._clips = [(library.root / one.file).read_bytes() for one in library.clips.values()]
        self._known = [post.video_id for post in library.posts]

    def warm_up(self) -> None:
        self._fetch()
        wait_until_over(self._at)

    def round(self, number: int) -> None:
        for of_round in range(FILES_A_ROUND):
            # Every third name is one of an earlier round: a new generation of a known video.
            name = number * FILES_A_ROUND + of_round if of_round % 3 else of_round
            content = self._dice.choice(self._clips) + mark(f"{number} {of_round}")
            self._bucket.blob(f"videos/76{name:017}.mp4").upload_from_string(content)
        for video_id in self._dice.sample(self._known, 8):
            said = self._bucket.blob(metadata_name(video_id)).download_as_bytes()
            self._publisher.publish(self._topic, said)
            self._publisher.publish(self._topic, said[: self._dice.randrange(len(said))] or b"{")
        self._fetch()
        sweep(self._at)
        wait_until_over(self._at)
        self._warehouse.rows("SELECT rating_status, COUNT(*) FROM fact_video_analytics GROUP BY 1")

    def _fetch(self) -> None:
        call_fetch(self._at, {"collection": "sandbox", "mode": "discover"})


def held_mb(logs: Path) -> Mapping[str, float]:
    """What each program that left its process id in `logs` holds in memory now."""
    return {note.stem: resident_mb(int(note.read_text())) for note in logs.glob("*.pid")}


def _figures(weights: Weights, minutes: int) -> Iterator[Measurement]:
    for name in sorted(weights[0][1]):
        of_name = [(at, held[name]) for at, held in weights]
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


def _median(found: Sequence[tuple[float, float]], start: float, end: float) -> float:
    return statistics.median(mb for at, mb in found if start <= at < end)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--minutes", type=int, choices=range(3, 121), default=10, metavar="3-120")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
