"""The figure about creators: how far the ratio of one lies from that of another."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import SIZE, Figure, no_answer, rows_of
from shared.insights.report.for_whom_rows import MOST_CREATORS, PART


def for_whom(data: ReportData) -> Figure:
    return Figure(
        name="for_whom",
        title="From creator to creator",
        caption="Times as many for a step more of the rating, within each creator’s own videos. "
        "The thin bar and hollow dot are the creator’s videos alone. The dot is that estimate "
        "moved towards the mean of all: the fewer videos a creator has, the further. The band is "
        "where a new creator like these is expected to lie (95 % prediction interval). Creators "
        f"have numbers here, not names; up to {MOST_CREATORS} with most videos are shown.",
        table="insight_effect",
        columns=(
            ("creators", "subset", "text"),
            ("estimate", "method", "method"),
            ("step", "step", "number"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        rows=rows_of(data.effects, PART),
        missing=no_answer(data) or _no_figure(data),
    )


def _no_figure(data: ReportData) -> str:
    sentences = [row["sentence"] for row in data.quality if row["part"] == PART]
    return sentences[0] if sentences else "The plan declares no primary question or no creators."
