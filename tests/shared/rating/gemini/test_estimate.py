"""The expected cost of a rating, against figures computed by hand."""

from datetime import date
from pathlib import Path

import pytest

import shared.rating
from shared.config import GeminiSettings
from shared.rating.clip import ClipHeader
from shared.rating.gemini.estimate import (
    CallEstimate,
    estimate_call,
    estimate_description,
    estimate_rating,
    expected_usd,
    prompt_tokens,
)
from shared.rating.gemini.literature import cards_for, longest_preface, preface
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices.load()


def under(sees_caption=False, literature="", **chosen) -> GeminiCondition:
    settings = GeminiSettings(**({"fps": 1.0, "fps_long": 1.0} | chosen))
    return GeminiCondition(settings, sees_caption, literature)


def test_cards_are_counted_by_the_characters_that_are_sent():
    shown = under(literature="cards")

    more = estimate_call(30.0, True, shown).prompt_tokens - prompt_tokens()

    assert more == -(-len(shown.preface) // 4)


def test_retrieved_cards_are_counted_by_the_most_that_can_be_shown():
    retrieving = under(literature="rag")

    more = estimate_call(30.0, True, retrieving).prompt_tokens - prompt_tokens()

    assert more == -(-longest_preface() // 4)
    for query in ("surprise", "fear and suspense", "a riddle that nobody can explain", "sharing"):
        assert 0 < len(preface(cards_for(query))) <= longest_preface()


def test_a_rating_with_retrieved_cards_is_a_description_and_a_call():
    retrieving = under(literature="rag")
    described = estimate_description(30.0, True, retrieving)

    both = estimate_rating(30.0, True, retrieving)

    assert both == described + estimate_call(30.0, True, retrieving)
    assert (both.calls, both.video_tokens) == (2, 2 * 2_100)
    assert described.output_tokens_high == 300 + 1_500
    assert estimate_rating(30.0, True, under()) == estimate_call(30.0, True, under())


def test_thirty_seconds_at_one_frame_a_second_are_as_computed_by_hand():
    estimate = estimate_call(30.0, True, under())

    assert estimate.frames == 30
    assert estimate.video_tokens == 30 * 70 == 2_100
    assert (
        (estimate.audio_tokens_low, estimate.audio_tokens_high) == (30 * 25, 30 * 32) == (750, 960)
    )
    assert estimate.prompt_tokens == prompt_tokens()


def test_the_prompt_is_counted_by_the_characters_of_what_is_sent():
    rating = Path(shared.rating.__file__).parent
    sent = (rating / "prompt.txt").read_text() + (rating / "response_schema.json").read_text()

    assert prompt_tokens() == -(-len(sent) // 4)


def test_high_resolution_is_280_tokens_a_frame():
    assert estimate_call(30.0, True, under(media_resolution="high")).video_tokens == 8_400


@pytest.mark.parametrize("resolution", ["default", "low", "medium"])
def test_every_other_resolution_is_70(resolution):
    assert estimate_call(30.0, True, under(media_resolution=resolution)).video_tokens == 2_100


def test_a_silent_clip_has_no_sound_to_count():
    estimate = estimate_call(30.0, False, under())

    assert (estimate.audio_tokens_low, estimate.audio_tokens_high) == (0, 0)


def test_a_short_clip_is_sampled_more_often_than_a_long_one():
    usual = GeminiCondition(GeminiSettings())

    assert estimate_call(60.0, True, usual).frames == 240
    assert estimate_call(61.0, True, usual).frames == 61


@pytest.mark.parametrize(
    ("duration_s", "fps", "frames"),
    [(0.1, 1.0, 1), (0.0, 1.0, 1), (30.2, 1.0, 31), (0.3, 10.0, 3), (2.0, 0.5, 1), (3.0, 0.1, 1)],
)
def test_a_started_interval_has_its_frame(duration_s, fps, frames):
    assert estimate_call(duration_s, True, under(fps=fps)).frames == frames


def test_floating_point_adds_no_token():
    assert estimate_call(0.28, True, under()).audio_tokens_low == 7  # 0.28 * 25 > 7


def test_more_thinking_is_more_output():
    highs = [
        estimate_call(30.0, True, under(thinking_level=level)).output_tokens_high
        for level in ("minimal", "low", "medium", "high")
    ]

    assert highs == sorted(set(highs))


def test_output_never_exceeds_what_the_model_may_write():
    estimate = estimate_call(30.0, True, under(thinking_level="high", max_output_tokens=2_000))

    assert (estimate.output_tokens_low, estimate.output_tokens_high) == (1_400, 2_000)


def test_a_caption_can_only_add():
    with_caption = estimate_call(30.0, True, under(sees_caption=True))

    assert with_caption.low == estimate_call(30.0, True, under()).low
    assert with_caption.high.text_tokens > prompt_tokens()


def test_clips_add_up():
    total = estimate_call(30.0, True, under()) + estimate_call(12.0, False, under())

    assert total.calls == 2
    assert total.video_tokens == (30 + 12) * 70
    assert total.audio_tokens_high == 960
    assert total.prompt_tokens == 2 * prompt_tokens()


def test_two_replicates_cost_twice_as_much():
    once = estimate_call(30.0, True, under())

    assert once.times(2) == once + once
    assert once.times(0) == CallEstimate()


def test_the_cost_by_hand(prices):
    estimate = estimate_call(30.0, True, under())

    low, high = estimate.cost_usd(prices, "gemini-3.5-flash-lite", TODAY)

    prompt, written = prompt_tokens(), (estimate.output_tokens_low, estimate.output_tokens_high)
    assert low == pytest.approx((2_100 + 750 + prompt) * 0.30e-6 + written[0] * 2.50e-6)
    assert high == pytest.approx((2_100 + 960 + prompt) * 0.30e-6 + written[1] * 2.50e-6)


def test_a_batch_is_half_of_it(prices):
    estimate = estimate_call(30.0, True, under())

    live = estimate.cost_usd(prices, "gemini-3.8-flash", TODAY)
    batch = estimate.cost_usd(prices, "gemini-3.8-flash", TODAY, batch=True)

    assert batch == pytest.approx([live.low / 2, live.high / 2])


def test_a_model_without_a_price_has_no_cost(prices):
    estimate = estimate_call(30.0, True, under())

    assert estimate.cost_usd(prices, "gemini-9-unheard", TODAY) is None
    assert expected_usd(ClipHeader(30.0, True), under(model="gemini-9"), prices, TODAY) is None


def test_a_budget_reckons_with_the_high_end(prices):
    estimate = estimate_call(30.0, True, under())

    reckoned = expected_usd(ClipHeader(30.0, True), under(), prices, TODAY)

    assert reckoned == estimate.cost_usd(prices, "gemini-3.5-flash-lite", TODAY).high


def test_a_clip_that_tells_no_duration_is_reckoned_as_the_longest(prices):
    unknown = expected_usd(ClipHeader(None, True), under(max_clip_s=600), prices, TODAY)

    assert unknown == expected_usd(ClipHeader(600.0, True), under(), prices, TODAY)
