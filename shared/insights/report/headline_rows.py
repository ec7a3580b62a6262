"""Rows of insight_quality about the headline: what it compares, what it leaves out, its errors."""

from collections.abc import Iterator
from typing import Any

from shared.insights.headline_words import DROPPED, basis
from shared.insights.predictor_steps import step_of
from shared.insights.result import Insights

Row = dict[str, Any]
PART = "headline"

ERRORS = {
    "block": "standard error clustered by block of videos (not the verdict)",
    "creator": "standard error clustered by creator (not the verdict)",
    "creator_and_sound": "standard error clustered by creator and sound (not the verdict)",
}


def headline_rows(insights: Insights) -> Iterator[Row]:
    """Sentences first, then videos left out and clustered errors; none without a headline."""
    headline = insights.headline
    if headline is None or headline.model is None or insights.primary is None:
        return
    for subject, sentence in basis(headline).items():
        yield {"part": PART, "subject": subject, "sentence": sentence}
    for reason, count in headline.dropped.items():
        row = {"subject": DROPPED[reason], "count": count, "total": len(headline.sample.frame)}
        yield {"part": PART, **row}
    predictor = insights.primary.predictor
    step = step_of(insights.gate.frame[predictor], predictor)
    in_blocks = headline.scope in ("account", "accounts")
    for name, errors in headline.ses.items():
        if predictor in errors:
            value = step.size * errors[predictor]
            yield {"part": PART, "subject": ERRORS["block" if in_blocks else name], "value": value}
