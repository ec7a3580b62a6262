"""Entry point: a file is finalized in the lake, a rating leaves on the topic."""

from shared.concurrency import in_one_thread

in_one_thread()  # before anything imports numpy, which listens only then

import atexit
import time
import uuid
from datetime import UTC, datetime

import flask
import functions_framework
from cloudevents.http import CloudEvent

from shared import config, logs
from shared.concurrency import once
from shared.errors import Permanent
from shared.messaging.delivery import handle_delivery, log_failure
from shared.messaging.events import evidence, is_canary, video_uploaded
from shared.messaging.last_errors import LastError, attempt_in
from shared.messaging.publisher import RecordPublisher
from shared.privacy.tombstones import Tombstones
from shared.rating.canary import run_canary
from shared.rating.rate import RateApp, rate_upload
from shared.rating.raters import deployed_raters
from shared.storage.lake import Lake
from shared.storage.lease import Lease

logs.configure()


@once
def wiring() -> RateApp:
    """Clients and rater, made at the first event and kept. A broken setting fails each event."""
    settings = config.read(config.AnalyzeSettings)
    lake = Lake.connect(
        settings.google_cloud_project, settings.lake_bucket, settings.request_timeout_s
    )
    return RateApp(
        lake=lake,
        tombstones=Tombstones(lake, once(settings.hashing_key)),
        lease=Lease(lake, settings.claim_lease_s),
        raters=deployed_raters(settings, lake, _now, time.monotonic, atexit.register),
        publish=RecordPublisher(
            settings.google_cloud_project,
            settings.records_topic,
            request_timeout_s=settings.request_timeout_s,
        ).publish,
        clock=_now,
        timer=time.monotonic,
        max_media_bytes=settings.max_media_bytes,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@functions_framework.cloud_event
def analyze(event: CloudEvent) -> None:
    """Rate one upload. The same event again publishes the same rating and pays nothing.

    The scheduler's canary asks a deployment of Gemini about frozen clips instead, once a day.
    Over the day's budget the event is parked and acknowledged; `sweep` sends it again tomorrow.
    """
    try:
        app = wiring()
    except Exception as error:
        log_failure(error)
        raise

    def keep(error: Permanent) -> None:
        entry = app.tombstones.redact_evidence(evidence(event))
        if entry is not None:
            at = app.clock()
            app.lake.keep_failed("analyze", event["id"], error.reason, error.sentence, at, **entry)

    attempt = attempt_in(flask.request.get_json(silent=True))
    with handle_delivery(keep, LastError(app.lake, "analyze", event, attempt, app.clock)):
        if is_canary(event):
            run_canary(app, delivery=uuid.uuid4().hex)
        elif upload := video_uploaded(event):
            rate_upload(upload, delivery=uuid.uuid4().hex, app=app)
