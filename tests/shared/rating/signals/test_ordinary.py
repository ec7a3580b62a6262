"""What is ordinary in a clip, and that an edit elsewhere in it hardly moves that."""

import numpy as np
import pytest

from shared.rating.signals import scores
from shared.rating.signals.decode import Footage
from shared.rating.signals.measure import _onset_s
from shared.rating.signals.ordinary import (
    EditMarks,
    ordinary_change,
    ordinary_contrast,
    ordinary_nats,
)
from shared.rating.signals.surprise import Surprise, firmness, surprise_of, with_next
from shared.rating.signals.ticks import CellChange, Ticks
from shared.rating.signals.transitions import find_transitions
from tests.shared.rating.signals.test_edits import SIDE, Strip, scene, seen

TICKS = 60
PEAK_NATS = 800.0


def marks(*touched, new_shot=()):
    edits = EditMarks(np.zeros(TICKS, dtype=bool), np.zeros(TICKS, dtype=bool))
    for part in touched:
        edits.touched[part] = True
    for part in new_shot:
        edits.new_shot[part] = True
    return edits


def restless(seed):
    """Nats of a clip whose first and last part move and whose middle does not."""
    nats = np.random.default_rng(seed).lognormal(np.log(60), 0.4, TICKS)
    nats[20:35] /= 2
    return nats


def score_beside(limit):
    """The score of an event of PEAK_NATS over a limit, as `surprise` weighs it."""
    return scores.unexpectedness((PEAK_NATS - limit) * 70 / (70 + limit))


@pytest.mark.parametrize("seed", range(8))
def test_a_long_edit_moves_the_score_of_an_event_elsewhere_by_few_points(seed):
    whole, motion = restless(seed), np.ones(TICKS)
    edited = whole.copy()
    edited[20:35] = 0.0  # an edit's ticks have no nats

    before = ordinary_nats(whole, marks(), motion)[14]
    after = ordinary_nats(edited, marks(slice(20, 35)), motion)[14]

    assert abs(score_beside(before) - score_beside(after)) <= 5


def test_what_an_edit_touches_is_not_ordinary():
    nats, level = np.full(TICKS, 40.0), np.full(TICKS, 2.0)
    spread = np.full(TICKS, 30.0)
    edits = marks(slice(10, 40))
    for values in (nats, level, spread):
        values[10:40] = 0.0

    assert ordinary_contrast(spread, edits) == 30.0
    assert (ordinary_change(level, 0.5, edits) == 2.0).all()
    limits = ordinary_nats(nats, edits, None)
    assert limits.min() == limits.max() > 3 * 40.0


def test_a_long_clip_is_judged_by_itself_and_a_short_one_like_footage_in_general():
    quiet = 10.0
    limits = {
        ticks: ordinary_nats(np.full(ticks, quiet), EditMarks(*np.zeros((2, ticks), bool)), None)[5]
        for ticks in (20, 200, 6000)
    }

    assert limits[20] > 2 * limits[200] > 2 * limits[6000]
    assert limits[6000] == pytest.approx(3 * quiet, rel=0.05)


def test_an_event_beside_a_long_edit_is_no_more_ordinary_there():
    """Two seconds of scored footage count on each side, also where an edit lies between."""
    nats = np.full(TICKS, 30.0)
    nats[42:50] = nats[52:59] = 300.0

    plain = ordinary_nats(nats, marks(), None)[45]
    beside_an_edit = ordinary_nats(nats, marks(slice(22, 41)), None)[45]

    assert beside_an_edit < 1.3 * plain


def test_a_movement_is_no_surprise_where_things_move_now_and_then():
    """One second in five moves, as far as the others: what is ordinary there has a wide tail."""
    seconds = 60
    calm = np.random.default_rng(1).lognormal(np.log(20), 0.4, 10 * seconds)
    restless_now_and_then = calm.copy()
    for second in range(0, seconds, 5):
        restless_now_and_then[10 * second : 10 * second + 10] *= 8
    none = EditMarks(*np.zeros((2, 10 * seconds), bool))

    calm_limit = ordinary_nats(calm, none, None)[25]
    limit = ordinary_nats(restless_now_and_then, none, None)[25]

    assert calm_limit == pytest.approx(3 * np.median(calm), rel=0.25)
    assert limit > 2 * calm_limit


def test_a_long_event_in_a_short_clip_hardly_widens_its_tail():
    nats = np.full(TICKS, 40.0)
    nats[30:42] = 800.0

    with_event, without = (
        ordinary_nats(values, marks(), None)[20] for values in (nats, np.full(TICKS, 40.0))
    )

    assert with_event < 1.7 * without


def test_a_clip_of_edits_alone_has_a_limit():
    limits = ordinary_nats(np.zeros(TICKS), marks(slice(0, TICKS)), np.zeros(TICKS))

    assert np.isfinite(limits).all()


def test_nothing_counts_half_a_second_into_a_shot_and_all_does_after_three():
    firm = firmness(marks(new_shot=(slice(20, 22),)).new_shot)

    assert firm[27] < 0.02
    assert firm[52] > 0.95


def test_a_wipe_to_a_moving_scene_is_listed_whole():
    """Where the new scene moves, the middle of the wipe fits better than all of it."""
    old, new = scene(3), scene(4)
    pictures = [old] * 30
    for index in range(25):
        mixed, edge = old.copy(), round((index + 0.5) / 25 * SIDE)
        moved = new.copy()
        moved[8:20, :12] += 20 * (index % 6 < 3)
        mixed[:, :edge] = moved[:, :edge]
        pictures.append(mixed)
    pictures += [new] * 30

    (wipe,) = find_transitions(seen(Strip(), pictures, 25).pictures())

    assert wipe.start_s == pytest.approx(1.2, abs=0.1)
    assert wipe.end_s == pytest.approx(2.2, abs=0.1)


def test_what_lasts_counts_in_full_and_what_one_tick_shows_counts_half():
    nats = np.zeros(TICKS)
    nats[20:23], nats[40] = 300.0, 300.0

    lasting = with_next(nats, marks().touched)

    assert lasting[20:23].tolist() == [300, 300, 150]
    assert lasting[38:42].max() == 150


def test_an_edit_is_not_averaged_with_the_ticks_before_it():
    nats = np.full(TICKS, 60.0)
    nats[30:34] = 900.0

    lasting = with_next(nats, marks(slice(30, 34)).touched)

    assert lasting[26:36].tolist() == [60] * 4 + [0] * 4 + [60] * 2


def test_more_motion_explains_more_however_fast_it_is():
    """The fastest tick that is not an event was a bound, and a dropped frame changes it."""
    motion = np.random.default_rng(4).lognormal(0.0, 0.6, TICKS)
    nats = 40.0 * (motion + 0.5)
    motion[30], motion[31] = 10.0, 30.0
    nats[30:32] = 2000.0

    limit = ordinary_nats(nats, marks(), motion)

    assert limit[31] > 1.2 * limit[30]


def test_the_onset_may_be_in_the_second_tick_of_a_mean():
    flat, no_freeze = np.zeros(TICKS), np.zeros(0, dtype=np.intp)
    footage = Footage()
    footage.cuts.times.extend(index / 25 for index in range(100))
    footage.cuts.local.extend(90.0 if index == 29 else 1.0 for index in range(100))

    onset_s = _onset_s(footage, Surprise(flat, flat, flat.astype(np.intp), no_freeze), peak=10)

    assert onset_s == 1.16


def surprise_of_a_spot(by, data=3):
    """A still picture; in twelve cells `by` grey levels change at second three, in some data."""
    cells = np.zeros((TICKS, 256), np.float32)
    cells[30 : 30 + data, :12] = by
    flat, level = np.zeros(TICKS), np.full(TICKS, 40.0)
    still = CellChange.of(np.zeros((TICKS, 512), np.float32))
    ticks = Ticks(CellChange.of(cells), still, level, flat, flat, flat)
    return surprise_of(ticks, None, marks()).corrected


def test_a_flicker_surprises_less_than_a_change_that_lasts():
    assert surprise_of_a_spot(20, data=1).max() < surprise_of_a_spot(20).max() / 2


def test_less_than_two_nats_are_noise_after_the_corrections_too():
    nats = np.array([surprise_of_a_spot(by) for by in np.linspace(7, 12, 80)])

    assert nats.max() > 10
    assert not ((nats > 0) & (nats < 2)).any()
