"""The daily canary of Gemini, on the real client, in front of the stand-in."""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.errors import Transient
from shared.rating.gemini.canary import (
    LATEST,
    CanaryApp,
    CanaryVerdict,
    canary,
    most_usd,
    verdict_name,
)
from shared.rating.gemini.canary_clips import CLIPS, frozen_clips
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.rater import GeminiRater
from shared.rating.signals.rater import SignalsRater
from shared.storage.layout import VIDEOS
from shared.storage.lease import Lease
from tests.gemini_world import World, spending_on
from tests.stand_ins.gemini import StandIn, standing_in

FROZEN_SHA256 = "3a00cfd0bd1df0e3eda21141fed05fb165af60e58a9b2b4dadcc9979b9043a54"
DURATIONS = {clip.video_id: clip.clip().duration_s for clip in frozen_clips()}
COUNT = len(frozen_clips())


class Singing(World):
    """A world with the canary in it; a day passes with `tomorrow`."""

    def rater(self) -> GeminiRater:
        rater = self.app().raters(None)
        assert isinstance(rater, GeminiRater)
        return rater

    def sing(self) -> CanaryVerdict:
        app = CanaryApp(self.lake, Lease(self.lake, duration_s=660), lambda: self.now)
        verdict = canary(self.rater(), app, "d1")
        assert verdict is not None
        return verdict

    def tomorrow(self) -> None:
        self.now += timedelta(days=1)

    def sung_once(self) -> None:
        assert self.sing().is_baseline
        self.tomorrow()

    def with_model(self, model: str) -> None:
        self.settings = self.settings.model_copy(update={"model": model})


@pytest.fixture
def gemini() -> Iterator[StandIn]:
    with standing_in(durations=DURATIONS) as gemini:
        yield gemini


@pytest.fixture
def world(gemini) -> Singing:
    return Singing(gemini, b"")


def lines(caplog, message: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.message == message]


def test_the_clips_are_frozen():
    each = "\n".join(hashlib.sha256(clip.content).hexdigest() for clip in frozen_clips())

    assert hashlib.sha256(each.encode()).hexdigest() == FROZEN_SHA256
    assert CLIPS.stat().st_size < 150_000
    assert {clip.clip().has_audio for clip in frozen_clips()} == {True, False}
    assert all(2 <= clip.clip().duration_s <= 4.2 for clip in frozen_clips())


def test_the_first_day_is_the_baseline_and_the_next_is_as_it_was(world):
    first = world.sing()
    world.tomorrow()
    second = world.sing()

    assert (first.ok, first.is_baseline) == (True, True)
    assert (second.ok, second.is_baseline, second.findings) == (True, False, ())
    assert world.calls == 2 * COUNT
    assert second.cost_usd == first.cost_usd > 0


def test_the_clips_are_asked_as_videos_are_and_never_become_rows(world):
    world.sing()

    bodies = b"".join(request.body for request in world.gemini.requests)
    assert all(f"gs://lake/{clip.object}".encode() in bodies for clip in frozen_clips())
    assert world.bus.published == []
    assert list(world.lake.names(VIDEOS)) == []
    assert list(world.lake.names("ratings/")) == []


def test_a_second_run_of_the_day_pays_nothing_and_says_the_same(world):
    first = world.sing()

    assert world.sing() == first
    assert world.calls == COUNT


def test_a_run_that_was_cut_off_goes_on_and_pays_no_clip_twice(world):
    third = frozen_clips()[2].video_id
    world.gemini.script({"when": {"uri": third}, "error": 503, "times": 2})  # both attempts

    with pytest.raises(Transient):
        world.sing()
    verdict = world.sing()

    assert (verdict.ok, world.calls) == (True, COUNT + 2)


def test_answers_that_have_drifted_break_it_and_are_told_once(world, caplog):
    world.sung_once()
    world.gemini.script({"values": {"positivity": 100, "closeness": 100}, "times": None})

    verdict = world.sing()
    world.sing()

    assert verdict.ok is False
    assert "positivity moved by" in verdict.why
    (line,) = lines(caplog, "gemini canary broke")
    assert (line.levelno, line.why) == (logging.ERROR, verdict.why)
    assert CanaryVerdict.model_validate_json(world.lake.read(LATEST)).ok is False


def test_frames_that_are_not_sampled_as_asked_break_it(world):
    world.sung_once()
    few = [{"modality": "TEXT", "tokenCount": 1_965}, {"modality": "VIDEO", "tokenCount": 280}]
    usage = {"promptTokenCount": 2_245, "promptTokensDetails": few}
    world.gemini.script({"usage": usage, "times": None})

    assert "the frames of the same clips are 0.29 times the tokens" in world.sing().why


def test_a_clip_that_is_blocked_now_breaks_it(world):
    world.sung_once()
    world.gemini.script({"when": {"uri": frozen_clips()[0].video_id}, "block": "OTHER"})

    assert "was rated and is refused (prompt_other)" in world.sing().why


def test_a_retired_model_breaks_it_with_the_model_to_choose(world, caplog):
    world.with_model("gemini-3.6-flash")
    world.now = world.now.replace(month=11, day=27)
    message = "Publisher Model `projects/p/models/gemini-3.6-flash` was not found."
    world.gemini.script({"error": {"code": 404, "message": message}, "times": None})

    verdict = world.sing()

    assert (verdict.ok, "to gemini-3.5-flash-lite" in verdict.why) == (False, True)
    (line,) = lines(caplog, "model ends")
    assert (line.state, "was retired on 2026-11-19" in line.why) == ("retired", True)


def test_an_end_that_comes_is_told_every_day_from_60_days_before(world, caplog):
    world.with_model("gemini-3.7-flash")  # until 2027-01-28
    world.now = world.now.replace(year=2026, month=11, day=28)

    world.sing()
    assert lines(caplog, "model ends") == []
    world.tomorrow()
    world.sing()

    (line,) = lines(caplog, "model ends")
    assert (line.state, line.levelno) == ("ending", logging.WARNING)


def test_it_pays_from_the_days_budget(world):
    world.bound(videos=100, usd=None)

    world.sing()

    world.budget.flush()
    assert spending_on(world.now.date(), world.lake).paid_videos == COUNT


@pytest.mark.parametrize("bound", [{"videos": 59, "usd": None}, {"videos": None, "usd": 0.05}])
def test_a_day_too_small_for_the_clips_puts_it_off(world, caplog, bound):
    world.bound(**bound)

    verdict = world.sing()

    assert (verdict.ok, world.calls) == (None, 0)
    assert "tenth of the day's" in verdict.why
    assert lines(caplog, "gemini canary put off")


def test_a_day_that_is_spent_puts_it_off_and_it_is_asked_again_later(world):
    world.bound(videos=60, usd=None)
    for _ in range(58):
        with world.budget.paying(None) as bill:
            bill.settle(None)

    assert world.sing().ok is None
    world.bound(videos=None, usd=None)
    assert world.sing().ok is True


def test_a_condition_that_rates_none_of_the_clips_has_no_baseline(world):
    world.gemini.script({"block": "OTHER", "times": None})

    verdict = world.sing()

    assert (verdict.ok, verdict.is_baseline) == (False, False)
    assert "only 0 of 6 clips could be rated" in verdict.why


def test_another_condition_has_a_baseline_of_its_own(world):
    world.sung_once()
    world.settings = world.settings.model_copy(update={"fps": 2.0})

    assert world.sing().is_baseline


def test_a_rater_that_measures_has_no_canary(world):
    app = CanaryApp(world.lake, Lease(world.lake, duration_s=660), lambda: world.now)

    assert canary(SignalsRater(), app, "d1") is None
    assert world.lake.objects == {}


def test_what_it_costs_at_most_is_told_before(world):
    rater = world.rater()
    most = most_usd(rater.under, Prices.under(world.settings), world.now.date())

    assert world.sing().cost_usd < most < 0.05


def test_the_verdict_lies_by_condition_and_day(world):
    verdict = world.sing()

    name = verdict_name(verdict.config_hash, world.now.date())
    assert CanaryVerdict.model_validate_json(world.lake.read(name)) == verdict
