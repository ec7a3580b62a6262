"""The figures about effects: how ratings go with KPIs."""

from shared.insights.report.data import ReportData
from shared.insights.report.figure import ASSOCIATION, INTERVAL, SIZE, Figure, no_answer, rows_of
from shared.insights.specifications import signs_text


def forest(data: ReportData) -> Figure:
    return Figure(
        name="forest",
        title="Which KPIs go with it",
        caption="One line per KPI, as counted and per view. The dot is Spearman’s ρ, the bar its "
        "95 % interval. The hollow dot is ρ without the effect of the controls (followers, "
        "duration, age, language, hour). A bar that crosses 0 shows no association. Correlations "
        "in the shaded band are too small to be of use. q corrects p for all other tests of this "
        "report.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("method", "method", "text"),
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=rows_of(data.effects, "association", "spearman", "partial_spearman"),
        missing=no_answer(data),
    )


def ratios(data: ReportData) -> Figure:
    return Figure(
        name="ratios",
        title="How much more, in numbers of views and likes",
        caption="Times as many views, likes … for a rating one standard deviation higher, with "
        "other ratings and controls equal (negative binomial model, errors by creator). 1.10 is "
        "ten percent more. A bar that crosses 1 shows no association. Heavy tails make these "
        "intervals wide: where they disagree with the figure above, trust the ranks.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
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
        rows=rows_of(data.effects, "association", "gee_nb"),
        missing=no_answer(data),
    )


def dose(data: ReportData) -> Figure:
    return Figure(
        name="dose",
        title="Does more surprise go with more, all along the scale?",
        caption="The expected percentile of the KPI among these videos (50 is the middle) along "
        "the rating, with the controls at their means. The band is the 95 % interval at each "
        "point. A curve that rises and then falls is an inverted U. A band that has room for a "
        "level line shows no trend.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("score", "x_low", "number"),
            ("percentile", "estimate", "number"),
            ("from", "ci_low", "number"),
            ("to", "ci_high", "number"),
            *SIZE,
        ),
        follows=("predictor", "outcome", "scale"),
        rows=rows_of(data.effects, "dose"),
        missing=no_answer(data) or "No rating takes enough different values for a curve.",
    )


def deciles(data: ReportData) -> Figure:
    return Figure(
        name="deciles",
        title="From the least to the most surprising tenth",
        caption="The videos in tenths by rating. The dot is the middle video of the tenth, the bar "
        "its middle half. Bars show how much videos differ, not how certain the dots are. Equal "
        "ratings stay together, so there may be fewer than ten tenths.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("tenth", "subset", "text"),
            ("lowest score", "x_low", "number"),
            ("highest score", "x_high", "number"),
            ("median", "estimate", "number"),
            ("lower quartile", "quartile_low", "number"),
            ("upper quartile", "quartile_high", "number"),
            *SIZE,
        ),
        follows=("predictor", "outcome", "scale"),
        rows=rows_of(data.effects, "decile"),
        missing=no_answer(data),
    )


def growth(data: ReportData) -> Figure:
    return Figure(
        name="growth",
        title="The same age for every video",
        caption="ρ between the rating and the KPI when every video has the same age. The KPI at "
        "that age is interpolated between two counts. So no video had longer to gather views.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("days", "x_low", "number"),
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            *SIZE,
        ),
        follows=("predictor", "outcome"),
        rows=rows_of(data.effects, "growth"),
        missing="No rated video was counted twice, so views at a given age are unknown. A "
        "collection with refresh ages counts its videos again automatically.",
    )


def durations(data: ReportData) -> Figure:
    rows = [row for row in rows_of(data.effects, "duration") if row["estimate"] is not None]
    return Figure(
        name="durations",
        title="Short videos and long ones",
        caption="ρ of the primary question among videos of one range of duration. Ranges without "
        "a line have too few videos. Do not read anything into differences between overlapping "
        "bars.",
        table="insight_effect",
        columns=(
            ("duration", "subset", "text"),
            *ASSOCIATION,
            ("ρ", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
        ),
        rows=rows,
        missing=no_answer(data)
        or "No range of durations has enough videos, or the plan names no duration_profile.",
    )


def specifications(data: ReportData) -> Figure:
    rows = rows_of(data.effects, "specification")
    signs = signs_text((row["estimator"], row["estimate"], row["p"]) for row in rows)
    return Figure(
        name="specifications",
        title="Would another analyst have found something else?",
        caption="The primary question, answered by every other reasonable analysis: a panel for "
        "each estimator, the smallest estimate first. The dots below each estimate show its "
        "choices; the headline is marked. The estimates share their videos, so they are not "
        f"independent findings. {signs}".rstrip(),
        table="insight_effect",
        columns=(
            ("estimator", "estimator", "text"),
            ("correlation or ratio", "method", "text"),
            ("videos", "subset", "text"),
            ("choices", "choices", "text"),
            ("times as many", "step_irr", "ratio"),
            ("from", "step_irr_low", "ratio"),
            ("to", "step_irr_high", "ratio"),
            ("estimate", "estimate", "number"),
            ("from", "ci_low", "number"),
            ("to", "ci_high", "number"),
            ("p", "p", "small"),
            *SIZE,
        ),
        rows=rows,
        missing=no_answer(data) or "The plan declares no primary question.",
    )
