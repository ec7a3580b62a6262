"""The cards that a `+rag` rater is shown: retrieved by the rubric's own questions, before it.

A blind rater has nothing else to ask by: what the video shows is not known before it is rated. So
the cards are the same for every video, and part of what makes the rater another one.
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
"""Dimensions that the literature speaks of; the others are asked for as controls."""

EACH = 2
"""Cards retrieved for each; what must stand beside one comes too."""

_PREFACE = (
    "Findings of psychology that bear on what you rate. They are background: none is about this "
    "video, and the anchors below decide.\n"
)


@cache
def cards_by_dimension() -> dict[str, tuple[Card, ...]]:
    """For each grounded dimension the cards that its question finds."""
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
    """All of them, each once, in the order of the rubric."""
    every = (card for cards in cards_by_dimension().values() for card in cards)
    return tuple({card.id: card for card in every}.values())


def written(cards: Iterable[Card]) -> str:
    """The cards as a model reads them: id, how firm, finding, what follows."""
    lines = [
        f"[{card.id}] ({FIRMNESS[card.firmness]}) {card.finding} {card.text}" for card in cards
    ]
    return "\n".join(lines)


def preface() -> str:
    """What stands before the rubric."""
    return _PREFACE + written(cards_shown())
