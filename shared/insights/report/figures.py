"""All figures of a report, in the order of the page."""

from shared.insights.report import (
    agreement_figures,
    effect_figures,
    headline_figures,
    moment_figure,
    quality_figures,
)
from shared.insights.report.data import ReportData
from shared.insights.report.figure import Figure
from shared.insights.report.for_whom_figure import for_whom
from shared.insights.report.rater_figure import raters

_FIGURES = (
    headline_figures.within,
    headline_figures.basis,
    effect_figures.forest,
    effect_figures.ratios,
    effect_figures.dose,
    effect_figures.deciles,
    effect_figures.growth,
    effect_figures.durations,
    moment_figure.moment,
    moment_figure.moment_videos,
    for_whom,
    raters,
    effect_figures.specifications,
    agreement_figures.halo,
    agreement_figures.agreement,
    agreement_figures.corrected_ratios,
    agreement_figures.corrected,
    agreement_figures.ladder,
    quality_figures.quality,
    quality_figures.months,
    quality_figures.precision,
)


def figures(data: ReportData) -> tuple[Figure, ...]:
    return tuple(figure_of(data) for figure_of in _FIGURES)
