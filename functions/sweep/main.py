"""Entry point: the scheduler calls; due messages are published again, dead letters are kept."""

import time

import flask
import functions_framework

from shared import config, logs
from shared.answers import answer
from shared.clock import utc_now
from shared.concurrency import once
from shared.messaging.dead_letters import subscriptions
from shared.messaging.sweep import SweepApp
from shared.messaging.sweep import sweep as sweep_once
from shared.messaging.topics import Topics
from shared.privacy.tombstones import Tombstones
from shared.rating.ledger import affordable_videos, budget_name
from shared.storage.lake import Lake
from shared.warehouse.bytes_ledger import has_bytes

logs.configure()


@once
def wiring() -> SweepApp:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    settings = config.read(config.SweepSettings)
    lake = Lake.from_settings(settings)
    tombstones = Tombstones(lake, once(settings.hashing_key))
    return SweepApp(
        lake=lake,
        tombstones=tombstones,
        topics=Topics(
            settings.google_cloud_project,
            settings.uploads_topic,
            settings.records_topic,
            request_timeout_s=settings.request_timeout_s,
        ),
        dead_letters=subscriptions(settings, lake, tombstones),
        clock=utc_now,
        timer=time.monotonic,
        deadline_s=settings.deadline_s,
        affordable_uploads=lambda day, rater: affordable_videos(lake, budget_name(rater), day),
        affordable_records=lambda day: has_bytes(lake, day),
    )


@functions_framework.http
def sweep(request: flask.Request) -> flask.Response:
    """Sweep once; the body is not read. A second call at once changes nothing.

    200 with counts; errors as in shared/answers.py.
    """
    return answer(lambda: sweep_once(wiring()), retry="the next run continues")
