"""Whether an answer's video tokens fit the requested frames."""

import pytest

from shared.config import GeminiSettings
from shared.rating.gemini.frames import fps_not_honoured
from shared.rating.gemini.question import GeminiCondition


def missed(tokens, duration_s=10.0, **settings):
    details = [{"modality": "VIDEO", "tokenCount": tokens}]
    response = {"candidates": [{}], "usageMetadata": {"promptTokensDetails": details}}
    return fps_not_honoured(response, duration_s, GeminiCondition(GeminiSettings(**settings)))


# 10 s at 4 frames a second are 40 frames, so 2,800 tokens; a quarter of that is 700.
@pytest.mark.parametrize(
    ("tokens", "is_missed"),
    [(2_800, False), (2_100, False), (2_099, True), (3_500, False), (3_501, True), (700, True)],
)
def test_a_quarter_either_way_is_allowed(tokens, is_missed):
    assert missed(tokens) is is_missed


# Of a second, 4 frames are 280 tokens: two frames, 140, are more than a quarter.
@pytest.mark.parametrize(("tokens", "is_missed"), [(140, False), (139, True), (70, True)])
def test_two_frames_of_a_short_clip_are_allowed(tokens, is_missed):
    assert missed(tokens, duration_s=1.0) is is_missed


def test_an_ignored_rate_of_two_a_second_is_seen():
    assert missed(700, fps=2.0)


def test_a_long_clip_is_held_to_its_own_rate():
    assert not missed(120 * 70, duration_s=120.0)
    assert missed(120 * 4 * 70, duration_s=120.0)


def test_high_resolution_is_held_to_its_own_tokens():
    assert not missed(40 * 280, media_resolution="high")
    assert missed(40 * 70, media_resolution="high")


def test_a_video_that_was_not_seen_at_all_is_missed():
    response = {
        "candidates": [{}],
        "usageMetadata": {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}]},
    }

    assert fps_not_honoured(response, 10.0, GeminiCondition(GeminiSettings()))


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"candidates": [{}]},
        {"candidates": [{}], "usageMetadata": {}},
        {"candidates": [{}], "usageMetadata": {"promptTokensDetails": []}},
        {"candidates": [{}], "usageMetadata": [1]},
        {"usageMetadata": {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}]}},
    ],
    ids=str,
)
def test_what_cannot_be_told_is_not_missed(response):
    assert not fps_not_honoured(response, 10.0, GeminiCondition(GeminiSettings()))


def test_a_clip_of_unknown_length_is_not_missed():
    assert not missed(70, duration_s=None)
