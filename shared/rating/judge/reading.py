"""Reads the judge's answer, and finds its problems."""

import json
from typing import Annotated, Any

from pydantic import Field, ValidationError

from shared.inputs.field_types import Checked, Score, Sentence
from shared.rating.gemini.literature import GROUNDED, cards_by_dimension
from shared.rating.gemini.reading import Unfit, object_of, text_of
from shared.rating.judge.question import MOST_CARDS, VERDICTS

Wire = dict[str, Any]


class DimensionVerdict(Checked):
    """The judge's verdict on one dimension; the rationale supports `supported_score`."""

    supported_score: Score | None
    verdict: Annotated[str, Field(pattern=f"^({'|'.join(VERDICTS)})$")]
    cards: tuple[str, ...] = Field(max_length=MOST_CARDS)
    why: Sentence


class _JudgeAnswer(Checked):
    judgements: dict[str, DimensionVerdict]


def read(response: Wire) -> dict[str, DimensionVerdict]:
    """Verdicts by dimension. Raises Stopped, and Unfit with problems for the judge to correct."""
    fields = object_of(text_of(response))
    try:
        judged = _JudgeAnswer.model_validate_json(json.dumps(fields)).judgements
    except ValidationError as error:
        problems = error.errors(include_url=False)[:10]
        raise Unfit(
            *(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}." for problem in problems)
        ) from error
    if wrong := [*_absent(judged), *_invented(judged)]:
        raise Unfit(*wrong)
    return judged


def _absent(judged: dict[str, DimensionVerdict]) -> list[str]:
    wrong = [name for name in GROUNDED if name not in judged]
    wrong += [name for name in judged if name not in GROUNDED]
    return [f"judgements must have exactly: {', '.join(GROUNDED)}."] if wrong else []


def _invented(judged: dict[str, DimensionVerdict]) -> list[str]:
    """Quoted cards that were not shown for their dimension."""
    problems = []
    for name, verdict in judged.items():
        shown = {card.id for card in cards_by_dimension().get(name, ())}
        problems += [
            f"{name}: there is no card {card} for it."
            for card in verdict.cards
            if card not in shown
        ]
    return problems
