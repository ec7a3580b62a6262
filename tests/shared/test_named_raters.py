"""The setting RATERS, and the words that name a condition of Gemini."""

import json

import pytest

from shared import config
from shared.config import AnalyzeSettings, GeminiSettings, RatersSettings
from shared.errors import Misconfigured
from shared.messaging.events import CONDITION
from shared.named_raters import ConditionWord, NamedRater, primary_prefixes
from shared.rating.gemini import question
from shared.rating.gemini.conditions import GeminiConditions, UnknownCondition
from tests.gemini_world import paraphrased

FLASH = NamedRater(name="flash", model="gemini-3.6-flash")
PLAIN = NamedRater(name="plain", wording="b")
SLOW = NamedRater(name="slow", fps=1, daily_budget_usd=2)
EXAMPLE = [
    {"name": "flash", "model": "gemini-3.6-flash"},
    {"name": "plain", "wording": "b"},
    {"name": "slow", "fps": 1, "daily_budget_usd": 2},
]


@pytest.fixture(autouse=True)
def wordings(tmp_path, monkeypatch):
    monkeypatch.setattr(question, "_RATING", paraphrased(tmp_path / "rating"))


def conditions(*raters: NamedRater, **settings) -> GeminiConditions:
    return GeminiConditions(GeminiSettings(model="gemini-3.5-flash-lite", **settings), raters)


def analyze_settings(monkeypatch, rater: str) -> AnalyzeSettings:
    variables = {"RATER": rater, "RATERS": json.dumps(EXAMPLE)}
    for name, value in (variables | {"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "b"}).items():
        monkeypatch.setenv(name, value)
    return config.read(AnalyzeSettings)


# The setting


def test_the_setting_is_a_list_of_what_each_rater_sets(monkeypatch):
    monkeypatch.setenv("RATERS", json.dumps(EXAMPLE))

    assert config.read(RatersSettings).raters == (FLASH, PLAIN, SLOW)


@pytest.mark.parametrize("text", ["", " ", "[]"])
def test_an_empty_setting_names_no_rater(monkeypatch, text):
    monkeypatch.setenv("RATERS", text)

    assert config.read(RatersSettings).raters == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"name":"f","modell":"m"}]', "entry 1 (f), key modell: there is none; there are name"),
        ('[{"name":"f"},{"name":"g","wording":"e"}]', "entry 2 (g), key wording: Input should be"),
        ('[{"model":"m"}]', "entry 1, key name: not set"),
        ('[{"name":"Flash"}]', "entry 1 (Flash), key name"),
        ('[{"name":"f","fps":NaN}]', "key fps"),
        ('[{"name":"f","fps":"1"}]', "key fps"),
        ('[{"name":"f","fps":true}]', "key fps"),
        ('[{"name":"f","fps":25}]', "key fps"),
        ('[{"name":"f","model":"a/b"}]', "key model"),
        ('[{"name":"f","daily_budget_usd":0}]', "key daily_budget_usd"),
        ('[{"name":"f","daily_budget_videos":1.5}]', "key daily_budget_videos"),
        ('[{"name":"f"},{"name":"f"}]', "two entries have the name f"),
        ('[{"name":"any"}]', "no entry can have the name any; give it another"),
        ("[1]", "entry 1 is not an object"),
        ("{}", "not a list; write it like [{"),
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (json.dumps([{"name": f"r{n}"} for n in range(31)]), "31 entries; the most is 30"),
    ],
)
def test_an_entry_that_is_none_is_refused_with_entry_and_key(monkeypatch, text, problem):
    monkeypatch.setenv("RATERS", text)

    with pytest.raises(Misconfigured) as refused:
        config.read(RatersSettings)

    assert str(refused.value).startswith("Environment: RATERS (")
    assert problem in str(refused.value)


@pytest.mark.parametrize("rater", ["gemini:slow+caption", "gemini+rag", "gemini", "signals"])
def test_the_rater_of_uploads_is_any_condition_that_is_deployed(monkeypatch, rater):
    assert analyze_settings(monkeypatch, rater).rater == rater


@pytest.mark.parametrize(
    ("rater", "problem"),
    [
        ("gemini:fast", "RATER: RATERS has no entry with the name fast"),
        ("gemini+likes", "RATER: 'gemini+likes' is not gemini[:NAME]"),
        ("gemini+caption+rag", "is not gemini[:NAME]"),
        ("human", "nor signals"),
    ],
)
def test_a_rater_of_uploads_that_is_not_deployed_is_refused(monkeypatch, rater, problem):
    with pytest.raises(Misconfigured, match="Environment: ") as refused:
        analyze_settings(monkeypatch, rater)

    assert problem in str(refused.value)


# Words


@pytest.mark.parametrize(
    "word", ["gemini", "gemini:flash", "gemini+caption", "gemini:a-2+rag+caption", "gemini+rag"]
)
def test_a_word_is_read_and_written_alike_and_a_message_may_carry_it(word):
    assert str(ConditionWord.parse(word)) == word
    assert CONDITION.fullmatch(word)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "Gemini",
        "gemini:",
        "gemini:A",
        "gemini:1",
        "gemini:a:b",
        "gemini ",
        "gemini+",
        "gemini\n",
    ],
)
def test_a_word_of_another_form_is_refused(word):
    with pytest.raises(ValueError, match="is not gemini"):
        ConditionWord.parse(word)


# What an entry makes


def test_each_entry_is_a_rater_of_its_own_name():
    deployed = conditions(FLASH, PLAIN, SLOW)
    words = ("gemini", "gemini:flash", "gemini:plain", "gemini:slow+rag+caption")

    names = [deployed.condition(word).name for word in words]

    version = deployed.condition("gemini").rubric_version
    assert names == [
        f"gemini/gemini-3.5-flash-lite/{version}",
        f"gemini/gemini-3.6-flash/{version}",
        f"gemini/gemini-3.5-flash-lite/{version}+wording-b",
        f"gemini/gemini-3.5-flash-lite/{version}+fps1+rag+caption",
    ]
    assert [deployed.condition(word).word for word in words] == list(words)


def test_what_an_entry_does_not_set_comes_from_the_deployments_settings():
    slow = conditions(SLOW, thinking_level="high").condition("gemini:slow").settings

    assert (slow.model, slow.thinking_level) == ("gemini-3.5-flash-lite", "high")
    assert (slow.fps_for(5), slow.fps_for(500)) == (1, 1)


def test_a_named_rater_leaves_the_configuration_of_the_others_alone():
    alone, together = conditions(), conditions(FLASH, PLAIN, SLOW)

    assert alone.condition("gemini").config_hash == together.condition("gemini").config_hash


def test_every_condition_has_a_configuration_of_its_own():
    deployed = conditions(FLASH, PLAIN, SLOW)
    each = [c for name in deployed.names for c in deployed.of_entry(name)]

    assert len({c.config_hash for c in each}) == len({c.name for c in each}) == len(each)


def test_no_condition_sees_more_than_the_video_unless_it_is_named_so():
    deployed = conditions(FLASH, PLAIN, SLOW)

    for name in deployed.names:
        blind, *others = deployed.of_entry(name)
        assert not blind.sees_caption
        assert not blind.cards
        assert all("+" in other.word for other in others)


@pytest.mark.parametrize(
    ("raters", "both"),
    [
        ((FLASH, NamedRater(name="quick", model="gemini-3.6-flash")), "flash and quick"),
        ((NamedRater(name="same"),), "same and the default"),
        ((NamedRater(name="same", wording="a"),), "same and the default"),
        ((SLOW, NamedRater(name="one", fps=1.0000001)), "one and slow"),
    ],
)
def test_two_entries_that_make_one_rater_are_refused_with_both_names(raters, both):
    with pytest.raises(Misconfigured, match=f"RATERS: {both} are the same rater, gemini/"):
        conditions(*raters)


def test_an_entry_whose_model_does_not_take_the_settings_is_refused_by_name():
    with pytest.raises(Misconfigured, match=r"RATERS: big: GEMINI_THINKING_LEVEL: gemini-3\.5-pro"):
        conditions(NamedRater(name="big", model="gemini-3.5-pro"), thinking_level="minimal")


def test_a_wording_that_the_rubric_does_not_have_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(question, "_RATING", tmp_path)

    with pytest.raises(Misconfigured, match="RATERS: plain: this rubric has no wording b"):
        conditions(PLAIN)


def test_a_word_without_an_entry_is_unknown_and_the_sentence_names_those_there_are():
    with pytest.raises(UnknownCondition, match="RATERS has no fast; it has flash, slow"):
        conditions(FLASH, SLOW).condition("gemini:fast")


# Which model a video's row shows


def test_the_deployments_own_model_comes_first_then_those_of_the_entries():
    other = NamedRater(name="other", model="gemini-9")

    prefixes = primary_prefixes(("signals/", "gemini/"), "gemini-1", (other, PLAIN, FLASH))

    assert prefixes == (
        *("signals/", "gemini/gemini-1/", "gemini/gemini-9/", "gemini/gemini-3.6-flash/"),
        "gemini/",
    )


def test_prefixes_that_name_a_model_are_left_as_they_are():
    named = ("gemini/gemini-2/", "gemini/m/2.0+wording-b")

    assert primary_prefixes(named, "gemini-1", (FLASH,)) == named
