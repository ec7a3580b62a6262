"""The signals of clips with known surprises, cuts and sounds."""

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from shared.rating.signals import (
    Signals,
    candidates,
    decode,
    flashes,
    gamma,
    measure,
    ordinary,
    scores,
    surprise,
    ticks,
    transitions,
)
from shared.rating.signals.arousal import arousal_curve
from shared.rating.signals.cuts import CutFinder
from shared.rating.signals.gamma import Belief, digamma, divergence, log_gamma
from shared.rating.signals.grid import Gridder, _layout
from shared.rating.signals.surprise import recent_motion

FPS, WIDTH, HEIGHT, RATE = 25, 144, 256, 48_000
Image = NDArray[np.float64]
Scene = Callable[[float], Image]  # the luma at a time in seconds


def in_campaigns(*seeds: int) -> list[Any]:
    return [pytest.param(seed, marks=pytest.mark.campaign) for seed in seeds]


def texture(seed: int, margin: int = 0) -> Image:
    """A smooth random picture of 8-pixel blotches around mid grey."""
    rng = np.random.default_rng(seed)
    h, w = HEIGHT + margin, WIDTH + margin
    coarse = rng.normal(0, 30, (h // 8 + 2, w // 8 + 2))
    y, x = np.arange(h) / 8, np.arange(w) / 8
    iy, ix = y.astype(int), x.astype(int)
    fy, fx = (y - iy)[:, None], x - ix
    upper = coarse[iy][:, ix] * (1 - fx) + coarse[iy][:, ix + 1] * fx
    lower = coarse[iy + 1][:, ix] * (1 - fx) + coarse[iy + 1][:, ix + 1] * fx
    return 120 + upper * (1 - fy) + lower * fy


def still(seed: int = 1) -> Scene:
    picture = texture(seed)
    return lambda t: picture


def panned(seed: int = 1, speed: float = 30.0, noise: float = 4.0) -> Scene:
    picture, rng = texture(seed, margin=160), np.random.default_rng(seed)

    def scene(t: float) -> Image:
        x = int(t * speed) % 150
        return picture[:HEIGHT, x : x + WIDTH] + rng.normal(0, noise, (HEIGHT, WIDTH))

    return scene


def beating(under: Scene, period_s: float = 0.6) -> Scene:
    """A ball that hops with a fixed period: the habit."""

    def scene(t: float) -> Image:
        image = under(t).copy()
        hop = int(30 * abs(np.sin(np.pi * t / period_s)))
        image[180 - hop : 204 - hop, 60:84] = 220
        return image

    return scene


def with_oddballs(under: Scene, *times_s: float, length_s: float = 0.4) -> Scene:
    """A dark square where nothing was before, at each of `times_s`."""

    def scene(t: float) -> Image:
        image = under(t)
        if any(at <= t + 1e-6 < at + length_s for at in times_s):
            image = image.copy()
            image[40:90, 20:70] = 20
        return image

    return scene


def spliced(*shots: tuple[float, Scene]) -> Scene:
    """Each scene until its end time."""
    return lambda t: next(scene for until, scene in shots if t + 1e-6 < until)(t)


def tone(seconds: float, amplitude: float = 0.1, channels: int = 1) -> NDArray[np.float32]:
    wave = amplitude * np.sin(2 * np.pi * 997 * np.arange(round(seconds * RATE)) / RATE)
    return np.tile(wave.astype(np.float32), (channels, 1))


def write(
    path: Path,
    scene: Scene,
    seconds: float,
    *,
    sound: NDArray[np.float32] | None = None,
    codec: str = "libx264",
    fps: int = FPS,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    colour: int = 128,
    pts: Callable[[int], int] = lambda index: index,
    options: dict[str, str] | None = None,
    sound_codec: str = "aac",
    heard_at: Callable[[int], int] = lambda sample: sample,
    turned: int = 0,
    gop: int | None = None,
    preset: str = "veryfast",
) -> Path:
    """`turned`: degrees clockwise that a player is to turn the frames; `gop`: frames a refresh.

    `preset` is x264's effort. Its own default takes twice the time of all the rest."""
    with av.open(str(path), "w", options=options or {}) as container:
        video = container.add_stream(codec, rate=fps, options=_effort(codec, preset))
        video.width, video.height = size
        video.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        if gop:
            video.gop_size = gop
        if turned:
            video.set_display_rotation(-turned)
        audio = None
        if sound is not None:
            layouts = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1", 16: "hexadecagonal"}
            audio = container.add_stream(sound_codec, rate=RATE, layout=layouts[len(sound)])
        for index in range(round(seconds * fps)):
            luma = np.clip(scene(index / fps), 0, 255).astype(np.uint8)
            chroma = np.full((HEIGHT // 2, WIDTH), colour, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), format="yuv420p")
            if size != (WIDTH, HEIGHT) or codec == "gif":
                frame = frame.reformat(*size, video.pix_fmt, interpolation="AREA")
            frame.pts, frame.time_base = pts(index), Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            for start in range(0, sound.shape[1], 960):
                piece = np.ascontiguousarray(sound[:, start : start + 960])
                heard = av.AudioFrame.from_ndarray(
                    piece if len(piece) <= 6 else _packed(piece),
                    format="fltp" if len(piece) <= 6 else "s16",
                    layout=audio.layout.name,
                )
                heard.rate, heard.time_base = RATE, Fraction(1, RATE)
                heard.pts = heard_at(start)
                container.mux(audio.encode(heard))
            container.mux(audio.encode(None))
    return path


def _effort(codec: str, preset: str) -> dict[str, str]:
    return {"preset": preset} if codec == "libx264" else {}


def _packed(piece: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.ascontiguousarray((piece.T * 32767).astype(np.int16).reshape(1, -1))


@pytest.fixture
def rate(tmp_path) -> Callable[..., Signals]:
    def rate(scene: Scene, seconds: float, name: str = "clip.mp4", **how: object) -> Signals:
        return measure(write(tmp_path / name, scene, seconds, **how))

    return rate


# The model of surprise


def test_surprise_is_zero_when_nothing_was_learnt():
    same = np.array([3.0])

    assert divergence(same, same, same, same)[0] == 0.0


def test_the_closed_form_agrees_with_numerical_integration():
    a1, b1, a0, b0 = 9.0, 4.0, 5.0, 3.0
    x = np.linspace(1e-6, 40, 400_000)

    def density(a: float, b: float) -> NDArray[np.float64]:
        log_norm = a * np.log(b) - log_gamma(np.array([a]))[0]
        return np.exp(log_norm + (a - 1) * np.log(x) - b * x)

    p, q = density(a1, b1), density(a0, b0)
    numerical = np.trapezoid(p * np.log(p / q), x)

    closed = divergence(np.array([a1]), np.array([b1]), np.array([a0]), np.array([b0]))
    assert closed[0] == pytest.approx(numerical, abs=1e-6)


def test_log_gamma_and_digamma_match_known_values():
    assert log_gamma(np.array([1.0, 5.0]))[1] == pytest.approx(np.log(24), abs=1e-10)
    assert digamma(np.array([1.0]))[0] == pytest.approx(-0.5772156649015329, abs=1e-9)


def test_the_same_datum_surprises_less_the_more_often_it_came():
    nats = Belief(1, (1.0,)).surprise(np.full((40, 1), 3.0))[gamma.TOGETHER :, 0]

    assert np.all(np.diff(nats) < 0)


def test_a_break_forgets_and_is_not_scored():
    counts = np.ones((20, 1))
    counts[10] = 50.0
    breaks = np.zeros(20, dtype=bool)
    breaks[10] = True

    assert Belief(1, (0.9,)).surprise(counts, breaks)[10, 0] == 0.0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_what_happens_at_once_surprises_alike_wherever_it_falls_between_two_ticks(share):
    counts = np.zeros((30, 1))
    counts[20 : 20 + gamma.TOGETHER] = 20.0
    spread = np.zeros((30, 1))
    spread[20 : 21 + gamma.TOGETHER, 0] = 20.0 * share, 20.0, 20.0, 20.0 * (1 - share)

    at_once = Belief(1, (0.7, 0.98)).surprise(counts).max()

    assert Belief(1, (0.7, 0.98)).surprise(spread).max() == pytest.approx(at_once, rel=0.05)


def test_no_datum_weighs_more_than_the_most():
    counts = np.zeros((30, 1))
    counts[20] = 30.0

    once = Belief(1, (0.9,), most=30.0).surprise(counts).max()

    assert Belief(1, (0.9,), most=30.0).surprise(2 * counts).max() == once


def test_a_tenth_is_the_mean_of_what_is_shown_in_it():
    ticker = ticks.Ticker()
    frames = np.array([10.0, 20.0, 30.0, 90.0], np.float32)
    luma = np.ones((4, 32, 32), np.float32) * frames[:, None, None]
    luma[:, 0, 0] = 0  # a picture without contrast has no spread to tell its level by
    colour = np.zeros((4, 2, 16, 16), np.float32)

    ticker.see(luma, colour, [0.02, 0.04, 0.08, 0.16])  # the first is shown from the start

    per_tick = ticker.close()
    levels = per_tick.spread / luma[0].std() * 10
    assert levels == pytest.approx([0.4 * 10 + 0.4 * 20 + 0.2 * 30, 0.6 * 30 + 0.4 * 90], rel=1e-4)


def test_a_frame_that_comes_late_leaves_what_changed_within_three_tenths():
    """A box moves on in each tenth. In the other clip it stands still once and then catches up."""

    def changes(places):
        luma = np.full((len(places), 32, 32), 90, np.float32)
        for frame, place in zip(luma, places, strict=True):
            frame[10:16, place : place + 4] = 200
        ticker = ticks.Ticker()
        times_s = [0.1 * index for index in range(len(places))]
        ticker.see(luma, np.full((len(places), 2, 16, 16), 128, np.float32), times_s)
        return np.abs(ticker.close().picture.blocks[0].astype(float)).sum(axis=1)

    even, late = changes([*range(20)]), changes([*range(9), 8, *range(10, 20)])

    assert late[9] > 0.5 * even[9], "in that tenth alone nothing changes"
    assert late[13:] == pytest.approx(even[13:])


def test_how_frames_are_handed_over_changes_no_tick():
    rng = np.random.default_rng(8)
    luma = rng.normal(120, 20, (30, 32, 32)).astype(np.float32)
    colour = rng.normal(120, 5, (30, 2, 16, 16)).astype(np.float32)
    times_s = np.sort(rng.uniform(0.3, 9.0, 30)).tolist()
    times_s[20:] = [at + 20 for at in times_s[20:]]  # a long gap
    whole, parts = ticks.Ticker(), ticks.Ticker()

    whole.see(luma, colour, times_s)
    for start in range(0, 30, 7):
        part = slice(start, start + 7)
        parts.see(luma[part], colour[part], times_s[part])

    at_once, in_parts = whole.close(), parts.close()
    assert len(at_once.motion) == int(times_s[-1] * 10) + 1
    assert in_parts.motion == pytest.approx(at_once.motion, abs=1e-3)


@pytest.mark.parametrize("waves", [5.6, 10.0])
def test_most_of_what_a_pan_does_is_explained(waves):
    """A shift of nearly a cell in a tenth, over a pattern with waves of a few cells."""
    rng = np.random.default_rng(9)
    turns = rng.uniform(0, 2 * np.pi, (2, 3, 2))
    y, x = np.mgrid[:32, :32].astype(float)

    def picture(shift):
        fine, coarse = (
            sum(np.sin((x + shift) * a + turn) * np.cos(y * a * 1.3 + other) for turn, other in two)
            for a, two in ((2 * np.pi / waves, turns[0]), (2 * np.pi / waves / 4, turns[1]))
        )
        return 120 + 20 * (fine + coarse)

    planes = np.stack([picture(0.9 * tick) for tick in range(6)]).astype(np.float32)

    residual = np.abs(ticks.unexplained(planes)[1:, 2:-2, 2:-2]).mean()

    assert residual < 0.02 * np.abs(np.diff(planes, axis=0)).mean()


def test_arrays_are_made_in_memory_that_was_used_before(tmp_path):
    """Fresh pages of the system cost more than what is computed in them."""
    path = write(tmp_path / "clip.mp4", beating(panned()), 6.0)
    pages = (
        "import resource, sys\n"
        "from shared.rating.signals import measure\n"
        "for _ in range(3):\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    measure(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )

    run = subprocess.run([sys.executable, "-c", pages, str(path)], check=True, capture_output=True)

    assert int(run.stdout) < 600


@pytest.mark.parametrize("side", [32, 16])
def test_many_ticks_are_fitted_as_each_by_itself(side):
    pictures = np.random.default_rng(3).uniform(0, 255, (99, side, side)).astype(np.float32)
    pictures[40:45] = pictures[40]  # where nothing changes, nothing is fitted

    together = ticks.unexplained(pictures)

    each = [ticks.unexplained(pictures[at - 1 : at + 1])[1] for at in range(1, len(pictures))]
    assert np.array_equal(together[1:], each)


def test_the_slopes_of_a_picture_are_numpys():
    picture = np.random.default_rng(4).uniform(0, 255, (2, 32, 32)).astype(np.float32)
    across, down = (np.empty_like(picture) for _ in range(2))

    ticks._fill_gradient(picture, across, down)

    assert np.array_equal([down, across], np.gradient(picture, axis=(1, 2)))


@pytest.mark.parametrize("width", [65, 67, 90, 135, 360])
def test_cells_cover_the_same_part_of_the_picture_whatever_its_size(width):
    across = (np.arange(width) + 0.5) / width * 200
    planes = np.full((240 * 3 // 2, width // 2 * 2), 128, np.uint8)
    planes[:240] = np.rint(across)[: width // 2 * 2]
    luma, _ = cells_of(av.VideoFrame.from_ndarray(planes, format="yuv420p"))

    even = width // 2 * 2
    expected = (np.arange(32) + 0.5) / 32 * even / width * 200
    assert luma[0, 5] == pytest.approx(expected, abs=0.6)


def cells_of(*frames: av.VideoFrame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gridder = Gridder(len(frames))
    for frame in frames:
        gridder.read(frame)
    return gridder.cells()


def test_the_cells_of_frames_are_those_of_each_whatever_the_others_are():
    rng = np.random.default_rng(5)
    sizes = [(96, 64), (64, 96), (64, 96), *[(90, 160)] * 9, (40, 40), (96, 64)]
    frames = [
        av.VideoFrame.from_ndarray(
            rng.integers(0, 256, (height * 3 // 2, width), np.uint8), format="yuv420p"
        )
        for width, height in sizes
    ]

    together = cells_of(*frames)

    each = [cells_of(frame) for frame in frames]
    for channel, cells in enumerate(together):
        assert np.array_equal(cells, [alone[channel][0] for alone in each])


def test_pictures_of_absurd_width_fill_no_memory():
    _layout.cache_clear()
    gridder = Gridder(20)

    for width in range(60_000, 60_160, 8):
        planes = np.full((64 * 3 // 2, width), 128, np.uint8)
        gridder.read(av.VideoFrame.from_ndarray(planes, format="yuv420p"))

    assert gridder.cells()[0] == pytest.approx(np.full((20, 32, 32), 128))
    assert _layout.cache_info().misses <= 2, "how to read each width was kept"


def test_what_moves_before_a_cut_is_not_what_moves_after_it():
    motion = np.array([0.0, 2.0, 2.0, 60.0, 30.0, 2.0, 2.0])
    breaks = np.array([False, False, False, True, True, False, False])

    assert recent_motion(motion, breaks).tolist()[5:] == [2.0, 2.0]


def test_scores_rise_with_nats_and_stay_on_the_scale():
    values = [scores.unexpectedness(nats) for nats in (0, 1, 10, 50, 200, 1e3, 1e4, 1e6, 1e12)]

    assert values == sorted(values)
    assert values[0] == 0
    assert scores.unexpectedness(scores.FULL_NATS) == 100
    assert values[-1] == 100


# Surprises found, and not found


@pytest.mark.parametrize("seed", [11, *in_campaigns(12, 13)])
def test_an_oddball_after_a_habit_is_found_on_a_still_camera(rate, seed):
    at_s = 3.0 + 0.2 * (seed - 11)

    signals = rate(with_oddballs(beating(still(seed)), at_s), 5.0)

    assert signals.onset_s == pytest.approx(at_s, abs=0.2)


@pytest.mark.parametrize("seed", [21, *in_campaigns(22, 23)])
def test_an_oddball_is_found_through_a_pan_and_noise(rate, seed):
    at_s = 3.0 + 0.2 * (seed - 21)

    signals = rate(with_oddballs(beating(panned(seed)), at_s), 5.0)

    assert signals.onset_s == pytest.approx(at_s, abs=0.2)


@pytest.mark.parametrize("scene", [still(31), panned(32), beating(still(33)), beating(panned(34))])
def test_nothing_stands_out_where_nothing_was_planted(rate, scene):
    signals = rate(scene, 4.0)

    assert signals.onset_s is None


def test_a_still_picture_surprises_nobody(rate):
    signals = rate(still(), 3.0)

    assert signals.unexpectedness <= 2
    assert signals.motion == pytest.approx(0.0, abs=0.05)


def test_each_identical_oddball_scores_less_than_the_one_before(rate):
    times_s = (2.0, 4.0, 6.0, 8.0, 10.0)

    curve = rate(with_oddballs(still(), *times_s), 11.5).surprise_curve

    peaks = [max(curve[int(at) : int(at) + 2]) for at in times_s]
    assert all(later < earlier for earlier, later in pairwise(peaks))


def test_repetition_takes_a_third_and_more_off_at_once(rate):
    first, second = 3.0, 5.0

    curve = rate(with_oddballs(beating(still(36)), first, second), 6.5).surprise_curve

    assert max(curve[5:]) < 2 / 3 * max(curve[3:5])


def test_an_oddball_surprises_more_after_a_longer_habit(rate):
    early = rate(with_oddballs(beating(still(35)), 1.2), 6.0).surprise_nats
    late = rate(with_oddballs(beating(still(35)), 4.8), 6.0).surprise_nats

    assert late > early


def test_a_sound_burst_is_found_by_ear(rate):
    burst = tone(5.0, 0.01)
    burst[:, 3 * RATE : 3 * RATE + RATE // 3] = np.random.default_rng(1).normal(0, 0.3, RATE // 3)

    signals = rate(still(), 5.0, sound=burst)

    assert signals.onset_s == pytest.approx(3.0, abs=0.2)
    assert signals.onset_channel == "sound"


def test_time_reversal_changes_surprise_but_not_mean_motion(rate):
    scene = with_oddballs(beating(panned(41, noise=0)), 3.4)

    forward = rate(scene, 4.0)
    backward = rate(lambda t: scene(4.0 - 1 / FPS - t), 4.0)

    assert backward.motion == pytest.approx(forward.motion, rel=0.1)
    assert abs(backward.surprise_nats - forward.surprise_nats) > 0.1 * forward.surprise_nats


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("brightness", lambda y: y + 12),
        ("contrast", lambda y: 120 + (y - 120) * 0.85),
    ],
)
def test_brightness_and_contrast_hardly_change_the_score(rate, what, change):
    scene = with_oddballs(beating(still(51)), 3.0)

    plain = rate(scene, 4.0).unexpectedness
    changed = rate(lambda t: change(scene(t)), 4.0).unexpectedness

    assert changed == pytest.approx(plain, rel=0.05)


@pytest.mark.parametrize("how", [{"size": (216, 384)}, {"fps": 50}, {"codec": "libx265"}])
def test_scale_frame_rate_and_encoding_hardly_change_the_score(rate, how):
    scene = with_oddballs(beating(still(52)), 3.0)

    plain = rate(scene, 4.0, preset="medium").unexpectedness
    changed = rate(scene, 4.0, preset="medium", **how).unexpectedness

    assert changed == pytest.approx(plain, rel=0.05)


@pytest.mark.campaign
def test_the_score_hardly_hangs_on_where_in_a_tenth_something_happens(rate):
    signals = [
        rate(with_oddballs(beating(still(54)), 3.0 + frames / FPS), 4.0).unexpectedness
        for frames in range(5)
    ]

    assert max(signals) < 1.2 * min(signals)


def test_an_event_at_a_refresh_by_the_encoder_is_found_all_the_same(rate):
    scene = with_oddballs(beating(panned(53)), 3.0)

    plain = rate(scene, 4.0)
    refreshed = rate(scene, 4.0, gop=75)

    assert refreshed.onset_s == pytest.approx(3.0, abs=0.2)
    assert refreshed.unexpectedness == pytest.approx(plain.unexpectedness, rel=0.2)


def test_events_over_a_still_picture_are_not_taken_for_what_motion_goes_with(rate):
    signals = rate(with_oddballs(still(), *range(2, 12, 2)), 12.0)

    assert signals.onset_s == pytest.approx(2.0, abs=0.2)


def test_the_surprise_curve_is_not_the_motion_curve(rate):
    picture = texture(61, margin=320)

    def handheld(t: float) -> Image:  # a camera whose speed keeps changing
        x, y = 60 + int(55 * np.sin(t * (1 + t / 12))), 60 + int(50 * np.sin(0.7 * t))
        return picture[y : y + HEIGHT, x : x + WIDTH]

    signals = rate(handheld, 16.0)

    assert len(set(signals.motion_curve)) == 16
    assert set(signals.surprise_curve) == {0.0}


# Cuts


def test_cuts_are_found_to_the_frame(rate):
    shots = [(1.2, panned(71)), (2.0, panned(72)), (3.44, still(73)), (5.0, panned(74))]

    signals = rate(spliced(*shots), 5.0)

    assert signals.cuts_s == pytest.approx((1.2, 2.0, 3.44), abs=1.01 / FPS)


def test_a_flash_is_no_cut(rate):
    scene = still(75)

    signals = rate(lambda t: scene(t) + (100 if 2.0 <= t < 2.07 else 0), 4.0)

    assert signals.cuts_s == ()


def test_another_picture_for_two_frames_is_no_cut(rate):
    shots = [(2.0, still(78)), (2.08, still(79)), (4.0, still(78))]

    signals = rate(spliced(*shots), 4.0)

    assert signals.cuts_s == ()


def test_a_picture_that_fades_back_at_once_is_no_cut(rate):
    scene, other = still(78), still(79)
    shots = [(2.0, scene), (2.04, other), (2.08, lambda t: (scene(t) + other(t)) / 2), (4, scene)]

    signals = rate(spliced(*shots), 4.0)

    assert signals.cuts_s == ()


def test_a_cut_is_an_edit_and_not_the_surprise(rate):
    signals = rate(spliced((3.0, still(76)), (5.0, still(77))), 5.0)

    assert signals.onset_s is None
    assert signals.surprise_raw_nats > 10 * signals.surprise_nats


def test_how_the_work_is_cut_into_blocks_changes_nothing(tmp_path, monkeypatch):
    shots = spliced((1.4, panned(81)), (2.2, still(82)), (4.0, with_oddballs(still(82), 3.5)))
    path = write(tmp_path / "clip.mp4", shots, 4.0, sound=tone(4.0))
    usual = measure(path)

    monkeypatch.setattr(decode, "_BLOCK", 5)
    monkeypatch.setattr(ticks, "_CHUNK", 7)
    otherwise = measure(path)

    assert otherwise.cuts_s == usual.cuts_s
    assert otherwise.onset_s == usual.onset_s
    assert otherwise.surprise_curve == pytest.approx(usual.surprise_curve, rel=1e-3, abs=1e-3)
    assert otherwise.motion_curve == pytest.approx(usual.motion_curve, rel=1e-4)


def test_how_much_of_a_long_clip_is_judged_at_once_changes_no_number(tmp_path, monkeypatch):
    shots = spliced((1.4, panned(81)), (2.2, still(82)), (4.0, with_oddballs(still(82), 3.5)))
    path = write(tmp_path / "clip.mp4", shots, 4.0, sound=tone(4.0))
    usual = measure(path)

    for module in (candidates, flashes, transitions):
        monkeypatch.setattr(module, "BLOCK", 11)
    monkeypatch.setattr(gamma, "_AT_ONCE", 100)
    monkeypatch.setattr(ordinary, "_AT_ONCE", 7)
    monkeypatch.setattr(surprise, "_EVENTS_AT_ONCE", 2)

    assert measure(path) == usual


@pytest.mark.parametrize("block", [1, 2, 5, 32])
def test_cuts_and_flashes_are_told_apart_wherever_a_block_ends(block):
    scenes = np.random.default_rng(9).uniform(30, 200, (3, 32, 32)).astype(np.float32)
    shown = [0] * 12 + [1] * 2 + [0] * 9 + [1] + [0] * 11 + [1] * 15 + [2] * 3 + [1] * 2 + [2] * 9
    luma, colour = scenes[shown], np.full((len(shown), 2, 16, 16), 128, np.float32)
    finder = CutFinder()

    for start in range(0, len(shown), block):
        part = slice(start, start + block)
        finder.see(luma[part], colour[part], [at / FPS for at in range(len(shown))[part]])

    assert finder.cuts() == (35, 50)


# Arousal


@pytest.mark.parametrize(
    "more", [{"motion": 6.0}, {"cuts_s": (1.1, 2.1, 3.1, 4.1)}, {"loudness": -12.0}]
)
def test_motion_cuts_and_loudness_each_raise_arousal(more):
    def arousal(motion=1.0, cuts_s=(), loudness=-30.0):
        return arousal_curve(np.full(6, motion), cuts_s, [loudness] * 6)

    assert np.all(arousal(**more) >= arousal())
    assert arousal(**more).mean() > arousal().mean() + 5


def test_arousal_stays_on_its_scale():
    wildest = arousal_curve(np.full(5, 1e6), tuple(np.arange(0, 5, 0.04)), [10.0] * 5)
    calmest = arousal_curve(np.zeros(5), (), [None] * 5)

    assert wildest.max() <= 100
    assert wildest.min() > 95
    assert calmest.tolist() == [0.0] * 5
    assert arousal_curve(np.ones(1), (), [None]).shape == (1,)


# Sound


def test_loudness_follows_the_standard(rate):
    # BS.1770: 997 Hz at -20 dBFS peak in both channels reads -20 LUFS.
    signals = rate(still(), 2.0, sound=tone(2.0, 0.1, channels=2))

    assert signals.loudness_lufs == pytest.approx(-20.0, abs=0.3)


def test_surround_sound_is_heard_and_its_bass_channel_is_not(rate):
    sound = np.zeros((6, 2 * RATE), np.float32)
    sound[3] = tone(2.0, 0.3)  # the low-frequency effects channel

    signals = rate(still(), 2.0, sound=sound, name="clip.mkv", sound_codec="pcm_s16le")

    assert signals.has_audio
    assert signals.loudness_lufs is None


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_eight_channels_are_as_loud_as_their_sum(rate, codec):
    sound = np.zeros((8, 2 * RATE), np.float32)
    sound[:2] = tone(2.0, 0.1, channels=2)

    signals = rate(still(), 2.0, sound=sound, name="clip.mkv", sound_codec=codec)

    assert signals.loudness_lufs == pytest.approx(-20.0, abs=0.3)


def test_more_channels_than_the_standard_weighs_are_not_guessed_at(rate):
    sound = tone(2.0, 0.1, channels=16)

    signals = rate(still(), 2.0, sound=sound, name="clip.mkv", sound_codec="pcm_s16le")

    assert signals.has_audio
    assert signals.loudness_lufs is None


def test_a_clip_without_sound_has_no_loudness(rate):
    signals = rate(still(), 2.0)

    assert signals.loudness_lufs is None
    assert signals.loudness_curve == (None, None)
    assert "no_audio" in signals.flags


def test_silence_is_not_the_absence_of_sound(rate):
    signals = rate(still(), 2.0, sound=tone(2.0, 0.0))

    assert signals.has_audio
    assert signals.loudness_lufs is None
    assert "silent" in signals.flags


def test_sound_that_starts_late_is_placed_where_it_is_heard(rate):
    signals = rate(
        still(), 4.0, sound=tone(2.0), heard_at=lambda at: at + 2 * RATE, name="clip.mkv"
    )

    assert "late_start" in signals.flags
    assert signals.loudness_curve[0] is None
    assert signals.loudness_curve[3] is not None


def test_a_hole_in_the_sound_is_silence_and_moves_nothing(rate):
    burst = tone(4.0, 0.01)
    burst[:, 2 * RATE : 2 * RATE + RATE // 3] = np.random.default_rng(1).normal(0, 0.3, RATE // 3)

    signals = rate(
        still(),
        8.0,
        sound=burst,
        heard_at=lambda at: at if at < RATE else at + 3 * RATE,
        name="clip.mkv",
    )

    assert signals.onset_channel == "sound"
    assert signals.onset_s == pytest.approx(5.0, abs=0.2)
    assert signals.loudness_curve[2:4] == (None, None)


def test_a_picture_that_starts_late_keeps_its_place_beside_the_sound(rate):
    signals = rate(
        with_oddballs(still(), 1.6), 2.4, sound=tone(3.4), pts=lambda i: i + FPS, name="clip.mkv"
    )

    assert "late_start" in signals.flags
    assert signals.onset_s == pytest.approx(2.6, abs=0.2)


# Files of every make


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_picture_is_measured_as_it_is_shown(rate, degrees):
    signals = rate(still(), 0.4, turned=degrees)

    assert signals.rotation == degrees
    upright = degrees % 180 == 0
    assert (signals.width, signals.height) == ((WIDTH, HEIGHT) if upright else (HEIGHT, WIDTH))


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("h264.mp4", "libx264"),
        ("hevc.mp4", "libx265"),
        ("vp9.webm", "libvpx-vp9"),
        ("av1.mp4", "libsvtav1"),
        ("h264.mkv", "libx264"),
        ("mpeg4.avi", "mpeg4"),
        ("picture.gif", "gif"),
    ],
)
def test_every_usual_codec_is_measured(rate, name, codec):
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}")

    signals = rate(with_oddballs(still(), 1.6), 2.4, name=name, codec=codec)

    assert signals.onset_s == pytest.approx(1.6, abs=0.2)
    assert (signals.width, signals.height) == (WIDTH, HEIGHT)


def test_a_gif_with_delays_of_different_length_is_measured_by_its_clock(rate):
    """Every second picture stays for three ticks, so the clip lasts twice as long."""
    signals = rate(
        with_oddballs(still(), 1.6),
        2.4,
        name="picture.gif",
        codec="gif",
        pts=lambda index: 2 * index + (index % 2),
    )

    assert signals.onset_s == pytest.approx(3.2, abs=0.3)
    assert signals.duration_s == pytest.approx(4.8, abs=0.3)


def test_curves_have_one_value_a_started_second(rate):
    signals = rate(still(), 2.4, sound=tone(2.4))

    curves = (
        signals.surprise_curve,
        signals.motion_curve,
        signals.arousal_curve,
        signals.loudness_curve,
    )
    assert [len(curve) for curve in curves] == [3, 3, 3, 3]
    assert signals.duration_s == pytest.approx(2.4, abs=0.1)


def test_a_variable_frame_rate_does_not_move_the_onset(rate):
    scene = with_oddballs(still(), 3.0)
    uneven = [index + (index % 3 == 1) * 0.4 for index in range(100)]  # of a frame

    signals = rate(
        lambda t: scene(uneven[round(t * FPS)] / FPS),
        4.0,
        name="clip.mkv",
        pts=lambda index: round(uneven[index]),
    )

    assert signals.onset_s == pytest.approx(3.0, abs=0.2)


def test_the_same_file_gives_the_same_numbers(tmp_path):
    path = write(tmp_path / "clip.mp4", beating(panned()), 2.0, sound=tone(2.0))

    assert measure(path) == measure(path)
