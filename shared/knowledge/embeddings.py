"""Retrieval by meaning, as an option: embeddings from google-genai, cosine over a table.

A few dozen cards need no index. Vectors are kept in a file by model and text, so that a card is
embedded once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from google import genai
from google.genai import types

from shared.knowledge.cards import Card, constructs
from shared.knowledge.retrieve import FloatArray, Hit, best
from shared.model import digest
from shared.rating.gemini.failures import FAILURES, translated

MODEL = "gemini-embedding-001"
DIMENSIONS = 768
AT_ONCE = 50


class Embedder(Protocol):
    """Turns texts into vectors of equal length."""

    @property
    def model(self) -> str: ...

    def embed(self, texts: Sequence[str], *, is_query: bool) -> list[list[float]]:
        """One vector for each text. Raises what shared.rating.gemini.failures says."""
        ...


class GeminiEmbedder:
    """Obeys `Embedder`."""

    model = MODEL

    def __init__(self, client: genai.Client):
        self._client = client

    def embed(self, texts: Sequence[str], *, is_query: bool) -> list[list[float]]:
        kind = "RETRIEVAL_QUERY" if is_query else "RETRIEVAL_DOCUMENT"
        config = types.EmbedContentConfig(task_type=kind, output_dimensionality=DIMENSIONS)
        found: list[list[float]] = []
        # Vertex takes one text a request for this model (embeddings page, 2026-10).
        at_once = 1 if self._client.vertexai else AT_ONCE
        for start in range(0, len(texts), at_once):
            some: list[Any] = list(texts[start : start + at_once])
            try:
                answer = self._client.models.embed_content(
                    model=self.model, contents=some, config=config
                )
            except FAILURES as error:
                raise translated(error) from error
            found += [list(one.values or ()) for one in answer.embeddings or ()]
        return found


@dataclass
class Vectors:
    """Vectors by digest of model and text, kept in a JSON file."""

    path: Path
    _known: dict[str, list[float]] = field(default_factory=dict)

    def of(self, texts: Sequence[str], embedder: Embedder) -> FloatArray:
        """A row for each text; only what is not known is asked for. A damaged file is made anew."""
        self._read()
        keys = [digest([embedder.model, text], 32) for text in texts]
        new = [place for place, key in enumerate(keys) if key not in self._known]
        if new:
            made = embedder.embed([texts[place] for place in new], is_query=False)
            self._known |= dict(zip((keys[place] for place in new), made, strict=True))
            self._write()
        return np.array([self._known[key] for key in keys], dtype=np.float64)

    def _read(self) -> None:
        try:
            self._known = dict(json.loads(self.path.read_bytes()))
        except (OSError, ValueError, TypeError):
            self._known = {}

    def _write(self) -> None:
        # In the home of the local cloud, which is its owner's alone.
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(self.path.name + ".part")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self._known), encoding="utf-8")
        draft.replace(self.path)


class EmbeddingRetriever:
    """Obeys `Retriever`."""

    def __init__(self, cards: Sequence[Card], embedder: Embedder, vectors: Vectors):
        self._cards = sorted(cards, key=lambda card: card.id)
        self._embedder = embedder
        self._table = _unit(vectors.of([_meaning(card) for card in self._cards], embedder))

    def search(self, query: str, k: int = 5) -> list[Hit]:
        vector = np.array(self._embedder.embed([query], is_query=True), dtype=np.float64)
        return best(self._cards, self._table @ _unit(vector)[0], k)


def _meaning(card: Card) -> str:
    about = ", ".join(constructs()[name].title for name in card.constructs)
    return f"{card.citation}\n{about}\n{card.finding}\n{card.text}"


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = vectors / np.where(lengths > 0, lengths, 1.0)
    return scaled
