"""The answers of the signals rater; dimensions that pixels cannot tell stay empty."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from shared.inputs.media_type import MP4
from shared.rating.rater import MediaToRate
from shared.rating.signals import Signals, Unratable, examine
from shared.rating.signals.rater import SignalsRater
from shared.storage.layout import RatingKey

MEASURED = Signals(
    duration_s=10.0,
    width=270,
    height=480,
    rotation=90,
    fps=25.0,
    frames=250,
    has_audio=True,
    cuts_s=(3.0, 6.0),
    transitions=(),
    onset_s=4.2,
    peak_s=4.4,
    onset_channel="picture",
    surprise_nats=100.0,
    surprise_raw_nats=300.0,
    motion=1.5,
    arousal=12.0,
    loudness_lufs=-20.0,
    unexpectedness=70,
    surprise_curve=(0.0, 40.5),
    surprise_raw_curve=(0.0, 60.0),
    motion_curve=(0.5, 1.5),
    arousal_curve=(10.0, 14.0),
    loudness_curve=(None, -20.0),
    flags=(),
)


@pytest.fixture
def rate(monkeypatch):
    """Rate a file for which `measure` returns the given signals."""

    @contextmanager
    def nothing():
        yield Path("nothing")

    def rate(signals):
        def measure(path):
            if isinstance(signals, Exception):
                raise signals
            return signals

        monkeypatch.setattr(examine, "measure", measure)
        monkeypatch.setattr(examine, "picture_at", lambda path, at_s: f"{at_s:.1f}".encode())
        return SignalsRater().rate(
            MediaToRate(
                "7", "b", "videos/x.mp4", RatingKey("1", "r", "h"), 1, MP4, nothing, nothing
            )
        )

    return rate


def test_what_pixels_tell_is_a_value_and_the_rest_stays_empty(rate):
    answer = rate(MEASURED)

    values = answer.values.model_dump(exclude_none=True)
    assert values == {"unexpectedness": 70, "surprise_onset_s": 4.2}
    assert answer.measures.arousal_proxy == 12.0, "no model's judgement of feelings"
    assert (answer.measures.cuts, answer.measures.rotation) == (2, 90)


def test_the_curves_travel_with_the_rating(rate):
    curves = rate(MEASURED).curves

    assert (curves.surprise, curves.motion) == ((0.0, 40.5), (0.5, 1.5))
    assert (curves.arousal, curves.loudness) == ((10.0, 14.0), (None, -20.0))


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ({}, b"4.3"),  # its onset at 4.2 s, a tenth later
        ({"onset_s": None}, b"4.4"),
        ({"onset_s": None, "peak_s": None}, b"5.0"),
    ],
)
def test_the_picture_is_that_of_the_strongest_moment_else_of_the_middle(rate, moment, shown):
    assert rate(replace(MEASURED, **moment)).frame == shown


def test_columns_of_the_first_three_seconds_sum_up_the_curves(rate):
    """Surprise by its highest value, loudness by the mean of powers, the others by their mean."""
    curves = replace(
        MEASURED,
        surprise_curve=(0.0, 40.5, 7.0, 90.0),
        motion_curve=(0.5, 1.5, 4.0, 50.0),
        arousal_curve=(10.0, 14.0, 18.0, 99.0),
        loudness_curve=(None, -20.0, -20.0, -1.0),
    )

    measures = rate(curves).measures

    assert measures.surprise_nats_first_3s == 40.5
    assert measures.motion_first_3s == 2.0
    assert measures.arousal_proxy_first_3s == 14.0
    assert measures.loudness_lufs_first_3s == pytest.approx(-21.76, abs=0.01)


def test_silent_first_seconds_have_no_loudness(rate):
    silent = replace(MEASURED, loudness_curve=(None, None, None, -10.0))

    assert rate(silent).measures.loudness_lufs_first_3s is None


def test_what_cannot_be_measured_is_unratable_with_the_reason(rate):
    answer = rate(Unratable("one_frame", "a single picture"))

    assert (answer.status, answer.reason, answer.values) == ("unratable", "one_frame", None)


def test_part_of_a_video_is_measured_but_not_rated(rate):
    answer = rate(replace(MEASURED, flags=("truncated",)))

    assert (answer.status, answer.reason, answer.values) == ("unratable", "truncated", None)
    assert answer.measures.duration_s == 10.0
    assert answer.frame is None


def test_another_version_is_another_rater(monkeypatch):
    first = SignalsRater(name="signals/1.0")
    second = SignalsRater(name="signals/1.1")

    assert first.config_hash != second.config_hash
