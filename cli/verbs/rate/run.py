"""One run of `tta rate`: ask a rater about the selected videos, and wait for the ratings."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from cli.function_log import FunctionErrors
from cli.listings import is_synthetic_video
from cli.selection import LakeVideo, SelectedVideos, Selection, videos_in
from cli.uploads import UnusableFile, VideoFile, inspect_video
from cli.verbs.ingest.run import STORE_OUTCOMES, IngestBatch, ingest_batch
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import price_of
from cli.verbs.rate.replicates import proposal_of
from cli.verbs.rate.requests import ChosenRater, RaterRequests
from local.cloud import can_ask_gemini
from local.endpoints import Endpoints
from local.traffic import Stalled, read_traffic_or_none, wait_until_over
from shared.concurrency import in_order
from shared.config import GeminiSettings, RatersSettings, read
from shared.messaging.topics import Topics
from shared.storage.lake import Lake

POLL_S = 0.2
SETTLES_WITHIN_S = 20.0
GET_A_KEY = "https://aistudio.google.com/apikey"


@dataclass(frozen=True, slots=True)
class RateOptions:
    """The options of `tta rate`."""

    selected: Selection
    condition: str
    replicates: int = 1
    timeout_s: float = 600.0


def refuse_without_gemini(running: Endpoints | None) -> None:
    """Raises UserError, before any start, when this machine cannot ask Gemini.

    `running` is the cloud of `tta up`, if there is one.
    """
    has_key = can_ask_gemini(os.environ)
    if running is None and not has_key:
        raise UserError(
            "Gemini needs a key of your own: set GEMINI_API_KEY "
            f"({GET_A_KEY}), or rate in the cloud with --target NAME."
        )
    if running is not None and not running.gemini:
        with_key = "" if has_key else f" ({GET_A_KEY})"
        raise UserError(
            "`tta up` was started without GEMINI_API_KEY, so it cannot ask Gemini. Stop it and "
            f"start it again with the key{with_key}: GEMINI_API_KEY=… tta up"
        )
    if running is not None:
        _refuse_other_settings(running.gemini)
        _refuse_other_raters(running.raters)


def _refuse_other_raters(running: list[dict[str, Any]]) -> None:
    """The raters of `tta up` are those that can be asked, not those of this shell."""
    here = [rater.document() for rater in read(RatersSettings).raters]
    if here and here != running:
        names = ", ".join(rater["name"] for rater in running) or "none"
        raise UserError(
            f"RATERS differs from that of `tta up`, which was started with {names}. Start it again "
            "with the same value, or unset it here."
        )


def _refuse_other_settings(running: dict[str, Any]) -> None:
    """The settings of `tta up` decide how Gemini is asked, not those of this shell."""
    here = read(GeminiSettings)
    configured = {
        name: value for name, value in here.identity().items() if name in here.model_fields_set
    }
    for name, value in configured.items():
        if running.get(name) != value:
            raise UserError(
                f"GEMINI_{name.upper()} is {value} here, but `tta up` was started with "
                f"{running.get(name)}. Start it again with the same value, or unset it here."
            )


def asked_by(condition: str, endpoints: Endpoints) -> ChosenRater:
    """The rater as that cloud configures it; without settings there, as this shell does."""
    if condition == "signals":
        return ChosenRater.signals()
    from cli.verbs.rate.conditions import chosen_condition, conditions_of

    conditions = conditions_of(endpoints)
    return ChosenRater.of(chosen_condition(conditions, condition), conditions)


def rate(options: RateOptions, endpoints: Endpoints, screen: Screen) -> RateOutcome:
    """Ask for every missing rating, and wait for them.

    The same call again asks nothing and costs nothing.
    """
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    outcome = new_outcome(options, endpoints)
    selected = _stored(options.selected, endpoints, outcome, screen)
    with screen.working("Looking for ratings …"):
        requests = look_up(_videos(lake, selected, outcome), options, lake, outcome)
    if requests.is_open:
        _show_price(outcome, screen)
        with screen.working(_progress(requests)):
            publish(requests, endpoints, screen)
            wait_for_ratings(options, endpoints, outcome, screen)
            let_it_settle(endpoints, outcome)
    outcome.synthetic = _synthetic(lake, outcome)
    _propose(lake, outcome)
    return outcome


def publish(requests: RaterRequests, endpoints: Endpoints, screen: Screen) -> None:
    """Send the open requests to the rater."""
    topics = Topics(endpoints.project, endpoints.uploads_topic, endpoints.records_topic)
    requests.publish(topics, lambda n: screen.now(f"Asking for rating {n} …"))


def rate_dryly(options: RateOptions, endpoints: Endpoints, screen: Screen) -> RateOutcome:
    """What `rate` would ask for, and the cost. This stores and sends nothing."""
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    outcome = new_outcome(options, endpoints)
    outcome.dry_run = True
    with screen.working("Looking for ratings …"):
        own = {
            upload.video_id: upload for upload in _inspected(options.selected.local_files, outcome)
        }
        outcome.files = {upload.video_id: str(upload.path) for upload in own.values()}
        ids = dict.fromkeys((*options.selected.video_ids, *own))
        selected = replace(options.selected, local_files=(), video_ids=tuple(ids))
        objects = videos_in(lake, selected)
        videos = list(objects) if selected.in_lake else []
        new = [_not_stored_yet(own[upload]) for upload in objects.missing if upload in own]
        objects.missing[:] = [upload for upload in objects.missing if upload not in own]
        _note_missing(objects, outcome)
        look_up([*videos, *new], options, lake, outcome)
        outcome.synthetic = _synthetic(lake, outcome)
        _propose(lake, outcome)
    return outcome


def _propose(lake: Lake, outcome: RateOutcome) -> None:
    """Say how many replicates a reliable score takes. Measurements are always alike."""
    if outcome.rater.gemini and outcome.requests:
        outcome.proposal = proposal_of(lake, outcome.requests.ratings)


def new_outcome(options: RateOptions, endpoints: Endpoints) -> RateOutcome:
    """The outcome of a run that has not begun."""
    rater = asked_by(options.condition, endpoints)
    return RateOutcome(rater, options.replicates, target=endpoints.target)


def _stored(
    selected: Selection, endpoints: Endpoints, outcome: RateOutcome, screen: Screen
) -> Selection:
    """Store the files of this machine as `tta ingest` does; the selection then has their ids."""
    uploads = list(_inspected(selected.local_files, outcome))
    if not uploads:
        return replace(selected, local_files=())
    batch = IngestBatch(uploads=uploads)
    ingested = ingest_batch(batch, endpoints, screen, None)
    ids = dict.fromkeys(selected.video_ids)
    for file in ingested.files:
        path, video_id = file["file"], file["video_id"]
        if file["outcome"] == "other_content":
            refusal = STORE_OUTCOMES["other_content"]
            outcome.problems.append(f"{path}: not rated; the lake {refusal} ({video_id}).")
        else:
            outcome.files[video_id] = path
            ids[video_id] = None
    return replace(selected, local_files=(), video_ids=tuple(ids))


def _inspected(paths: Iterable[Path], outcome: RateOutcome) -> Iterable[VideoFile]:
    for path in paths:
        try:
            yield inspect_video(path)
        except UnusableFile as why:
            outcome.problems.append(f"{path}: {why}.")


def _not_stored_yet(upload: VideoFile) -> LakeVideo:
    size = upload.path.stat().st_size
    return LakeVideo(upload.video_id, str(upload.path), generation=0, size=size)


def _videos(lake: Lake, selected: Selection, outcome: RateOutcome) -> list[LakeVideo]:
    if not selected.in_lake:
        return []
    objects = videos_in(lake, selected)
    videos = list(objects)
    _note_missing(objects, outcome)
    return videos


def _note_missing(objects: SelectedVideos, outcome: RateOutcome) -> None:
    outcome.problems += [f"{video_id}: the lake has no file of it." for video_id in objects.missing]
    outcome.problems += objects.problems


def look_up(
    videos: list[LakeVideo], options: RateOptions, lake: Lake, outcome: RateOutcome
) -> RaterRequests:
    """Look up which ratings exist, and price the others. It asks nothing."""
    requests = RaterRequests(lake, outcome.rater, videos, options.replicates)
    requests.find_existing()
    outcome.requests = requests
    for request in requests.open:
        count = outcome.to_ask.get(request.video.video_id, 0)
        outcome.to_ask[request.video.video_id] = count + 1
    if requests.is_open and outcome.rater.gemini:
        outcome.price = price_of(requests.open, outcome.rater, lake, datetime.now(UTC).date())
    return requests


def _show_price(outcome: RateOutcome, screen: Screen) -> None:
    if outcome.price:
        screen.say(outcome.price.sentence(len(outcome.to_ask)))


def _progress(requests: RaterRequests) -> str:
    finished = requests.count - len(requests.open)
    return f"Rating by {requests.rater.condition}: {finished} of {requests.count} there …"


def wait_for_ratings(
    options: RateOptions, endpoints: Endpoints, outcome: RateOutcome, screen: Screen
) -> None:
    """Wait until nothing is open, the time is over, or nothing can arrive any more."""
    requests, errors = outcome.requests, FunctionErrors(endpoints, options.condition)
    assert requests is not None
    began = time.monotonic()
    while requests.is_open:
        on_its_way = _may_come(endpoints, options.condition)
        started = time.monotonic()
        requests.refresh()
        screen.now(_progress(requests))
        errors.update()
        outcome.last_error, outcome.misconfigured = errors.last, errors.misconfigured
        outcome.waited_s = time.monotonic() - began
        if not on_its_way:
            requests.give_up("ignored", "the file was replaced meanwhile; else see `tta failed`")
        if outcome.misconfigured or outcome.waited_s > options.timeout_s:
            return
        if requests.is_open:
            time.sleep(max(POLL_S, time.monotonic() - started))


def _may_come(endpoints: Endpoints, condition: str) -> bool:
    """Whether requests are in transit. A function writes its outcome before it acknowledges."""
    if not endpoints.is_local:
        return True
    traffic = read_traffic_or_none(endpoints)
    if traffic is None:
        return True
    return bool(traffic.to_ask if condition.startswith("gemini") else traffic.to_analyze)


def let_it_settle(endpoints: Endpoints, outcome: RateOutcome) -> None:
    """Leave a local cloud that we started only after the ratings are loaded."""
    if not endpoints.is_ours:
        return
    patience_s = 0.0 if outcome.waiting else SETTLES_WITHIN_S
    with suppress(Stalled):
        wait_until_over(endpoints, asking_within_s=patience_s)


def _synthetic(lake: Lake, outcome: RateOutcome) -> set[str]:
    """The videos that are synthetic, by their listings."""
    ids = dict.fromkeys(received.request.video.video_id for received in outcome.received)
    return {
        video_id
        for video_id, is_synthetic in zip(
            ids, in_order(lambda video_id: is_synthetic_video(lake, video_id), ids), strict=True
        )
        if is_synthetic
    }
