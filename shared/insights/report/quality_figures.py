"""The figures about data: what was dropped, broken months, and precision."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import Figure, no_answer, rows_of


def quality(data: ReportData) -> Figure:
    return Figure(
        name="quality",
        title="From the videos known to the videos used",
        caption="How many videos are left after each condition, then how many the quality gate "
        "dropped, by rule. For example, more likes than views mean a broken counter, so the row "
        "is dropped.",
        table="insight_quality",
        columns=(
            ("part", "part", "text"),
            ("what", "subject", "text"),
            ("videos", "count", "count"),
            ("of", "total", "count"),
        ),
        rows=rows_of(data.quality, "rows", "status", "dropped", "missing", "flagged"),
    )


def months(data: ReportData) -> Figure:
    return Figure(
        name="months",
        title="Was the counter broken?",
        caption="Videos with impossible counts by month of posting (light: possible counts). The "
        "source miscounted a month that is full of them, so its other counts are doubtful too.",
        table="insight_quality",
        columns=(
            ("month", "subject", "text"),
            ("impossible", "count", "count"),
            ("of", "total", "count"),
        ),
        rows=rows_of(data.quality, "month"),
        missing=no_answer(data) or "The plan names neither created_at nor views.",
    )


def precision(data: ReportData) -> Figure:
    drawn = [row["sentence"] for row in data.quality if row["part"] == "drawn"]
    return Figure(
        name="precision",
        title="How sure could this sample be?",
        caption="Each dot is the number of videos like these that it takes to find a ratio of that "
        "size within creators, for one step of the rating, four times in five. It follows from the "
        "interval of the answer. The line is the number of videos here. "
        f"{' '.join(drawn)}".rstrip(),
        table="insight_quality",
        columns=(("what", "subject", "text"), ("figure", "value", "number")),
        rows=rows_of(data.quality, "precision", "influence"),
        missing=no_answer(data) or "The plan declares no primary question.",
    )
