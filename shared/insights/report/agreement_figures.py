"""The figures about ratings: halo, agreement, corrected effects and the ladder."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import ASSOCIATION, INTERVAL, SIZE, Figure, rows_of

NO_CORRECTION = (
    "This needs a rater that was asked twice about 20 videos or more (tta rate --replicates 3), or "
    "people’s ratings of 30 or more (tta rate-kit)."
)


def halo(data: ReportData) -> Figure:
    return Figure(
        name="halo",
        title="Does the rater tell the dimensions apart?",
        caption="Pearson’s correlation between the ratings themselves. Surprise, gap and intensity "
        "should correlate a little. From .9 on, the rater repeats one impression under several "
        "names, and no rating can be read alone. Without errors of measurement, r comes from "
        "different answers of one rater; it overcorrects where these share a bias.",
        table="insight_agreement",
        columns=(
            ("rating", "dimension", "text"),
            ("and", "other_dimension", "text"),
            ("kind", "metric", "method"),
            ("rater", "raters", "names"),
            ("correlation (r)", "estimate", "rho"),
            *INTERVAL,
            ("videos", "n", "count"),
            ("note", "note", "text"),
        ),
        rows=rows_of(data.agreement, "halo"),
        missing="No rater has given two dimensions to the same videos.",
    )


def agreement(data: ReportData) -> Figure:
    return Figure(
        name="agreement",
        title="Do raters agree?",
        caption="How far two raters, or one rater asked twice, agree about a video: 1 is full "
        "agreement, 0 is chance. The whole bar under .5 is poor, the whole bar from .75 on is "
        "good. ω is a share of people: those for whom the rater is shown to be as good, or less "
        "than ε worse.",
        table="insight_agreement",
        columns=(
            ("what", "title", "text"),
            ("rating", "dimension", "text"),
            ("between", "raters", "names"),
            ("estimate", "estimate", "rho"),
            *INTERVAL,
            ("videos", "n", "count"),
            ("raters", "n_raters", "count"),
            ("note", "note", "text"),
        ),
        rows=rows_of(data.agreement, "agreement"),
        missing=_once_or_never(data),
    )


def _once_or_never(data: ReportData) -> str:
    if not data.video_counts.rated:
        return "No rater has rated these videos, so there is nothing to agree about."
    return (
        "Only one rater has rated these videos, once. tta rate --replicates 3 asks again, and "
        "tta rate-kit lets people rate."
    )


def corrected_ratios(data: ReportData) -> Figure:
    return Figure(
        name="corrected_ratios",
        title="The ratio with the rater’s errors taken out",
        caption="Times as many views, likes … for a rating 10 points higher, among videos of one "
        "creator. Hollow: as observed. Filled: without the rater’s random error, estimated "
        "from its repeated answers, or as if people had rated every video. The first assumes that "
        "the errors of repeated answers are independent. It overcorrects where replicates share a "
        "bias that goes with the KPI.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("how", "method", "method"),
            ("step", "step", "number"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=rows_of(
            data.effects, "correction", "ppml", "ppml_disattenuated", "ppml_predict_then_debias"
        ),
        missing=NO_CORRECTION,
    )


def corrected(data: ReportData) -> Figure:
    return Figure(
        name="corrected",
        title="The correlation with the rater’s errors taken out",
        caption="Errors of a rating pull correlations towards 0. Filled: the rank correlation "
        "(ρ) without these errors, estimated from the rater’s repeated answers (random error) or "
        "from people’s ratings of some videos (any error). Hollow: ρ as observed. Repeated "
        "answers overcorrect where replicates share a bias that goes with the KPI.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("how", "method", "method"),
            ("rank correlation (ρ)", "estimate", "rho"),
            *INTERVAL,
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=rows_of(data.effects, "correction", "disattenuated", "predict_then_debias"),
        missing=NO_CORRECTION,
    )


def ladder(data: ReportData) -> Figure:
    return Figure(
        name="ladder",
        title="Benchmarks set before anyone looked",
        caption="Each rung has a mark that was set beforehand. A rung passes when its whole "
        "interval is on the right side of the mark, and fails when none of it is. Otherwise it is "
        "undecided.",
        table="insight_agreement",
        columns=(
            ("rung", "title", "text"),
            ("rater", "raters", "names"),
            ("figure", "estimate", "rho"),
            *INTERVAL,
            ("passes if", "pass_when", "text"),
            ("mark", "pass_mark", "rho"),
            ("verdict", "verdict", "text"),
            ("videos", "n", "count"),
            ("note", "note", "text"),
        ),
        rows=rows_of(data.agreement, "ladder"),
        missing="No benchmark has been run on these ratings. tta validate says which data each one "
        "needs.",
    )
