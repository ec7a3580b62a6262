"""The question of a page, and its title: of a rater that knows no meaning they claim none."""

from shared.insights.figure_names import amount_text, kpi_name
from shared.insights.report.data import ReportData
from shared.insights.wording import SIGNALS
from shared.rubric_values import Values

CHANGE = "change of picture and sound"


def question(data: ReportData) -> str:
    """`Does unexpectedness go with more views?`"""
    primary = data.plan.primary
    if primary is None:
        return "Does a rating go with more engagement?"
    subject = CHANGE if measures_change(data) else primary.predictor.replace("_", " ")
    amount = amount_text(kpi_name(primary.outcome), primary.scale, is_more=True)
    return f"Does {subject} go with {amount}?"


def title(data: ReportData) -> str:
    """What the page is about, without its date."""
    return f"{'Picture, sound' if measures_change(data) else 'Surprise'} and engagement"


def measures_change(data: ReportData) -> bool:
    """Whether the question is of a rated dimension, and only a rater without meaning rated it."""
    primary = data.plan.primary
    raters = data.insights.raters if data.insights else tuple(data.raters)
    is_rated = primary is not None and primary.predictor in Values.model_fields
    return is_rated and bool(raters) and all(name.startswith(SIGNALS) for name in raters)
