"""One run of `tta doctor --clip`: send a synthetic clip through a deployment, then remove it.

Every run generates a new clip, so that an earlier rating cannot pass for this one. Before the clip
is stored, the lake gets a mark (`state/_smoke/`), so that the next run removes what a killed run
left.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.cloud import pubsub_v1

from cli.console import Screen
from cli.errors import UserError
from cli.function_log import FunctionErrors
from cli.tombstone_key import tombstones_of
from cli.uploads import inspect_video
from cli.verbs.ingest.store import Ingestion
from cli.warehouse import Warehouse
from local.endpoints import Endpoints
from local.sandbox.clips import render
from local.sandbox.designs import BY_NAME
from shared.erasure.one_video import remove_video
from shared.erasure.rows import WarehouseRows
from shared.logs import trace_of
from shared.model import Record, Video, parse
from shared.rating_section import Rating
from shared.storage.lake import Lake
from shared.storage.layout import PARKED, VIDEOS, metadata_name
from shared.storage.parked_objects import UPLOADS, parked_folders, parked_of_video
from shared.warehouse.client import bigquery

MARKS = "state/_smoke/"
DESIGN = "sound_burst_050_moving"  # three seconds, with noise: each seed gives other bytes
RATERS = "analyze-"
"""The rater NAME has a push subscription `analyze-NAME`."""
ONLY_IF_ASKED = "attributes.rater"
POLL_S = {True: 0.2, False: 2.0}
"""Seconds between polls, on this machine and in the cloud, where a query costs money."""
ROW = "SELECT rater, rating_status, synthetic FROM fact_video_analytics WHERE video_id = @video_id"
RATED = "SELECT rater FROM fact_rating WHERE video_id = @video_id"


@dataclass(slots=True)
class SmokeOutcome:
    """The outcome. `steps` are the steps that were reached, each with its time."""

    target: str
    video_id: str
    raters: list[str]
    steps: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    problem: str | None = None
    started: float = field(default_factory=time.monotonic)

    def note(self, step: str, detail: str) -> None:
        seconds = round(time.monotonic() - self.started, 1)
        self.steps.append({"step": step, "after_s": seconds, "detail": detail})

    def document(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "video_id": self.video_id,
            "trace": trace_of(self.video_id),
            "synthetic": True,
            "raters": self.raters,
            "steps": self.steps,
            "cost_usd": sum(rating.cost_usd or 0.0 for rating in self.ratings),
            "problem": self.problem,
        }


def send_clip(endpoints: Endpoints, screen: Screen, timeout_s: float) -> SmokeOutcome:
    """Send a clip through the deployment, note how far it came, and remove it.

    Raises UserError when no rater listens to uploads.
    """
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    warehouse = Warehouse(endpoints)
    raters = raters_of(endpoints)
    rows = WarehouseRows(bigquery.Client(project=endpoints.project), endpoints.dataset)
    if leftovers := remove_leftovers(lake, rows):
        screen.say(f"Removed the clips of {leftovers} earlier run(s).")
    with TemporaryDirectory(prefix="tta-smoke-") as folder:
        clip = Path(folder) / "clip.mp4"
        render(BY_NAME[DESIGN], secrets.randbits(32), clip)
        video_id = inspect_video(clip).video_id
        run = _SmokeRun(endpoints, lake, warehouse, rows, video_id, raters, timeout_s)
        return run.there_and_back(clip, screen)


def raters_of(endpoints: Endpoints) -> list[str]:
    """The raters of every upload, by the subscriptions of the topic."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    topic = publisher.topic_path(endpoints.project, endpoints.uploads_topic)
    raters = []
    for path in publisher.list_topic_subscriptions(topic=topic):
        name = path.rpartition("/")[2]
        if not name.startswith(RATERS):
            continue
        if ONLY_IF_ASKED not in subscriber.get_subscription(subscription=path).filter:
            raters.append(name.removeprefix(RATERS))
    if not raters:
        raise UserError(
            f"No rater listens to uploads: there is no subscription {RATERS}… on {topic}."
        )
    return sorted(raters)


def remove_leftovers(lake: Lake, rows: WarehouseRows) -> int:
    """Remove the clips of killed runs, and return how many there were."""
    marks = list(lake.names(MARKS))
    for mark in marks:
        remove_video(mark.removeprefix(MARKS), lake, rows)
        lake.delete(mark)
    return len(marks)


class _DeadlinePassed(Exception):
    """Something did not happen in time."""


@dataclass
class _SmokeRun:
    endpoints: Endpoints
    lake: Lake
    warehouse: Warehouse
    rows: WarehouseRows
    video_id: str
    raters: list[str]
    timeout_s: float

    def there_and_back(self, clip: Path, screen: Screen) -> SmokeOutcome:
        outcome = SmokeOutcome(self.endpoints.target, self.video_id, self.raters)
        mark = f"{MARKS}{self.video_id}"
        self.lake.write_once(mark, b"")
        arrived = False
        try:
            with screen.working("Sending a clip …"):
                self._send(clip, outcome)
                self._follow(outcome)
                arrived = True
        except _DeadlinePassed as problem:
            outcome.problem = str(problem)
        finally:
            # A message in transit may still add a row after this. Then the mark stays.
            self._remove(outcome)
            if arrived:
                self.lake.delete(mark)
        return outcome

    def _send(self, clip: Path, outcome: SmokeOutcome) -> None:
        """Store metadata first, as `fetch` does, then the file, which starts the pipeline."""
        now = datetime.now(UTC)
        video = Video(observed_at=now, source="upload", caption="A smoke test.", synthetic=True)
        record = Record(video_id=self.video_id, video=video)
        self.lake.write_once(metadata_name(self.video_id), record.to_json())
        tombstones = tombstones_of(self.endpoints, self.lake)
        Ingestion(self.lake, now, tombstones).store(inspect_video(clip))
        name = f"gs://{self.endpoints.bucket}/{VIDEOS}{self.video_id}.mp4"
        outcome.note("uploaded", f"{name}, {clip.stat().st_size} bytes, synthetic")

    def _follow(self, outcome: SmokeOutcome) -> None:
        errors = FunctionErrors(self.endpoints, "signals")
        missing = set(self.raters)
        for _ in self._until(lambda: self._no_rating(missing, errors)):
            for rating in self._ratings():
                condition = rating.rater.partition("/")[0]
                if condition in missing:
                    missing.remove(condition)
                    outcome.ratings.append(rating)
                    outcome.note("rated", _rating_text(rating))
            if not missing:
                break
        why = "The ratings are in the lake, but they gave no row."
        for _ in self._until(lambda: why, self.endpoints.freshness_s):
            if row := self._loaded({rating.rater for rating in outcome.ratings}):
                outcome.note("loaded", f"fact row, {row['rating_status']} by {row['rater']}")
                break
        if bad := [rating for rating in outcome.ratings if rating.status != "rated"]:
            outcome.problem = f"It was not rated: {'; '.join(map(_rating_text, bad))}."

    def _until(self, why: Any, more_s: float = 0) -> Iterator[None]:
        """Poll until the time is over, or `more_s` longer. Then raises _DeadlinePassed with why."""
        ends_at = time.monotonic() + self.timeout_s + more_s
        while True:
            yield
            if time.monotonic() > ends_at:
                raise _DeadlinePassed(f"{why()}\n{self._look_at()}")
            time.sleep(POLL_S[self.endpoints.is_local])

    def _ratings(self) -> list[Rating]:
        names = [
            name for name in self.lake.names(f"ratings/{self.video_id}/") if name[-5:] == ".json"
        ]
        contents = [(name, self.lake.read(name)) for name in names]
        return [parse(Rating, content, name) for name, content in contents if content]

    def _loaded(self, raters: set[str]) -> dict[str, Any] | None:
        """The fact row, once it exists and every rating is a row, too."""
        rows = self.warehouse.rows(ROW, video_id=self.video_id)
        loaded = {row["rater"] for row in self.warehouse.rows(RATED, video_id=self.video_id)}
        return rows[0] if rows and rows[0]["rating_status"] and raters <= loaded else None

    def _no_rating(self, missing: set[str], errors: FunctionErrors) -> str:
        errors.update()
        parked = parked_of_video(self.lake, self.video_id, parked_folders(self.lake))
        if any(f"{PARKED}{UPLOADS}/" in name for name in parked):
            return "It is parked until tomorrow (UTC): the daily budget is used up."
        cause = errors.misconfigured or errors.last
        return f"No rating by {', '.join(sorted(missing))}{f': {cause}' if cause else '.'}"

    def _look_at(self) -> str:
        if self.endpoints.is_local:
            return f"See {Path(self.endpoints.home) / 'logs'}, and `tta failed`."
        project = self.endpoints.project
        trace = f"projects/{project}/traces/{trace_of(self.video_id)}"
        return f"See: gcloud logging read 'trace=\"{trace}\"' --project {project}; `tta failed`."

    def _remove(self, outcome: SmokeOutcome) -> None:
        removal = remove_video(self.video_id, self.lake, self.rows)
        outcome.note("removed", f"{removal.objects} objects and {removal.rows} rows")
        if removal.remaining and outcome.problem is None:
            outcome.problem = (
                f"{removal.remaining} objects or rows are still there; the next run removes them."
            )


def _rating_text(rating: Rating) -> str:
    how = f"{rating.status} ({rating.reason})" if rating.reason else rating.status
    cost = f", {rating.cost_usd:.4f} US dollars" if rating.cost_usd else ""
    return f"by {rating.rater}: {how}{cost}"


def show(outcome: SmokeOutcome, screen: Screen) -> None:
    """Print a line per step."""
    screen.show(f"Smoke test of {outcome.target} with a synthetic clip, {outcome.video_id}")
    for step in outcome.steps:
        screen.show(f"  {step['after_s']:6.1f} s  {step['step']:9} {step['detail']}")
    if outcome.problem is None:
        screen.show("The clip came through, and nothing of it is left.")
