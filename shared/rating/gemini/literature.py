"""The cards of psychology that precede the rubric: the same for every video, or a video's own.

A `+cards` rater sees those that the rubric's questions retrieve. A `+rag` rater sees those that a
description of the video retrieves (`description.py`).
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from shared.knowledge import retrieve
from shared.knowledge.cards import FIRMNESS, Card, constructs, library
from shared.knowledge.retrieve import Bm25Retriever, with_kin
from shared.rating.gemini import description
from shared.rating.rubric import dimensions

GROUNDED = (
    "unexpectedness",
    "expectation_gap",
    "explanation_difficulty",
    "emotional_intensity",
    "positivity",
    "negativity",
    "cognitive_interruption",
)
"""Dimensions that the literature covers; the others are controls."""

EACH = 2
"""Cards retrieved for each dimension; cards that must accompany them come too."""

MOST_FOUND = 6
"""Cards retrieved for a video; cards that must accompany them come too."""

MOST_SHOWN = 9
"""Cards shown before the rubric, about as many as every video of a `+cards` rater gets."""

_PREFACE = (
    "Findings of psychology that bear on what you rate. They are background: none is about this "
    "video, and the anchors below decide.\n"
)


@cache
def cards_by_dimension() -> dict[str, tuple[Card, ...]]:
    """The cards that each grounded dimension's question retrieves."""
    by_dimension = {}
    for dimension in dimensions():
        if dimension.name in GROUNDED:
            hits = _retriever().search(f"{dimension.title} {dimension.ask}", EACH)
            by_dimension[dimension.name] = tuple(with_kin([hit.card for hit in hits], _cards()))
    return by_dimension


@cache
def constant_cards() -> tuple[Card, ...]:
    """The cards of all dimensions, each once, in the order of the rubric."""
    every = (card for cards in cards_by_dimension().values() for card in cards)
    return tuple({card.id: card for card in every}.values())


def cards_for(query: str) -> tuple[Card, ...]:
    """The cards that a description retrieves, best first, with those that must accompany them.

    At most MOST_SHOWN: a card that would bring more is left out. Empty when nothing matches, as for
    a description that is not in English.
    """
    shown: list[Card] = []
    for hit in _retriever().search(query, MOST_FOUND):
        more = with_kin([*shown, hit.card], _cards())
        shown = more if len(more) <= MOST_SHOWN else shown
    return tuple(shown)


def cards_text(cards: Iterable[Card]) -> str:
    """The cards as text for a model: id, firmness, finding and consequences."""
    return "\n".join(map(_line, cards))


def preface(cards: Iterable[Card]) -> str:
    """The text before the rubric."""
    return _PREFACE + cards_text(cards)


@cache
def longest_preface() -> int:
    """Characters that a preface of retrieved cards has at most."""
    lines = sorted(map(_line, _cards()), key=len)[-MOST_SHOWN:]
    return max(len(_PREFACE + "\n".join(lines)), len(preface(constant_cards())))


@cache
def retrieval_identity() -> dict[str, Any]:
    """All that decides which cards a video gets, and what they say."""
    return {
        "description": description.identity(),
        "cards": preface(_cards()),
        "constructs": {name: each.model_dump() for name, each in constructs().items()},
        "most": [MOST_FOUND, MOST_SHOWN],
        "weights": [retrieve.CONSTRUCT_WEIGHT, retrieve.SHARPNESS, sorted(retrieve.GENERIC)],
    }


def _line(card: Card) -> str:
    return f"[{card.id}] ({FIRMNESS[card.firmness]}) {card.finding} {card.text}"


@cache
def _cards() -> tuple[Card, ...]:
    return library()


@cache
def _retriever() -> Bm25Retriever:
    return Bm25Retriever(_cards())
