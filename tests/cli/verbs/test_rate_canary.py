"""`tta rate --canary` of a target: the newest verdict of its lake, and the exit status."""

import json

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.main import status_of
from cli.target import TargetSettings
from cli.verbs.rate import canary as gemini_canary
from cli.verbs.rate.canary import show_canary
from shared.rating.gemini.canary import LATEST, CanaryVerdict
from shared.rating.gemini.stability import ClipAnswer, Finding, Sitting
from tests.fakes import LakeInMemory

ANSWER = ClipAnswer(clip="cut", status="rated", scores={"unexpectedness": 70}, latency_s=4.06)
VERDICT = CanaryVerdict(
    day="2026-11-27",
    rater="gemini/m/1.0",
    config_hash="c",
    ok=False,
    findings=(Finding(kind="answers", sentence="positivity moved by +8 points"),),
    sitting=Sitting(day="2026-11-27", answers=(ANSWER,)),
)
THERE = TargetSettings.of({"project": "demo-project", "lake_bucket": "lake"}).endpoints("prod")


@pytest.fixture
def lake(monkeypatch) -> LakeInMemory:
    lake = LakeInMemory()
    monkeypatch.setattr(gemini_canary.Lake, "connect", lambda project, bucket: lake)
    return lake


def test_a_drift_is_shown_by_clip_and_refused(lake, capsys):
    lake.put(LATEST, VERDICT.to_json())

    with pytest.raises(UserError, match=r"answers have changed: positivity moved by \+8"):
        show_canary(THERE, Screen(machine=False))

    shown = capsys.readouterr().out
    assert all(word in shown for word in ("cut", "70", "4.1", "changed"))


def test_for_machines_it_is_the_verdict(lake, capsys):
    lake.put(LATEST, VERDICT.model_copy(update={"ok": True}).to_json())

    show_canary(THERE, Screen(machine=True))

    assert json.loads(capsys.readouterr().out)["day"] == "2026-11-27"


def test_where_nobody_was_asked_it_says_how_to_ask(lake):
    with pytest.raises(UserError, match="scheduler jobs run canary-gemini"):
        show_canary(THERE, Screen(machine=False))


def test_a_rater_must_be_named_without_the_canary(capsys):
    assert status_of(["rate", "all"]) == 2
    assert "--rater gemini" in capsys.readouterr().err
