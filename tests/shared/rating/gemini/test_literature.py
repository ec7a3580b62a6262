"""Which cards a description finds, and what a model is shown of them."""

import pytest

from shared.knowledge.cards import Card, library
from shared.rating.gemini import literature
from shared.rating.gemini.literature import MOST_SHOWN, cards_for, constant_cards, preface

CARDS = {card.id: card for card in library()}
DESCRIPTIONS = {
    "suspense": (
        "A man holds a lottery ticket while numbers are drawn. He hopes to win. The last number is "
        "not his. Suspense builds up and ends in a disappointment that hurts.",
        {"expectation_gap", "valence", "unexpectedness"},
    ),
    "riddle": (
        "A magician shows an empty hat. A rabbit will come out. A second magician comes out. It "
        "is a puzzle that nobody can explain.",
        {"explanatory_difficulty"},
    ),
    "danger": (
        "A car drives at night. It will go on. A truck slides past by an inch. A sudden shock, "
        "fear and a racing heart, then relief.",
        {"arousal", "unexpectedness"},
    ),
    "reunion": (
        "Pupils sit in a hall. A prize is in the box. A father who was thought far away steps out. "
        "Joy and tears that people want to share with friends.",
        {"virality", "valence"},
    ),
    "hook": (
        "A cook says that one thing ruins every omelette. He will say which. He does not say it. "
        "Curiosity is kept open and attention held until the end.",
        {"attention", "expectation_gap"},
    ),
}


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_half_of_the_cards_or_more_are_about_what_its_moment_does_to_viewers(kind):
    description, constructs = DESCRIPTIONS[kind]

    shown = cards_for(description)

    about = [card for card in shown if constructs & set(card.constructs)]
    assert shown[0] in about
    assert len(about) >= len(shown) / 2


def test_each_description_finds_cards_of_its_own():
    shown = [cards_for(description) for description, _ in DESCRIPTIONS.values()]

    assert len(set(shown)) == len(DESCRIPTIONS)
    assert constant_cards() not in shown


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_what_finds_a_card_shows_those_that_must_accompany_it_and_no_more_than_fit(card: Card):
    shown = [other.id for other in cards_for(f"{card.finding} {card.text}")]

    assert 1 <= len(shown) <= MOST_SHOWN
    assert len(set(shown)) == len(shown)
    for name in shown:
        assert set(CARDS[name].kin) <= set(shown)


def test_an_original_is_found_with_its_failed_replication():
    originals = [card for card in CARDS.values() if card.failed_replications]
    assert originals

    for original in originals:
        shown = [card.id for card in cards_for(f"{original.finding} {original.text}")]
        assert {original.id, *original.failed_replications} <= set(shown)


@pytest.mark.parametrize("query", ["", " ", "猫把杯子推下去", "qzxv", "the of and", "\0<|x|>"])
def test_words_of_no_card_find_none(query):
    assert cards_for(query) == ()


def test_a_card_whose_company_does_not_fit_is_left_out(monkeypatch):
    query = next(f"{card.finding} {card.text}" for card in CARDS.values() if card.kin)
    monkeypatch.setattr(literature, "MOST_SHOWN", 1)

    assert all(not card.kin for card in cards_for(query))


def test_the_text_before_the_rubric_says_how_firm_each_finding_is():
    text = preface(constant_cards())

    for card in constant_cards():
        assert f"[{card.id}] (" in text and card.finding in text
