"""The cards that a `+cards` rater sees before the rubric, retrieved by the rubric's questions.

They are the same for every video, and they are part of the rater's identity.
"""

from collections.abc import Iterable
from functools import cache

from shared.knowledge.cards import FIRMNESS, Card, library
from shared.knowledge.retrieve import Bm25Retriever, with_kin
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

_PREFACE = (
    "Findings of psychology that bear on what you rate. They are background: none is about this "
    "video, and the anchors below decide.\n"
)


@cache
def cards_by_dimension() -> dict[str, tuple[Card, ...]]:
    """The cards that each grounded dimension's question retrieves."""
    cards = library()
    retriever = Bm25Retriever(cards)
    by_dimension = {}
    for dimension in dimensions():
        if dimension.name in GROUNDED:
            hits = retriever.search(f"{dimension.title} {dimension.ask}", EACH)
            by_dimension[dimension.name] = tuple(with_kin([hit.card for hit in hits], cards))
    return by_dimension


@cache
def cards_shown() -> tuple[Card, ...]:
    """All retrieved cards, each once, in the order of the rubric."""
    every = (card for cards in cards_by_dimension().values() for card in cards)
    return tuple({card.id: card for card in every}.values())


def cards_text(cards: Iterable[Card]) -> str:
    """The cards as text for a model: id, firmness, finding and consequences."""
    lines = [
        f"[{card.id}] ({FIRMNESS[card.firmness]}) {card.finding} {card.text}" for card in cards
    ]
    return "\n".join(lines)


def preface() -> str:
    """The text before the rubric."""
    return _PREFACE + cards_text(cards_shown())
