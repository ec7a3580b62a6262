"""The cost of a call: modalities, cache, thinking, batch, and changing prices."""

from datetime import date
from pathlib import Path

import pytest

from shared.config import GeminiSettings
from shared.errors import Misconfigured
from shared.rating.gemini.prices import TABLE, Prices
from shared.rating.gemini.usage import Usage

LITE = "gemini-3.5-flash-lite"  # 0.30 in, 0.03 cached, 2.50 out
SOUND = "gemini-3.1-flash-lite"  # 0.25 in, 0.50 sound, a tenth of each cached, 1.50 out
TODAY = date(2026, 11, 27)
MILLION = 1_000_000
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices.load()


@pytest.fixture
def table(tmp_path):
    """The real table with something replaced."""

    def changed(old: str, new: str) -> Prices:
        text = TABLE.read_text()
        assert old in text
        path = tmp_path / "prices.toml"
        path.write_text(text.replace(old, new, 1))
        return Prices.load(path)

    return changed


def test_the_table_says_when_and_where_it_was_read(prices):
    assert prices.as_of <= TODAY
    assert prices.source.startswith("https://")


@pytest.mark.parametrize(
    "usage",
    [
        Usage(text_tokens=MILLION),
        Usage(image_tokens=MILLION),
        Usage(video_tokens=MILLION),
        Usage(audio_tokens=MILLION),
    ],
)
def test_every_modality_is_input(prices, usage):
    assert prices.cost_usd(LITE, usage, TODAY) == pytest.approx(0.30)


def test_sound_costs_more_where_the_table_says_so(prices):
    usage = Usage(video_tokens=MILLION, audio_tokens=MILLION)

    assert prices.cost_usd(SOUND, usage, TODAY) == pytest.approx(0.25 + 0.50)


def test_thinking_is_output(prices):
    usage = Usage(output_tokens=MILLION, thinking_tokens=MILLION)

    assert prices.cost_usd(LITE, usage, TODAY) == pytest.approx(5.00)


def test_cached_tokens_are_part_of_the_prompt_and_not_beside_it(prices):
    usage = Usage(text_tokens=MILLION, cached_tokens=400_000)

    assert prices.cost_usd(LITE, usage, TODAY) == pytest.approx(0.6 * 0.30 + 0.4 * 0.03)


def test_the_cache_holds_text_and_picture_before_sound(prices):
    usage = Usage(text_tokens=MILLION, audio_tokens=MILLION, cached_tokens=1_500_000)

    cost = prices.cost_usd(SOUND, usage, TODAY)

    assert cost == pytest.approx(0.025 + 0.5 * 0.50 + 0.5 * 0.05)


def test_more_cached_tokens_than_the_prompt_has_cost_no_less_than_nothing(prices):
    usage = Usage(text_tokens=MILLION, cached_tokens=9 * MILLION)

    assert prices.cost_usd(LITE, usage, TODAY) == pytest.approx(0.03)


def test_a_batch_costs_half(prices):
    usage = Usage(video_tokens=MILLION, output_tokens=MILLION)

    assert prices.cost_usd(LITE, usage, TODAY, batch=True) == pytest.approx((0.30 + 2.50) / 2)


def test_the_discount_for_the_cache_is_not_halved_again_in_a_batch(prices):
    usage = Usage(text_tokens=MILLION, cached_tokens=MILLION)

    assert prices.cost_usd(LITE, usage, TODAY, batch=True) == pytest.approx(0.03)


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash"])
def test_a_price_changes_on_its_day(prices, model):
    usage = Usage(video_tokens=MILLION, output_tokens=MILLION)

    assert prices.cost_usd(model, usage, date(2026, 12, 31)) == pytest.approx(0.75 + 3.75)
    assert prices.cost_usd(model, usage, date(2027, 1, 1)) == pytest.approx(1.50 + 7.50)


def test_a_model_that_is_not_in_the_table_has_no_price(prices):
    assert prices.cost_usd("gemini-9-unheard", Usage(text_tokens=1), TODAY) is None


def test_a_day_before_a_model_had_a_price_has_none(table):
    prices = table(f'models = ["{LITE}"]', f'models = ["{LITE}"]\nfrom = 2026-07-21')

    assert prices.cost_usd(LITE, Usage(), date(2026, 7, 20)) is None
    assert prices.cost_usd(LITE, Usage(), date(2026, 7, 21)) == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from = 2027-01-01", "from = 2026-12-31", "two prices on 2026-12-31"),
        ("until = 2026-12-31", "from = 2027-01-01\nuntil = 2026-12-31", "later than until"),
        ("input = 0.30", "input = -0.30", "price.3.input"),
        ("input = 0.30", "input = nan", "price.3.input"),
        ("input = 0.30", "inptu = 0.30", "price.3.input"),
        ("output = 2.50", "output = 2.50\nthinking = 1", "price.3.thinking"),
        ("as_of = 2026-11-27", "", "as_of"),
        ("batch_factor = 0.5", "batch_factor = 5", "batch_factor"),
        ("as_of = 2026-11-27", "as_of = ", "cannot be read"),
    ],
)
def test_a_table_that_is_wrong_says_where(table, old, new, message):
    with pytest.raises(Misconfigured, match=message):
        table(old, new)


def test_a_missing_table_is_a_broken_deploy(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        Prices.load(tmp_path / "prices.toml")


def test_usage_adds_up():
    first = Usage(text_tokens=1, video_tokens=2, thinking_tokens=3)
    other = Usage(text_tokens=10, cached_tokens=5, output_tokens=4)

    both = first + other

    assert both == Usage(
        text_tokens=11, video_tokens=2, cached_tokens=5, thinking_tokens=3, output_tokens=4
    )
    assert (both.input_tokens, both.written_tokens) == (13, 7)


@pytest.mark.parametrize("location", ["us", "eu", "europe-west1"])
def test_outside_global_every_token_costs_a_tenth_more(prices, location):
    usage = Usage(video_tokens=MILLION, cached_tokens=MILLION // 2, output_tokens=MILLION)

    regional, here = (table.cost_usd(LITE, usage, TODAY) for table in (prices.at(location), prices))

    assert regional == pytest.approx(1.1 * here)


def test_a_price_without_a_factor_is_the_same_everywhere(table):
    lite = 'models = ["gemini-3.5-flash-lite"]\ninput = 0.30\ncached_input = 0.03\noutput = 2.50\n'
    prices = table(f"{lite}outside_global = 1.1", lite)

    assert prices.at("eu").cost_usd(LITE, Usage(text_tokens=MILLION), TODAY) == pytest.approx(0.30)


def test_with_a_developer_key_the_location_changes_nothing():
    usage = Usage(text_tokens=MILLION)
    costs = [
        Prices.under(GeminiSettings(model=LITE, location="eu", api_key=key)).cost_usd(
            LITE, usage, TODAY
        )
        for key in ("", "key")
    ]

    assert costs == [pytest.approx(0.33), pytest.approx(0.30)]


def test_whoever_prices_a_deployment_asks_where_it_asks():
    """`Prices.load()` knows no location, so nothing outside the table's own modules may call it."""
    owners = {"prices.py", "models.py"}
    callers = [
        str(path.relative_to(ROOT))
        for folder in ("shared", "cli", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if "Prices.load(" in path.read_text() and path.name not in owners
    ]

    assert callers == []


def test_cached_input_of_the_newest_model_is_as_the_second_source_has_it(prices):
    usage = Usage(text_tokens=MILLION, cached_tokens=MILLION)

    assert prices.cost_usd("gemini-4-argon", usage, TODAY) == pytest.approx(0.10)
