"""The scheduler's message to analyze-gemini reaches the canary through the framework."""

import re
import sys
from pathlib import Path

import functions_framework
import pytest

from shared.messaging.events import canary_body
from shared.rating.gemini.canary import LATEST
from shared.rating.gemini.canary_clips import frozen_clips
from shared.rating.rate import RateApp
from shared.rating.signals.rater import SignalsRater
from shared.storage.lease import Lease
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.gemini_world import World

ROOT = Path(__file__).parents[2]
MAIN = str(ROOT / "functions/analyze/main.py")


@pytest.fixture
def posted(monkeypatch):
    """Post a body to the function, wired to this app; returns the status."""

    def post(app: RateApp, body: dict) -> int:
        door = functions_framework.create_app("analyze", MAIN, "cloudevent")
        monkeypatch.setattr(sys.modules["main"], "wiring", lambda: app)
        return door.test_client().post("/", json=body).status_code

    return post


@pytest.fixture
def gemini():
    from tests.stand_ins.gemini import standing_in

    durations = {clip.video_id: clip.clip().duration_s for clip in frozen_clips()}
    with standing_in(durations=durations) as gemini:
        yield gemini


def test_the_message_has_gemini_asked_and_leaves_no_failure(posted, gemini):
    world = World(gemini, b"")

    assert posted(world.app(), canary_body()) == 200
    assert posted(world.app(), canary_body()) == 200

    assert world.calls == len(frozen_clips())
    assert world.lake.exists(LATEST)
    assert list(world.lake.names("failed/")) == []


def test_an_outage_asks_the_scheduler_to_come_again(posted, gemini):
    world = World(gemini, b"")
    gemini.script({"error": 503, "times": None})

    assert posted(world.app(), canary_body()) == 500


def test_a_rater_that_measures_lets_it_pass(posted):
    lake = LakeInMemory()
    app = RateApp(
        lake=lake,
        tombstones=tombstones_in(lake),
        lease=Lease(lake, duration_s=660),
        raters=lambda condition: SignalsRater(),
        publish=BusInMemory().publish,
        clock=lambda: pytest.fail("no clock is read"),
        timer=lambda: 0.0,
        max_media_bytes=1,
    )

    assert posted(app, canary_body()) == 200
    assert lake.objects == {}


def test_terraform_posts_the_same_message():
    text = (ROOT / "terraform/main.tf").read_text().partition("canary-gemini")[2]
    match = re.search(
        r'subscription = "(.*?)"\s+message += \{ data = "(.*?)", messageId = "(.*?)", '
        r'attributes = \{ eventType = "(.*?)" \} \}',
        text,
    ).groups()
    body = canary_body()
    message = body["message"]

    assert match == (
        body["subscription"],
        message["data"],
        message["messageId"],
        message["attributes"]["eventType"],
    )
