"""Entry point: the scheduler calls, due messages go round again, dead letters are kept."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import flask
import functions_framework
from google.cloud import pubsub_v1

from shared import config, logs
from shared.concurrency import once
from shared.errors import Misconfigured, Transient
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.sweep import SweepApp, stage_of
from shared.messaging.sweep import sweep as swept
from shared.messaging.topics import Topics
from shared.privacy.tombstones import Tombstones
from shared.rating.ledger import affordable_videos
from shared.storage.lake import Lake

logs.configure()


@once
def wiring() -> SweepApp:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    settings = config.read(config.SweepSettings)
    project, topics = (
        settings.google_cloud_project,
        (settings.uploads_topic, settings.records_topic),
    )
    lake = Lake.connect(project, settings.lake_bucket, settings.request_timeout_s)
    subscriber = pubsub_v1.SubscriberClient()
    tombstones = Tombstones(lake, once(settings.hashing_key))
    return SweepApp(
        lake=lake,
        tombstones=tombstones,
        topics=Topics(project, *topics, request_timeout_s=settings.request_timeout_s),
        dead_letters=[
            DeadLetters(
                stage_of(name, *topics),
                subscriber.subscription_path(project, name),
                lake,
                tombstones,
                subscriber,
            )
            for name in settings.dead_letter_subscriptions
        ],
        clock=lambda: datetime.now(UTC),
        timer=time.monotonic,
        deadline_s=settings.deadline_s,
        affordable_uploads=lambda day: affordable_videos(lake, "gemini", day),
    )


@functions_framework.http
def sweep(request: flask.Request) -> flask.Response:
    """Sweep once; the body is not read. Again at once, it changes nothing.

    200 with counts; 503 when storage or Pub/Sub is down, and the next run goes on; 500 for a
    deploy that lacks a setting or a subscription.
    """
    try:
        return _json(200, swept(wiring()))
    except Transient as error:
        return _json(503, {"error": "transient", "message": f"{error}; the next run goes on."})
    except Misconfigured as error:
        return _json(500, {"error": "misconfigured", "message": str(error)})


def _json(status: int, content: dict[str, Any]) -> flask.Response:
    return flask.Response(json.dumps(content), status, mimetype="application/json")
