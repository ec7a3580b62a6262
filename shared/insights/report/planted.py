"""The truth of synthetic videos, where whoever made them left it in the lake."""

from contextlib import suppress
from math import log
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.inputs.field_types import Checked, Word
from shared.model import Malformed, parse
from shared.storage.lake import Lake
from shared.storage.layout import PLANTED

if TYPE_CHECKING:
    from shared.insights.result import Insights


class PlantedEffect(Checked):
    """Within creators, `step` points more of the predictor multiply the outcome by `ratio`."""

    predictor: Word
    outcome: Word
    step: Annotated[float, Field(gt=0)]
    ratio: Annotated[float, Field(gt=0)]

    def sentence(self, insights: "Insights") -> str | None:
        """The truth beside the answer; None where the answer is to another question."""
        from shared.insights.statistics.within_ratios import METHOD  # it needs pandas

        primary = insights.primary
        if primary is None or primary.estimate is None or primary.method != METHOD:
            return None
        if (primary.predictor, primary.outcome) != (self.predictor, self.outcome):
            return None
        truth = log(self.ratio) / self.step
        low, high = primary.ci_low, primary.ci_high
        is_inside = (low is None or low <= truth) and (high is None or truth <= high)
        verdict = "holds it" if is_inside else "does not hold it, as in about 1 of 20 such worlds"
        return (
            f"These videos are made up, so the truth is known: {self.ratio:.2f} times the "
            f"{self.outcome} for {self.step:g} points more. The interval {verdict}."
        )


def planted_effect(lake: Lake) -> PlantedEffect | None:
    """What was planted in the synthetic videos of this lake; None where nobody says it."""
    content = lake.read(PLANTED)
    if content is None:
        return None
    with suppress(Malformed):
        return parse(PlantedEffect, content, PLANTED)
    return None
