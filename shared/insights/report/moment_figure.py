"""The figures about the moment: who leaves in the seconds around it, and the videos behind it."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import SIZE, Figure
from shared.insights.report.moment_rows import PART, VIDEOS

NO_CURVES = (
    "No video has a retention curve. A collection of source business reads those of your own "
    "posts, and tta ingest stores a file of them."
)


def moment(data: ReportData) -> Figure:
    return Figure(
        name="moment",
        title="Who leaves after the moment",
        caption="Hazard ratio of leaving: below 1, fewer viewers leave in that second than is "
        "usual for the video and for the second. Bars are 95 % intervals. The box is the window "
        "after the moment, and its line the answer. The grey area holds 95 % of placebos: the "
        "moments of other videos in their place. Seconds before the moment should lie around 1.",
        table="insight_effect",
        columns=(
            ("second", "subset", "text"),
            ("estimate", "method", "method"),
            ("hazard ratio", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("p", "p", "small"),
            *SIZE,
        ),
        rows=tuple(row for row in data.effects if row["part"] == PART),
        missing=_missing(data),
    )


def moment_videos(data: ReportData) -> Figure:
    return Figure(
        name="moment_videos",
        title="The videos that carry it",
        caption="The share of viewers who still watch, by second. The line is the moment. Without "
        "such a video, the answer would change most.",
        table="insight_effect",
        columns=(
            ("video", "subset", "text"),
            ("moment (s)", "x_low", "number"),
            ("times by which it moves the ratio", "step_irr", "ratio"),
        ),
        rows=tuple(row for row in data.effects if row["part"] == VIDEOS),
    )


def _missing(data: ReportData) -> str:
    """Why there is no figure: what the estimate says, or that there are no curves."""
    sentences = [row["sentence"] for row in data.quality if row["part"] == PART]
    return sentences[0] if sentences else NO_CURVES
