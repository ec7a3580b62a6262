"""The first question of a `+rag` rating: what happens in the video, in words that find cards.

The answer is a text by a model about a file from strangers. So it is only searched with: no word of
it reaches the question that asks for the rating.
"""

from functools import cache
from pathlib import Path
from typing import Any

from shared.rating.gemini.reading import Unfit, object_of, text_of

Wire = dict[str, Any]

ASK = "Describe this video."
FIELDS = ("setup", "expectation", "event", "violation")
MOST_CHARACTERS = 600
"""Of each field: two long sentences. The rest of a text that runs on is not searched with."""


@cache
def prompt() -> str:
    return (Path(__file__).parent / "description_prompt.txt").read_text(encoding="utf-8")


def schema() -> Wire:
    """The response schema: four texts, in the order of the prompt."""
    return {
        "type": "OBJECT",
        "properties": {name: {"type": "STRING", "nullable": True} for name in FIELDS},
        "required": list(FIELDS),
        "propertyOrdering": list(FIELDS),
    }


def identity() -> list[Any]:
    """All that decides what is asked."""
    return [ASK, prompt(), schema()]


def query_in(response: Wire) -> str:
    """The words of a description, to search with.

    A field that is missing, null or no text is left out. Raises Stopped for a refusal, and Unfit
    for an answer without words or that is not a JSON object.
    """
    description = object_of(text_of(response))
    texts = [description[name] for name in FIELDS if isinstance(description.get(name), str)]
    query = " ".join(text[:MOST_CHARACTERS] for text in texts).strip()
    if not query:
        raise Unfit("The description is empty.")
    return query
