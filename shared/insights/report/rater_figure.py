"""The figure about raters: the answer to the primary question under each of them."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import SIZE, Figure, no_answer, rows_of


def raters(data: ReportData) -> Figure:
    sentences = [row["sentence"] for row in data.quality if row["part"] == "raters"]
    return Figure(
        name="raters",
        title="Does the answer depend on the rater?",
        caption="Times as many for one standard deviation more of the rater’s own ratings, within "
        f"each creator’s own videos. {' '.join(sentences)}".rstrip(),
        table="insight_effect",
        columns=(
            ("rater", "subset", "text"),
            ("standard deviation of its ratings", "step", "number"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("p", "p", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        rows=rows_of(data.effects, "rater"),
        missing=no_answer(data)
        or "Only one rater has rated enough of these videos. tta multiverse asks several.",
    )
