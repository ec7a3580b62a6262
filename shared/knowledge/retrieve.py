"""Retrieval of cards for a question, by words (BM25), without a network.

A card is found by its own words and, above all, by the words of its constructs. constructs.yaml
lists their everyday names, so that an everyday question finds technical cards. The questions that
the weights were chosen on, and others, are in tests/shared/knowledge/queries.yaml.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.knowledge.cards import Card, constructs

FloatArray = npt.NDArray[np.float64]

CONSTRUCT_WEIGHT = 4.0
"""Weight of a card's constructs relative to its own words, each scaled to at most 1."""

SHARPNESS = 2.0
"""Exponent that lets the main construct of a question stand out from others."""

_GENERIC = """
    audience change changes clip clips effect emotion emotional emotions event events feel feeling
    feelings get gets happen happened happens how make makes making moment one outcome outcomes
    people person post posts rate rated rating ratings someone something studies study take taken
    taking thing things video videos viewer viewers watch what when where whether which would
"""
GENERIC = frozenset(_GENERIC.split())
"""Words that fit every card, and so distinguish none."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A card and its score; scores compare only within one question."""

    card: Card
    score: float


class Bm25Retriever:
    """BM25 (Lucene's variant) over stemmed English words."""

    def __init__(self, cards: Sequence[Card]):
        self._cards = sorted(cards, key=lambda card: card.id)
        names = list(constructs())
        about = [
            f"{construct.title}. {construct.title}. {construct.definition} {construct.words}"
            for construct in constructs().values()
        ]
        self._own = _Index([_card_text(card) for card in self._cards])
        self._constructs = _Index(about)
        self._tags = np.array(
            [[float(name in card.constructs) for name in names] for card in self._cards]
        )

    def search(self, query: str, k: int = 5) -> list[Hit]:
        """The k best cards whose score is above 0, best first; ties by id."""
        of_constructs = self._constructs.scores(query) ** SHARPNESS
        scores = self._own.scores(query) + CONSTRUCT_WEIGHT * (self._tags @ of_constructs)
        return best(self._cards, scores, k)


class _Index:
    """BM25 scores of some texts for a question, scaled to at most 1."""

    def __init__(self, texts: Sequence[str]):
        import bm25s
        import Stemmer
        from bm25s.stopwords import STOPWORDS_EN

        self._bm25s = bm25s
        self._stemmer = Stemmer.Stemmer("english")
        self._stopwords = sorted({*STOPWORDS_EN, *GENERIC})
        self._count = len(texts)
        self._index = bm25s.BM25()
        self._index.index(self._tokens(list(texts)), show_progress=False)

    def scores(self, query: str) -> FloatArray:
        words = [word for word in self._tokens([query])[0] if word in self._index.vocab_dict]
        if not words:
            return np.zeros(self._count)
        scores: FloatArray = np.asarray(self._index.get_scores(words), dtype=np.float64)
        return scores / scores.max() if scores.max() > 0 else scores

    def _tokens(self, texts: list[str]) -> Any:
        return self._bm25s.tokenize(
            texts,
            stopwords=self._stopwords,
            stemmer=self._stemmer,
            return_ids=False,
            show_progress=False,
        )


def _card_text(card: Card) -> str:
    """A card's own words; its finding counts twice."""
    return f"{card.citation} {card.finding} {card.finding} {card.text}"


def with_kin(hits: Iterable[Card], cards: Sequence[Card]) -> list[Card]:
    """The cards, each followed by the cards that must accompany it; every card once."""
    by_id = {card.id: card for card in cards}
    shown: dict[str, Card] = {}
    for card in hits:
        shown.setdefault(card.id, card)
        for other in card.kin:
            shown.setdefault(other, by_id[other])
    return list(shown.values())


def best(cards: Sequence[Card], scores: Any, k: int) -> list[Hit]:
    """The k cards with the highest scores above 0."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:k]
    return [Hit(cards[index], float(scores[index])) for index in order if scores[index] > 0]
