"""A picture in which something moved all the time stands still."""

import numpy as np
import pytest

from shared.rating.signals import measure
from shared.rating.signals.freezes import NATS, freeze_nats, freezes
from shared.rating.signals.gamma import TOGETHER, divergence
from shared.rating.signals.ordinary import EditMarks
from shared.rating.signals.surprise import CHANNELS, firmness, surprise_of
from shared.rating.signals.ticks import CellChange, Ticks
from tests.shared.rating.signals.test_signals import panned, write

TICKS, FREEZE, LAST = 60, 35, 50


def ticks_of(motion, spread=40.0, wide=0.5, moved=slice(None)):
    """Ticks with some strongest motion, in some rows of the picture.

    `wide` is how much of the motion the quiet cells have.
    """
    picture = np.zeros((len(motion), 16, 16), np.float16)
    picture[:, moved] = 1.0
    cells = CellChange((picture.reshape(-1, 256),), wide * motion / 4)
    return Ticks(cells, cells, np.full(len(motion), spread), motion / 4, 0 * motion, motion)


def starts(motion, *, touched=(), **how):
    edits = np.zeros(TICKS, dtype=bool)
    edits[list(touched)] = True
    return freezes(ticks_of(motion, **how), edits).tolist()


def stopping(by=0.1, moving=20.0, ticks=LAST - FREEZE):
    """Motion that stops: `by` grey levels remain of it for some ticks."""
    motion = np.full(TICKS, moving)
    motion[FREEZE : FREEZE + ticks] = by
    return motion


@pytest.mark.parametrize("at_s", [3.2, 3.36, 3.44])
def test_a_freeze_is_found_through_a_pan_and_noise(tmp_path, at_s):
    scene = panned(noise=2.0)
    still = scene(at_s)

    def shown(t):
        return still if at_s <= t + 1e-6 < at_s + 0.8 else scene(t)

    signals = measure(write(tmp_path / "clip.mp4", shown, 6.0))

    assert signals.onset_s == pytest.approx(at_s, abs=0.1)
    assert signals.onset_channel == "picture"
    assert 55 <= signals.unexpectedness <= 70
    assert signals.surprise_raw_nats >= NATS


def surprise_beside_a_burst(loudness):
    """Nats of a freeze and a burst of sound at once."""
    sound = np.full((TICKS, 8), 1e-6)
    sound[FREEZE - 1 :] *= loudness
    none = np.zeros(TICKS, dtype=bool)
    surprise = surprise_of(ticks_of(stopping()), sound, EditMarks(none, none))
    return CHANNELS[surprise.channel[FREEZE - 1]], surprise


def test_the_stronger_of_a_freeze_and_a_burst_of_sound_is_the_channel():
    silent, freeze = surprise_beside_a_burst(1.0)
    loud, both = surprise_beside_a_burst(1e4)

    assert (silent, loud) == ("picture", "sound")
    assert freeze.freezes.tolist() == [FREEZE - 1]
    assert freeze.raw[FREEZE - 1] == NATS
    assert both.corrected[FREEZE - 1] > 2 * freeze.corrected[FREEZE - 1] > NATS


def test_it_starts_in_the_tick_before_the_first_one_without_change():
    assert starts(stopping()) == [FREEZE - 1]


def test_what_stops_for_two_tenths_is_no_freeze():
    assert starts(stopping(ticks=3)) and not starts(stopping(ticks=2))


def test_what_stops_now_and_then_is_no_freeze():
    motion = stopping()
    motion[FREEZE - 5] = 0.1

    assert not starts(motion)


@pytest.mark.parametrize(("by", "moving"), [(0.6, 20.0), (0.2, 0.9)])
def test_what_goes_on_moving_a_little_is_no_freeze(by, moving):
    assert not starts(stopping(by, moving))


@pytest.mark.parametrize(("by", "moving"), [(0.4, 20.0), (0.12, 0.9)])
def test_what_an_encoder_goes_on_to_refine_stands_still(by, moving):
    assert starts(stopping(by, moving))


@pytest.mark.parametrize("tick", [FREEZE - 10, FREEZE, FREEZE + 2])
def test_nothing_that_an_edit_touches_is_a_freeze(tick):
    assert not starts(stopping(), touched=[tick])


def test_a_plain_picture_is_no_freeze():
    assert not starts(stopping(), spread=7.0)


def test_a_thing_that_leaves_an_empty_scene_is_no_freeze():
    assert starts(stopping(), wide=0.3) and not starts(stopping(), wide=0.2)
    assert starts(stopping(), moved=slice(1, 4)) and not starts(stopping(), moved=slice(14, 16))


def test_a_camera_that_comes_to_rest_is_no_freeze():
    motion = stopping()
    motion[FREEZE - 7 : FREEZE] = (14.0, 10.0, 7.0, 5.0, 4.0, 3.0, 2.0)

    assert not starts(motion)


def test_a_freeze_may_start_in_the_middle_of_a_tick():
    motion = stopping()
    motion[FREEZE - 1] = 4.0

    assert starts(motion)


def test_the_last_picture_that_a_file_holds_for_half_a_second_is_no_freeze():
    for ticks, is_freeze in ((5, False), (6, True)):
        motion = np.full(TICKS, 20.0)
        motion[-ticks:] = 0.1
        assert bool(starts(motion)) is is_freeze


def test_a_clip_that_is_too_short_to_know_has_no_freeze():
    few = np.zeros(12)

    assert not freezes(ticks_of(few), few > 0).size


def test_stops_surprise_less_the_more_a_clip_has():
    once, twice = (freeze_nats(np.array(at), np.ones(TICKS)) for at in ([20], [20, 45]))

    assert set(np.flatnonzero(twice)) == {20, 45}
    assert once.max() == NATS
    assert twice.sum() == pytest.approx(once.sum() / 2)


def test_a_freeze_counts_little_soon_behind_an_edit_and_makes_no_other_one_ordinary():
    cut = np.zeros(TICKS, dtype=bool)
    cut[20] = True
    firm = firmness(cut)

    soon = freeze_nats(np.array([30]), firm)
    both = freeze_nats(np.array([30, 50]), firm)

    assert soon[30] < 0.02 * NATS
    assert both[50] == pytest.approx(freeze_nats(np.array([50]), firm)[50], rel=0.05)


def test_the_nats_of_a_freeze_are_those_of_cells_that_stop():
    learnt = 1 / (1 - np.array([0.7, 0.9, 0.98]))
    surprise = divergence(2 + learnt, 2 + learnt + TOGETHER, 2 + learnt, 2 + learnt).mean()

    assert 768 * surprise == pytest.approx(NATS, abs=0.1)
