"""The figures about the headline: the ratio within creators, and what it rests on."""

from shared.insights.figure_names import SCOPE_NAMES
from shared.insights.report.data import ReportData
from shared.insights.report.figure import ASSOCIATION, SIZE, Figure, no_answer, rows_of
from shared.insights.report.headline_rows import PART


def within(data: ReportData) -> Figure:
    return Figure(
        name="within",
        title=_title(data),
        caption="One line per KPI, as counted and per view. Each creator’s videos are compared "
        "with each other, so fame does not matter. The dot says how many times as many views, "
        "likes … the higher-rated videos had: 1.10 is ten percent more. The bar is the 95 % "
        "interval. A bar that crosses 1 shows no association. q corrects p for all other tests of "
        "this report.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("step", "step", "number"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=rows_of(data.effects, "association", "ppml"),
        missing=no_answer(data),
    )


def basis(data: ReportData) -> Figure:
    rows = [row for row in rows_of(data.quality, PART) if row.get("sentence") is None]
    return Figure(
        name="basis",
        title="What the answer rests on",
        caption="Videos that say nothing within creators are left out. The errors are those of the "
        "log ratio for one step. They are shown because many analyses use them, and they are not "
        "the verdict: where nothing was planted they claimed an effect far too often. The interval "
        "above comes from flipping the signs of whole creators, or of whole blocks of videos where "
        "there are few accounts.",
        table="insight_quality",
        columns=(
            ("what", "subject", "text"),
            ("videos", "count", "count"),
            ("of", "total", "count"),
            ("figure", "value", "number"),
        ),
        rows=rows,
        missing=no_answer(data) or "There is no answer within creators.",
        is_drawn=False,
    )


def _title(data: ReportData) -> str:
    headline = data.insights.headline if data.insights else None
    name = SCOPE_NAMES["creators" if headline is None else headline.scope]
    return name[0].upper() + name[1:]
