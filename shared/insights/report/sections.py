"""The sections of a page, and what it says in place of figures that have nothing to show."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shared.insights.report.data import ReportData
from shared.insights.report.figure import Figure

NO_PAIRS = "No video has both a rating and a count."


@dataclass(frozen=True, slots=True)
class PageSection:
    """One section: figures in the order of the page, those in `pairs` side by side."""

    name: str
    title: str
    figures: tuple[str, ...]


SECTIONS = (
    PageSection("engagement", "Engagement", ("within", "forest", "ratios", "basis", "scatter")),
    PageSection("along", "Along the scale", ("dose", "deciles", "growth", "durations")),
    PageSection("viewers", "The moment", ("moment", "moment_videos")),
    PageSection("whom", "For whom", ("for_whom",)),
    PageSection("robust", "Would it hold?", ("raters", "specifications", "shapes")),
    PageSection(
        "ratings",
        "The ratings",
        ("halo", "agreement", "corrected_ratios", "corrected", "ladder"),
    ),
    PageSection("data", "The data", ("quality", "precision", "months")),
)


@dataclass(frozen=True, slots=True)
class EmptyFigures:
    """Figures that lack the same thing, and what would fill them."""

    titles: tuple[str, ...]
    sentence: str


def sections_with(names: frozenset[str]) -> tuple[PageSection, ...]:
    """The sections that have a figure, without the figures that are not in `names`."""
    shown = (
        PageSection(
            section.name,
            section.title,
            tuple(figure for figure in section.figures if figure in names),
        )
        for section in SECTIONS
    )
    return tuple(section for section in shown if section.figures)


def empty_figures(data: ReportData, page_figures: Sequence[Figure]) -> tuple[EmptyFigures, ...]:
    """Every figure without rows, grouped by the sentence that says what would fill it."""
    titles: dict[str, list[str]] = defaultdict(list)
    for figure in page_figures:
        if not figure.rows and figure.missing:
            titles[figure.missing].append(figure.title)
    if not data.video_counts.both:
        sentence = data.missing.sentence if data.missing else NO_PAIRS
        titles[sentence].append("Every video")
    if not data.gallery:
        next_step = data.missing.next_step if data.missing else ""
        titles[f"No rated video to show. {next_step}".strip()].append("The videos")
    return tuple(EmptyFigures(tuple(those), sentence) for sentence, those in titles.items())
