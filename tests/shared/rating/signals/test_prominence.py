"""What stands out as a cut among other changes: fast motion, flashes, cuts, slow pictures."""

import numpy as np
import pytest

from shared.rating.signals.cuts import CutFinder
from shared.rating.signals.decode import Footage
from shared.rating.signals.edits import edits_of
from tests.shared.rating.signals.test_edits import SIDE, panned, scene, seen


def cuts_s(pictures, fps=25):
    finder = seen(CutFinder(), pictures, fps)
    return [pytest.approx(finder.times[index], abs=1e-6) for index in finder.cuts()]


def waved(speeds, seed=20):
    """A sheet that a hand waves before the camera: no two pictures of it look alike."""
    picture, pictures = scene(seed), []
    for number, speed in enumerate(speeds):
        picture = picture + speed * (scene(seed + 1 + number) - 120)
        pictures.append(picture)
    return pictures


def swaying(index):
    return 0.5 * np.sin(index / 4)


@pytest.mark.parametrize("speeds", [(0.3, 0.6, 0.6, 0.3), (0.2, 0.6, 0.5), (0.4, 0.6, 0.2)])
def test_a_sheet_waved_before_the_camera_makes_no_cut(speeds):
    """Its speed grows and falls. At a cut the pictures beside it change no more than others."""
    moved = waved([0.0] * 40 + [*speeds] + [0.0] * 40)
    at_once = waved([0.0] * 40 + [max(speeds)] + [0.0] * 40)

    assert cuts_s(moved) == []
    assert cuts_s(at_once) == [1.6]


def test_a_cut_from_a_still_shot_to_one_that_moves_fast_is_found():
    pictures = [scene(1)] * 50 + [panned(10 + 1.5 * index, seed=9) for index in range(40)]

    assert cuts_s(pictures) == [2.0]


@pytest.mark.parametrize("first_speed", [0.6, 0.7])
def test_motion_that_starts_fast_before_a_still_camera_is_no_cut(first_speed):
    """The mean of a still side and a lively one is half of what the lively one does."""
    assert cuts_s(waved([0.0] * 40 + [first_speed] + [0.4] * 30)) == []


def test_black_bars_that_remain_behind_a_cut_make_it_no_jump_cut():
    def barred(index, seed):
        picture = panned(4 + 0.84 * index, seed=seed)
        picture[:7] = picture[-7:] = 16
        return picture

    pictures = [barred(index, seed) for seed in (9, 10) for index in range(40)]

    assert cuts_s(pictures) == [1.6]


def test_a_mixed_picture_between_two_shots_hides_no_cut():
    """A changed frame rate mixes the last picture of a shot with the first one of the next."""
    mixed = 0.3 * scene(1) + 0.7 * scene(2)
    pictures = [scene(1)] * 49 + [mixed] + [scene(2)] * 50

    assert cuts_s(pictures) == [1.96]


@pytest.mark.parametrize("between_s", [0.12, 0.3])
def test_a_cut_between_two_flashes_is_found(between_s):
    whiteness = np.array([0.2, 0.5, 0.8, 1.0, 0.8, 0.5, 0.2])
    old, new = scene(1), scene(5)
    still = round(between_s * 25)
    first = [old] * 30 + [old + share * (250 - old) for share in whiteness] + [old] * still
    second = [new] * still + [new + share * (250 - new) for share in whiteness] + [new] * 30

    assert cuts_s(first + second) == [len(first) / 25]


def test_cuts_a_quarter_of_a_second_apart_are_all_found():
    """Each shot moves only a little, so the cuts beside are most of what changes."""
    pictures = [
        panned(10 + 0.2 * (index // 2), seed=30 + shot) for shot in range(6) for index in range(6)
    ]

    assert cuts_s(pictures) == [6 * shot / 25 for shot in range(1, 6)]


def test_slow_pictures_in_which_little_moves_make_no_cut_when_much_does():
    """A camera sways 25 times a second before pictures that come twice a second."""

    def shown(index, corner_moves):
        picture = panned(10 + 1.2 * (index >= 55) + swaying(index))
        if corner_moves:
            picture[2:8, 2:8] = scene(50 + index // 11)[2:8, 2:8]
        return picture

    assert cuts_s([shown(index, corner_moves=True) for index in range(110)]) == []
    assert cuts_s([shown(index, corner_moves=False) for index in range(110)]) == [2.2]


def test_a_slow_picture_that_moves_more_than_others_is_no_cut_before_a_still_camera():
    """Each picture is shown twelve times, and between two of them nothing changes at all."""
    corners = np.cumsum([0, 0.2, 0.5, 1.2, 0.3, 0.2])

    assert cuts_s([panned(10 + corners[index // 12]) for index in range(72)]) == []
    assert cuts_s([panned(10 + 1.2 * (index >= 36)) for index in range(72)]) == [1.44]


def test_a_dark_shot_between_two_cuts_is_no_fade():
    """On the strip's few cells it looks like the bright one under a veil."""
    checked = np.indices((SIDE, SIDE)).sum(axis=0) % 2
    dark = (40 + 0.25 * (scene(1) - 120) + 28 * (checked - 0.5)).astype(np.float32)
    footage = Footage()
    for part in (footage.cuts, footage.strip):
        seen(part, [scene(1)] * 40 + [dark] * 20 + [scene(1)] * 40, 25)

    edits = edits_of(footage)

    assert edits.cuts_s == (1.6, 2.4)
    assert edits.transitions == ()
