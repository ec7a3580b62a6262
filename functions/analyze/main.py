"""Entry point: a file is finalized in the lake, a rating leaves on the topic."""

from shared.concurrency import in_one_thread

in_one_thread()  # before any import of numpy, which reads these settings only then

import atexit
import time
import uuid

import flask
import functions_framework
from cloudevents.http import CloudEvent

from shared import config, logs
from shared.clock import utc_now
from shared.concurrency import once
from shared.messaging.delivery import handle_event
from shared.messaging.events import is_canary, video_uploaded
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
    lake = Lake.from_settings(settings)
    return RateApp(
        lake=lake,
        tombstones=Tombstones(lake, once(settings.hashing_key)),
        lease=Lease(lake, settings.claim_lease_s),
        raters=deployed_raters(settings, lake, utc_now, time.monotonic, atexit.register),
        publish=RecordPublisher.from_settings(settings).publish,
        clock=utc_now,
        timer=time.monotonic,
        max_media_bytes=settings.max_media_bytes,
    )


@functions_framework.cloud_event
def analyze(event: CloudEvent) -> None:
    """Rate one upload. The same event again publishes the same rating and pays nothing.

    Once a day the scheduler sends the canary's event, for frozen clips. Over the day's budget the
    event is parked and acknowledged; `sweep` sends it again tomorrow.
    """
    with handle_event("analyze", event, flask.request.get_json(silent=True), wiring) as app:
        if is_canary(event):
            run_canary(app, delivery=uuid.uuid4().hex)
        elif upload := video_uploaded(event):
            rate_upload(upload, delivery=uuid.uuid4().hex, app=app)
