"""Edits on small arrays of known content: the strip, the camera, transitions and their marks."""

from functools import lru_cache

import numpy as np
import pytest

from shared.rating.signals import unblended
from shared.rating.signals.camera import is_same_picture, is_same_scene
from shared.rating.signals.cuts import CutFinder
from shared.rating.signals.decode import MAX_DURATION_S, Footage
from shared.rating.signals.edits import Edits, edits_of
from shared.rating.signals.ordinary import EditMarks
from shared.rating.signals.strip import CELLS, STEP_S, Pictures, Strip
from shared.rating.signals.surprise import surprise_of
from shared.rating.signals.ticks import CellChange, Ticks
from shared.rating.signals.transitions import Transition, find_transitions

SIDE = 32


def scene(seed, side=SIDE):
    """A smooth picture with structure of a few cells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / SIDE
    waves = sum(
        rng.uniform(15, 35) * np.sin(2 * np.pi * (a * x + b * y) + rng.uniform(0, 6))
        for a, b in rng.integers(-4, 5, (6, 2))
    )
    return (np.clip(120 + waves, 10, 245)).astype(np.float32)


def panned(right, down=20.0, seed=5):
    """What a camera sees of a wide scene, from a corner at any part of a cell."""
    low, share = int(np.floor(right)), right % 1
    top, part = int(np.floor(down)), down % 1
    view = wide_scene(seed)[top : top + SIDE + 1, low : low + SIDE + 1]
    rows = (1 - part) * view[:-1] + part * view[1:]
    return ((1 - share) * rows[:, :-1] + share * rows[:, 1:]).astype(np.float32)


@lru_cache
def wide_scene(seed):
    return scene(seed, 200)


def seen(part, pictures, fps):
    """Show luma pictures (frames x 32 x 32) to a cut finder or a strip, in blocks."""
    colour = np.full((len(pictures), 2, 16, 16), 128, np.float32)
    for start in range(0, len(pictures), 7):
        block = slice(start, start + 7)
        times_s = [index / fps for index in range(len(pictures))[block]]
        part.see(np.stack(pictures[block]), colour[block], times_s)
    return part


def clip(between, length, fps=25, still_s=1.2):
    """One scene, the pictures that `between` makes of share 0 to 1, and another scene."""
    count, still = round(length * fps), round(still_s * fps)
    mixed = [between((index + 0.5) / count) for index in range(count)]
    return [between(0.0)] * still + mixed + [between(1.0)] * still


def dissolve(share):
    return (1 - share) * scene(1) + share * scene(2)


def wipe(share):
    mixed = scene(1).copy()
    mixed[:, : round(share * SIDE)] = scene(2)[:, : round(share * SIDE)]
    return mixed


def fade(share):
    return scene(1) * (1 - 2 * share) if share < 0.5 else scene(2) * (2 * share - 1)


def flash(share):
    white = max(0.0, 1 - abs(2 * share - 1))
    return (1 - white) * scene(1) + white * 250


@pytest.mark.few(12)
@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("length", [0.3, 0.8, 1.4])
@pytest.mark.parametrize("between", [dissolve, wipe, fade, flash])
def test_a_gradual_edit_is_found_where_it_is(between, length, fps):
    strip = seen(Strip(), clip(between, length, fps), fps)

    found = find_transitions(strip.pictures())

    assert len(found) == 1
    assert found[0].start_s <= 1.2 + length / 2 <= found[0].end_s
    assert found[0].start_s >= 1.2 - 0.5 and found[0].end_s <= 1.2 + length + 0.5
    assert found[0].returns == (between is flash)


@pytest.mark.parametrize("length", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("dark", [0, 1])
def test_a_fade_has_both_of_its_sides_though_one_shot_is_dark(dark, length):
    shots = [scene(1), scene(2)]
    shots[dark] = 16 + (shots[dark] - 120).clip(0) / 6

    def faded(share):
        shown = 1 - 2 * share if share < 0.5 else 2 * share - 1
        return 16 + shown * (shots[int(share >= 0.5)] - 16)

    (transition,) = find_transitions(seen(Strip(), clip(faded, length), 25).pictures())

    assert transition.start_s == pytest.approx(1.2, abs=0.09)
    assert transition.end_s == pytest.approx(1.2 + length, abs=0.09)


def test_both_sides_of_a_fade_are_one_where_they_share_the_black_picture():
    pictures = [fade(share) for share in [0.0] * 30 + [step / 24 for step in range(25)]]
    pictures += [fade(1.0)] * 30

    (transition,) = find_transitions(seen(Strip(), pictures, 25).pictures())

    assert transition.start_s == pytest.approx(1.2, abs=0.09)
    assert transition.end_s == pytest.approx(1.2 + 24 / 25, abs=0.09)


def test_a_hard_cut_is_no_gradual_edit():
    strip = seen(Strip(), [scene(1)] * 30 + [scene(2)] * 30, 25)

    assert find_transitions(strip.pictures(), (1.2,)) == ()


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("between", [dissolve, wipe, fade])
def test_a_change_of_scene_within_a_tenth_of_a_second_is_an_edit(between, fps):
    strip = seen(Strip(), clip(between, 0.1, fps), fps)

    (transition,) = find_transitions(strip.pictures())

    assert 1.2 - 0.13 <= transition.start_s <= 1.25 <= transition.end_s <= 1.3 + 0.13


def slid(share):
    """The new scene pushes the old one out. No cell goes from one to the other."""
    both = np.concatenate([scene(1), scene(3)], axis=1)
    return both[:, round(share * SIDE) :][:, :SIDE]


def edits_in(pictures, fps=25):
    return find_transitions(seen(Strip(), pictures, fps).pictures())


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("length", [0.5, 1.0, 1.5])
def test_a_slide_from_one_scene_at_rest_to_another_is_an_edit(length, fps):
    (transition,) = edits_in(clip(slid, length, fps), fps)

    assert transition.start_s == pytest.approx(1.2, abs=0.13)
    assert transition.end_s == pytest.approx(1.2 + length, abs=0.13)


def test_a_scene_is_at_rest_if_it_is_for_a_second():
    shorter = edits_in(clip(slid, 1.0, still_s=0.8))

    assert all(part.end_s - part.start_s < 0.5 for part in shorter)


def test_how_many_pictures_are_judged_at_once_changes_no_slide(monkeypatch):
    usual = edits_in(clip(slid, 1.0))
    monkeypatch.setattr(unblended, "BLOCK", 11)

    assert edits_in(clip(slid, 1.0)) == usual


@pytest.mark.parametrize("restless", [slice(10, 30), slice(55, 75)])
def test_from_a_scene_that_moves_a_slide_is_not_listed(restless):
    pictures = [picture.copy() for picture in clip(slid, 1.0)]
    rng = np.random.default_rng(3)
    for picture in pictures[restless]:
        picture[:, :16] += np.float32(rng.normal(0, 20))

    assert all(part.end_s - part.start_s < 0.4 for part in edits_in(pictures))


def test_a_slide_is_listed_though_a_part_of_the_scene_moves():
    pictures = [picture.copy() for picture in clip(slid, 1.0)]
    rng = np.random.default_rng(3)
    for picture in pictures:
        picture[:4, :8] += np.float32(rng.normal(0, 20))

    assert [part for part in edits_in(pictures) if part.start_s < 1.7 < part.end_s]


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("plain", [16.0, 235.0])
def test_a_cut_through_a_flash_of_one_frame_is_a_cut(plain, fps):
    """Two shots that are less apart from each other than from the flash."""
    shots = [scene(1), 0.5 * scene(1) + 0.5 * scene(2)]
    pictures = [shots[0]] * 40 + [np.full_like(shots[0], plain)] + [shots[1]] * 40

    finder = seen(CutFinder(), pictures, fps)

    assert finder.cuts() == (41,)


def test_a_flash_of_one_frame_in_a_shot_that_moves_is_no_cut():
    pictures = [panned(10 + at / 3) for at in range(80)]
    pictures[40] = np.full_like(pictures[40], 235.0)

    assert seen(CutFinder(), pictures, 30).cuts() == ()


def test_a_picture_that_fills_most_of_a_scene_for_a_moment_is_no_edit():
    def shown(at):
        picture = scene(1).copy()
        picture[:, : 0 if at < 30 else 24] = scene(2)[:, : 0 if at < 30 else 24]
        return picture

    assert find_transitions(seen(Strip(), [shown(at) for at in range(60)], 25).pictures()) == ()


@pytest.mark.parametrize("still", [0, 1, 5])
def test_two_flashes_of_one_shot_that_are_near_start_no_shot(still):
    whiteness = (0.3, 0.6, 0.9, 1.0, 0.9, 0.6, 0.3)
    flashed = [scene(1) + share * (250 - scene(1)) for share in whiteness]
    pictures = [scene(1)] * 40 + flashed + [scene(1)] * still + flashed + [scene(1)] * 40

    (transition,) = find_transitions(seen(Strip(), pictures, 25).pictures())

    assert transition.kind == "flash"
    assert transition.returns


@pytest.mark.parametrize("length", [0.12, 0.3, 1.0])
def test_a_dark_shot_is_covered_though_it_cannot_go_far(length):
    dark = 16 + scene(1) / 16

    def covered(share):
        black = min(1.0, 1.5 * (1 - abs(2 * share - 1)))
        return (1 - black) * dark + black * 16

    (transition,) = find_transitions(seen(Strip(), clip(covered, length), 25).pictures())

    assert transition.returns
    assert transition.start_s <= 1.2 + length / 2 <= transition.end_s


def test_a_wipe_begins_where_it_hardly_changes_the_picture():
    """Half of the new picture is nearly as the old one, so most of the change comes late."""
    new = scene(1) + np.where(np.arange(SIDE) < SIDE // 2, 8.0, 0.0)
    new[:, SIDE // 2 :] = scene(2)[:, SIDE // 2 :]

    def wiped(share):
        edge = round(share * SIDE)
        return np.concatenate([new[:, :edge], scene(1)[:, edge:]], axis=1)

    (transition,) = find_transitions(seen(Strip(), clip(wiped, 1.0), 25).pictures())

    assert transition.start_s == pytest.approx(1.2, abs=0.17)
    assert transition.end_s == pytest.approx(2.2, abs=0.17)


@pytest.mark.parametrize("fps", [24, 60])
def test_a_dark_shot_between_two_bright_ones_that_look_alike_is_no_fade(fps):
    """It has less contrast than they have, as under a veil, but what it shows is its own."""
    bright, dark = scene(1), 25 + (scene(2) - 120) / 5
    pictures = [bright] * fps + [dark] * fps + [bright + 3] * fps

    assert find_transitions(seen(Strip(), pictures, fps).pictures(), (1.0, 2.0)) == ()
    assert seen(CutFinder(), pictures, fps).cuts() == (fps, 2 * fps)


def test_a_pan_is_no_edit():
    wide = scene(5, 128)
    pictures = [wide[20:52, at : at + 32] for at in range(90)]

    assert find_transitions(seen(Strip(), pictures, 25).pictures()) == ()
    assert seen(CutFinder(), pictures, 25).cuts() == ()


def test_an_object_that_appears_slowly_is_no_edit():
    def grown(share):
        picture = scene(1).copy()
        picture[4:16, 4:18] += share * 90
        return picture

    assert find_transitions(seen(Strip(), clip(grown, 0.5), 25).pictures()) == ()


def test_the_strip_is_what_a_player_shows_whatever_the_frame_rate():
    once = [scene(number) for number in range(20)]

    plain = seen(Strip(), once, 25).pictures()
    repeated = seen(Strip(), [picture for picture in once for _ in range(2)], 50).pictures()

    assert plain.cells.shape == (20, CELLS)
    assert repeated[:20] == pytest.approx(plain[:])


def test_a_hand_that_moves_before_a_scene_in_slow_pictures_makes_no_cut():
    """The hand covers half of the picture, each time elsewhere. A quarter remains as it was."""
    covered = np.random.default_rng(3).uniform(size=(10, SIDE // 4, SIDE // 4)) < 0.5
    pictures = [
        np.where(
            np.kron(covered[index // 11], np.ones((4, 4), bool)),
            panned(10 + index // 11 * 9, seed=8),
            panned(20 + 0.1 * np.sin(index / 4)),
        ).astype(np.float32)
        for index in range(99)
    ]

    assert seen(CutFinder(), pictures, 25).cuts() == ()


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_a_cut_is_the_same_one_at_every_frame_rate(fps):
    count = round(2 * fps)
    finder = seen(CutFinder(), [scene(1)] * count + [scene(2)] * count, fps)

    assert [finder.times[index] for index in finder.cuts()] == [pytest.approx(2.0)]


def test_repeated_frames_make_no_cut_and_hide_none():
    """At 25 frames a second moves are seen, at 60 most frames repeat the one before."""
    wide = scene(5, 128)
    moving = [wide[20:52, at : at + 32] for at in range(50)] + [scene(3)] * 25
    shown = [
        moving[min(len(moving) - 1, index * 25 // 60)] for index in range(len(moving) * 60 // 25)
    ]

    finder = seen(CutFinder(), shown, 60)

    assert [finder.times[index] for index in finder.cuts()] == [pytest.approx(2.0, abs=0.02)]


def test_a_slow_camera_in_a_fast_file_makes_no_cut():
    """Eight pictures a second, shown sixty times a second."""
    wide = scene(5, 200)
    moving = [wide[20:52, 5 * at : 5 * at + 32] for at in range(30)]
    shown = [moving[index * 8 // 60] for index in range(len(moving) * 15 // 2)]

    assert seen(CutFinder(), shown, 60).cuts() == ()
    assert seen(CutFinder(), moving, 8).cuts() == ()


def test_slow_pictures_before_a_moving_camera_make_no_cut_and_one_jump_is_one():
    """Two pictures a second of a moving scene, and a camera that sways 25 times a second."""
    sway = [0.5 * np.sin(index / 4) for index in range(100)]
    slow = [panned(10 + 4 * (index // 11) + sway[index]) for index in range(100)]
    once = [panned(10 + 4 * (index > 50) + sway[index]) for index in range(100)]

    assert seen(CutFinder(), slow, 25).cuts() == ()
    assert seen(CutFinder(), once, 25).cuts() == (51,)


def test_a_cut_between_two_fast_pans_is_found_where_frames_were_dropped():
    """After a missing frame the camera has moved twice as far. That is no jump of its own."""
    pans = [panned(10 + 0.7 * index, seed=9 + (index >= 40)) for index in range(80)]
    finder = CutFinder()
    for index in range(80):
        if index % 5 != 4:
            colour = np.full((1, 2, 16, 16), 128, np.float32)
            finder.see(pans[index][None], colour, [index / 25])

    assert [finder.times[index] for index in finder.cuts()] == [1.6]


def test_a_camera_that_jolts_again_and_again_makes_no_transition():
    to_and_fro = [min(1, index % 18 / 4) for index in range(120)]
    corners = [
        10 + 5 * (part if index // 18 % 2 == 0 else 1 - part)
        for index, part in enumerate(to_and_fro)
    ]
    pictures = [panned(corner, 20.0 + corner) for corner in corners]

    assert find_transitions(seen(Strip(), pictures, 25).pictures()) == ()


def test_a_large_object_that_jumps_in_a_corner_is_no_cut():
    def shown(at):
        picture = scene(1).copy()
        picture[:20, :24] = scene(4)[:20, :24] if at >= 25 else picture[:20, :24]
        return picture

    assert seen(CutFinder(), [shown(at) for at in range(50)], 25).cuts() == ()


def test_a_shifted_or_zoomed_picture_is_the_same_scene_and_another_one_is_not():
    wide = scene(7, 64)
    here, shifted = wide[10:42, 10:42], wide[14:46, 16:48]

    assert is_same_scene(here, shifted)
    assert not is_same_picture(here, shifted)
    assert is_same_picture(here, 0.5 * here + 40)
    assert not is_same_scene(here, scene(8))


def test_ticks_of_an_edit_are_not_scored_and_a_flash_starts_no_shot():
    edits = Edits((1.0,), (Transition("flash", 3.0, 3.2, True), Transition("dissolve", 5.0, 5.5)))

    marks = edits.marks(80)

    assert marks.touched[[9, 10, 11, 30, 33, 50, 56]].all()
    assert marks.touched[[13, 35, 58]].all(), "three tenths hold the edit"
    assert marks.new_shot[[10, 50, 53]].all() and not marks.new_shot[25:40].any()
    assert not marks.new_shot[56], "most of a dissolve's last quarter shows the new shot"
    assert not marks.touched[[8, 20, 45, 70]].any()
    assert edits.changes_s == (1.0, 3.1, 5.25)


def test_what_is_shown_just_before_a_soft_cut_is_not_scored():
    assert Edits((2.0,), ()).marks(40).touched[[19, 20]].all()
    assert not Edits((2.0,), ()).marks(40).touched[18]
    assert not Edits((2.06,), ()).marks(40).touched[19]


def test_what_goes_on_under_a_flash_is_no_surprise_behind_it():
    changes = np.zeros((80, 256), np.float32)
    changes[:, :200] = 0.5
    changes[35:, 200:230] = 12.0
    flat = np.ones(80)
    ticks = Ticks(
        CellChange.of(changes), CellChange.of(0 * changes), 40 * flat, flat, 0 * flat, flat
    )
    hidden = np.zeros(80, dtype=bool)
    hidden[30:46] = True

    never_seen = surprise_of(ticks, None, EditMarks(np.zeros(80, dtype=bool), 0 * hidden))
    ticks = Ticks(
        CellChange.of(changes), CellChange.of(0 * changes), 40 * flat, flat, 0 * flat, flat
    )
    behind = surprise_of(ticks, None, EditMarks(hidden, 0 * hidden))

    assert never_seen.corrected[35] > 20
    assert behind.corrected[46:].max() == 0


def test_a_flash_is_bridged_and_a_cut_is_not():
    edits = Edits((1.0,), (Transition("flash", 3.0, 3.2, True),))

    hidden, nearest = edits.marks(60).bridges()

    assert set(hidden) == set(range(29, 36))
    assert set(nearest) == {28, 36}


def test_nothing_that_did_not_decode_is_a_cut():
    footage = Footage(damaged_s=[(0.9, 2.0)])
    seen(footage.cuts, [scene(1)] * 25 + [scene(2)] * 25, 25)
    seen(footage.strip, [scene(1)] * 25 + [scene(2)] * 25, 25)

    edits = edits_of(footage)

    assert edits.cuts_s == ()
    assert edits.marks(30).touched[9:21].all()


def test_pictures_of_the_strip_become_the_same_numbers_in_32_bits():
    cells = np.arange(0x7C00, dtype=np.uint16).view(np.float16)  # all from 0 to the largest

    assert np.array_equal(Pictures(cells)[:], cells.astype(np.float32))


def test_the_strip_holds_the_longest_clip():
    strip, grey = Strip(), np.full((1, SIDE, SIDE), 90, np.float32)
    for at_s in np.arange(0.0, MAX_DURATION_S + 1, 50.0):
        strip.see(grey, np.full((1, 2, 16, 16), 128, np.float32), [float(at_s)])

    assert len(strip.pictures()) == MAX_DURATION_S / STEP_S + 1


def test_an_empty_gap_of_a_minute_fills_no_memory():
    strip = Strip()
    grey = np.full((2, SIDE, SIDE), 90, np.float32)
    strip.see(grey, np.full((2, 2, 16, 16), 128, np.float32), [0.0, 1700.0])

    assert len(strip.pictures()) <= 60 / STEP_S + 1
