"""The figures about effects: how ratings go with KPIs."""

from shared.insights.quality_gate import FEWEST_CLUSTERS
from shared.insights.report.data import ReportData
from shared.insights.report.figure import ASSOCIATION, INTERVAL, SIZE, Figure, no_answer, rows_of
from shared.insights.specification_words import signs_text

NO_POOLED = "Too few creators to compare creators with each other, so there is no pooled figure."


def no_pooled_answer(data: ReportData) -> str:
    """Why no figure over all creators can be drawn; empty where the reason is another."""
    insights = data.insights
    is_too_few = insights is not None and insights.clusters < FEWEST_CLUSTERS
    return no_answer(data) or (NO_POOLED if is_too_few else "")


def forest(data: ReportData) -> Figure:
    return Figure(
        name="forest",
        title="Pooled ranks: all creators together",
        caption="One line per KPI, as counted and per view. The dot is the rank correlation "
        "(Spearman’s ρ), the bar its 95 % interval. The hollow dot is that without the effect of "
        "the controls (followers, duration, age, language, hour). It also compares creators with "
        "each other, so fame can make it, hide it or turn it round. A bar that crosses 0 shows "
        "no association. Correlations in the shaded band are too small to be of use.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("figure", "method", "method"),
            ("rank correlation (ρ)", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
            ("note", "note", "text"),
        ),
        follows=("predictor",),
        rows=rows_of(data.effects, "association", "spearman", "partial_spearman"),
        missing=no_pooled_answer(data),
    )


def ratios(data: ReportData) -> Figure:
    return Figure(
        name="ratios",
        title="Pooled counts: all creators together",
        caption="Times as many views, likes … for one step more of the rating, with other ratings "
        "and controls equal (negative binomial model). It also compares creators with each other, "
        "so fame can make it, hide it or turn it round. A bar that crosses 1 shows no association. "
        "A rank counts each video alike, and in a ratio very successful videos weigh most. So the "
        "two pooled figures may differ.",
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
        rows=rows_of(data.effects, "association", "gee_nb"),
        missing=no_pooled_answer(data),
    )


def dose(data: ReportData) -> Figure:
    return Figure(
        name="dose",
        title="Does a higher rating go with more, all along the scale?",
        caption="The expected percentile of the KPI among these videos (50 is the middle) along "
        "the rating, over all creators and with the controls at their means. The band is the 95 % "
        "interval at each point. A curve that rises and then falls is an inverted U. A band that "
        "has room for a level line shows no trend.",
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
        missing=no_pooled_answer(data) or "No rating takes enough different values for a curve.",
    )


def deciles(data: ReportData) -> Figure:
    return Figure(
        name="deciles",
        title="From the lowest to the highest tenth",
        caption="The videos of all creators in tenths by rating. The dot is the middle video of "
        "the tenth, the bar its middle half. Bars show how much videos differ, not how certain the "
        "dots are. Equal ratings stay together, so there may be fewer than ten tenths.",
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
        missing=no_pooled_answer(data),
    )


def growth(data: ReportData) -> Figure:
    return Figure(
        name="growth",
        title="The same age for every video",
        caption="Pooled rank correlation (ρ) between the rating and the KPI when every video has "
        "the same age. The KPI at that age is interpolated between two counts. So no video had "
        "longer to gather views.",
        table="insight_effect",
        columns=(
            *ASSOCIATION,
            ("days", "x_low", "number"),
            ("rank correlation (ρ)", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            *SIZE,
        ),
        follows=("predictor", "outcome"),
        rows=rows_of(data.effects, "growth"),
        missing=no_pooled_answer(data)
        or "No rated video was counted twice, so views at a given age are unknown. A "
        "collection with refresh ages counts its videos again automatically.",
    )


def durations(data: ReportData) -> Figure:
    rows = [row for row in rows_of(data.effects, "duration") if row["estimate"] is not None]
    return Figure(
        name="durations",
        title="Short videos and long ones",
        caption="Pooled rank correlation (ρ) of the primary question among videos of one range "
        "of duration. Ranges without a line have too few videos. Do not read anything into "
        "differences between overlapping bars.",
        table="insight_effect",
        columns=(
            ("duration", "subset", "text"),
            *ASSOCIATION,
            ("rank correlation (ρ)", "estimate", "rho"),
            *INTERVAL,
            ("p", "p", "small"),
            ("q", "q", "small"),
            *SIZE,
        ),
        rows=rows,
        missing=no_pooled_answer(data)
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
            ("correlation or ratio", "method", "method"),
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
