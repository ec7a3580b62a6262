"""The figures of a report: what each shows, what to read in it, and the rows behind it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.insights.report.data import ReportData

Row = dict[str, Any]
Column = tuple[str, str, str]
"""Header, column of the insight table, format."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `missing` says what lacks where there are no rows.

    `follows` are the columns by which its rows follow the choices of the reader.
    """

    name: str
    title: str
    caption: str
    table: str
    columns: tuple[Column, ...]
    follows: tuple[str, ...] = ()
    rows: Sequence[Row] = field(default=())
    missing: str = ""


INTERVAL: tuple[Column, ...] = (("from", "ci_low", "rho"), ("to", "ci_high", "rho"))
SIZE: tuple[Column, ...] = (("videos", "n", "count"), ("creators", "clusters", "count"))
WHAT: tuple[Column, ...] = (
    ("rating", "predictor", "text"),
    ("KPI", "outcome", "text"),
    ("scale", "scale", "text"),
)


def figures(data: ReportData) -> tuple[Figure, ...]:
    """All figures, in the order of the page."""
    return tuple(make(data) for make in _MAKERS)


def _forest(data: ReportData) -> Figure:
    return Figure(
        name="forest",
        title="Which KPIs go with it",
        caption="One line per KPI, as counted and per view. The dot is Spearman’s ρ, the bar its "
        "95 % interval; the hollow dot is ρ once the controls (followers, duration, age, language, "
        "hour) are taken out. A bar that crosses 0 found nothing. The shaded band holds "
        "correlations too small to be of use. q corrects p for all other tests of this report.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("method", "method", "text"),
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=_of(data.effects, "association", "spearman", "partial_spearman"),
        missing=_no_answer(data),
    )


def _ratios(data: ReportData) -> Figure:
    return Figure(
        name="ratios",
        title="How much more, in numbers of views and likes",
        caption="Times as many views, likes … for a rating one standard deviation higher, other "
        "ratings and controls held equal (negative binomial model, errors by creator). 1.10 is "
        "ten percent more; a bar that crosses 1 found nothing. Heavy tails make these intervals "
        "wide: where they disagree with the figure above, trust the ranks.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("step", "step", "number"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("per point", "irr", "ratio_of_one_point"),
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=_of(data.effects, "association", "gee_nb"),
        missing=_no_answer(data),
    )


def _dose(data: ReportData) -> Figure:
    return Figure(
        name="dose",
        title="Does more surprise go with more, all along the scale?",
        caption="The expected percentile of the KPI among these videos (50 is the middle) along "
        "the rating, with the controls held at their means. The band is the 95 % interval at each "
        "point. A rise that turns down would be an inverted U; a band that could hold a level line "
        "shows no trend.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("score", "x_low", "number"),
            ("percentile", "estimate", "number"),
            ("from", "ci_low", "number"),
            ("to", "ci_high", "number"),
            *SIZE,
        ),
        follows=("predictor", "outcome", "scale"),
        rows=_of(data.effects, "dose"),
        missing=_no_answer(data) or "No rating takes enough different values for a curve.",
    )


def _deciles(data: ReportData) -> Figure:
    return Figure(
        name="deciles",
        title="From the least to the most surprising tenth",
        caption="The videos in tenths by rating: the dot is the middle video of the tenth, the bar "
        "its middle half. Bars tell how much videos differ, not how sure the dots are. Equal "
        "ratings stay together, so there may be fewer than ten.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("tenth", "subset", "text"),
            ("lowest score", "x_low", "number"),
            ("highest score", "x_high", "number"),
            ("median", "estimate", "number"),
            ("lower quartile", "quartile_low", "number"),
            ("upper quartile", "quartile_high", "number"),
            *SIZE,
        ),
        follows=("predictor", "outcome", "scale"),
        rows=_of(data.effects, "decile"),
        missing=_no_answer(data),
    )


def _growth(data: ReportData) -> Figure:
    return Figure(
        name="growth",
        title="The same age for every video",
        caption="ρ between the rating and the KPI at the same age of every video, read between two "
        "counts of it. Older videos had longer to gather views; here none had.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("days", "x_low", "number"),
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            *SIZE,
        ),
        follows=("predictor", "outcome"),
        rows=_of(data.effects, "growth"),
        missing="No rated video has been counted twice, so its views at a given age are unknown. "
        "A collection with refresh ages counts its videos again by itself.",
    )


def _durations(data: ReportData) -> Figure:
    rows = [row for row in _of(data.effects, "duration") if row["estimate"] is not None]
    return Figure(
        name="durations",
        title="Short videos and long ones",
        caption="ρ of the primary question among videos of one range of duration. Ranges without "
        "a line have too few videos. Differences between overlapping bars mean nothing.",
        table="insight_effect",
        columns=(
            ("duration", "subset", "text"),
            *WHAT,
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
        ),
        rows=rows,
        missing=_no_answer(data)
        or "No range of durations has enough videos, or the plan names no duration_profile.",
    )


def _specifications(data: ReportData) -> Figure:
    return Figure(
        name="specifications",
        title="Would another analyst have found something else?",
        caption="The primary question asked in every other way that was open, the smallest "
        "estimate first. Below each estimate a dot marks which correlation and which videos it "
        "took. If the line stays on one side of 0, the answer does not hang on one choice; the "
        "estimates share their videos, so they are not independent findings.",
        table="insight_effect",
        columns=(
            ("correlation", "method", "text"),
            ("videos", "subset", "text"),
            ("estimate", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            *SIZE,
        ),
        rows=_of(data.effects, "specification"),
        missing=_no_answer(data) or "The plan declares no primary question.",
    )


def _halo(data: ReportData) -> Figure:
    return Figure(
        name="halo",
        title="Does the rater tell the dimensions apart?",
        caption="Correlation (Pearson) between the ratings themselves. Surprise, gap and intensity "
        "should go together a little; from .9 on the rater repeats one impression under several "
        "names, and none of them can be read alone.",
        table="insight_agreement",
        columns=(
            ("rating", "dimension", "text"),
            ("and", "other_dimension", "text"),
            ("kind", "metric", "text"),
            ("rater", "raters", "names"),
            ("r", "estimate", "rho"),
            *INTERVAL,
            ("videos", "n", "count"),
            ("note", "note", "text"),
        ),
        rows=_of(data.agreement, "halo"),
        missing="No rater has given two dimensions to the same videos.",
    )


def _agreement(data: ReportData) -> Figure:
    return Figure(
        name="agreement",
        title="Do raters agree?",
        caption="How far two raters, or one rater asked twice, say the same of a video: 1 is "
        "always, 0 is no better than chance. Under .5 is poor, from .75 good, judged by the whole "
        "bar.",
        table="insight_agreement",
        columns=(
            ("what", "title", "text"),
            ("rating", "dimension", "text"),
            ("metric", "metric", "text"),
            ("between", "raters", "names"),
            ("estimate", "estimate", "rho"),
            *INTERVAL,
            ("videos", "n", "count"),
            ("raters", "n_raters", "count"),
            ("note", "note", "text"),
        ),
        rows=_of(data.agreement, "agreement"),
        missing="Only one rater has rated these videos, once. tta rate --replicates 3 asks again, "
        "and tta rate-kit lets people rate.",
    )


def _corrected(data: ReportData) -> Figure:
    return Figure(
        name="corrected",
        title="With the rater’s errors taken out",
        caption="Errors of a rating pull correlations towards 0. Filled: ρ as it would be without "
        "them, by the rater’s own repeated answers (random error) or by people’s ratings of some "
        "videos (any error). Hollow: ρ as observed.",
        table="insight_effect",
        columns=(
            *WHAT,
            ("how", "method", "text"),
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=_of(data.effects, "correction"),
        missing="It takes a rater that was asked twice about 20 videos or more (tta rate "
        "--replicates 3), or people’s ratings of 30 or more (tta rate-kit).",
    )


def _ladder(data: ReportData) -> Figure:
    return Figure(
        name="ladder",
        title="Benchmarks set before anyone looked",
        caption="Each rung has a mark that was set beforehand. It is passed when the whole "
        "interval keeps the mark, failed when none of it does, and undecided in between.",
        table="insight_agreement",
        columns=(
            ("rung", "title", "text"),
            ("rater", "raters", "names"),
            ("metric", "metric", "text"),
            ("figure", "estimate", "rho"),
            *INTERVAL,
            ("mark", "pass_when", "text"),
            ("", "pass_mark", "rho"),
            ("verdict", "verdict", "text"),
            ("videos", "n", "count"),
            ("note", "note", "text"),
        ),
        rows=_of(data.agreement, "ladder"),
        missing="No benchmark has been run on these ratings: tta validate says which data each "
        "needs.",
    )


def _quality(data: ReportData) -> Figure:
    return Figure(
        name="quality",
        title="From the videos known to the videos used",
        caption="How many videos are left after each demand, then what the quality gate dropped, "
        "by rule. A row with more likes than views is a broken counter, so it is dropped.",
        table="insight_quality",
        columns=(
            ("part", "part", "text"),
            ("what", "subject", "text"),
            ("videos", "count", "count"),
            ("of", "total", "count"),
        ),
        rows=_of(data.quality, "rows", "status", "dropped", "missing", "flagged"),
    )


def _months(data: ReportData) -> Figure:
    return Figure(
        name="months",
        title="Was the counter broken?",
        caption="By month of posting: videos with impossible counts (light: possible). A month "
        "full of them was miscounted by the source, and the rest of it is doubtful too.",
        table="insight_quality",
        columns=(
            ("month", "subject", "text"),
            ("impossible", "count", "count"),
            ("of", "total", "count"),
        ),
        rows=_of(data.quality, "month"),
        missing=_no_answer(data) or "The plan names neither created_at nor views.",
    )


def _precision(data: ReportData) -> Figure:
    return Figure(
        name="precision",
        title="How sure could this sample be?",
        caption="Videos of one creator are alike, so the sample is worth fewer independent videos "
        "than it has. To find a correlation of this size four times in five takes so many videos; "
        "the line is how many there are.",
        table="insight_quality",
        columns=(("what", "subject", "text"), ("figure", "value", "number")),
        rows=_of(data.quality, "precision", "influence"),
        missing=_no_answer(data) or "The plan declares no primary question.",
    )


_MAKERS: tuple[Callable[[ReportData], Figure], ...] = (
    _forest,
    _ratios,
    _dose,
    _deciles,
    _growth,
    _durations,
    _specifications,
    _halo,
    _agreement,
    _corrected,
    _ladder,
    _quality,
    _months,
    _precision,
)


def _of(rows: Sequence[Row], *words: str) -> tuple[Row, ...]:
    """Rows of one part and some methods, or of several parts."""
    methods = words[1:] if rows and "method" in rows[0] else ()
    parts = words[:1] if methods else words
    return tuple(
        row for row in rows if row["part"] in parts and (not methods or row["method"] in methods)
    )


def _no_answer(data: ReportData) -> str:
    return data.missing.sentence if data.missing else ""


def parts(found: Sequence[Figure]) -> Iterator[str]:
    """Names of figures that have rows."""
    return (figure.name for figure in found if figure.rows)
