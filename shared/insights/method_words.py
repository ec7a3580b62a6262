"""The paragraph on the method in the style of the APA, written from the numbers of an analysis."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.insights.figure_names import column_name, kpi_name, predictor_name, rule_name
from shared.insights.headline import Headline
from shared.insights.number_words import decimals, p_value, ratio_text
from shared.insights.predictor_steps import step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.wording import outcome_text, per_exposure, rater_sentences, ratio_numbers

EFFECTS = {
    "creators": "fixed effects of creators",
    "accounts": "fixed effects of accounts, a trend and the weekday",
    "account": "a trend and the weekday",
    "videos": "no effects of creators, whom the plan does not name",
}


def methods_paragraph(
    insights: Insights, agreement: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """Sample, measures, analysis and result; empty without a primary question.

    `agreement` is what `validate` found by dimension, for the reliability of the rating. APA 7 asks
    for exclusions with reasons, reliability in this sample, exact p and intervals (JARS-Quant).
    """
    primary, headline = insights.primary, insights.headline
    if primary is None or headline is None or primary.p is None:
        return ""
    return " ".join(
        (
            *_sample(insights, primary),
            *_measures(insights, primary, headline, agreement or {}),
            *_model(insights, primary, headline),
            *_result(insights, primary),
        )
    )


def _sample(insights: Insights, primary: Effect) -> Iterator[str]:
    gate = insights.gate
    if gate.kind.is_synthetic:
        yield "All data are synthetic: they were generated to try out the method."
    creators = "1 creator" if primary.clusters == 1 else f"{primary.clusters:,} creators"
    by = f" by {creators}" if insights.plan.cluster else ""
    yield f"The sample comprised {primary.n:,} TikTok videos{by}{_posted(insights)}."
    excluded = [f"{n:,} {rule_name(rule)}" for rule, n in gate.dropped.items() if n]
    if excluded:
        without = gate.rows - len(gate.frame)
        yield (
            f"Of {gate.rows:,} videos, {without:,} {'was' if without == 1 else 'were'} excluded "
            f"beforehand ({', '.join(excluded)})."
        )
    if frame := insights.plan.sampling_frame:
        yield f"Sampling: {frame.strip().rstrip('.')}."


def _posted(insights: Insights) -> str:
    frame = insights.gate.frame
    if "created_at" not in frame or not frame["created_at"].notna().any():
        return ""
    first, last = frame["created_at"].min(), frame["created_at"].max()
    return f" posted from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _measures(
    insights: Insights,
    primary: Effect,
    headline: Headline,
    agreement: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    predictor = predictor_name(primary.predictor)
    if insights.raters:
        yield f"{', '.join(insights.raters)} rated {predictor}."
        for rater, estimate in agreement.get(primary.predictor, {}).get("retest", {}).items():
            if rater in insights.raters and estimate["estimate"] is not None:
                yield f"Repeated ratings of one rater agreed, {_icc(estimate)}."
    yield from list(rater_sentences(insights))[-1:]
    values = "values" if primary.scale == "mean" else "counts"
    age = (
        f"latest {values}"
        if headline.equal_age_days is None
        else f"{values} {headline.equal_age_days:g} days after each post"
    )
    yield f"The outcome was {outcome_text(primary).replace('_', ' ')} ({age})."


def _icc(estimate: Mapping[str, Any]) -> str:
    text = f"ICC(A,1) = {decimals(estimate['estimate'])}"
    if estimate["ci_low"] is None or estimate["ci_high"] is None:
        return text
    return f"{text}, 95% CI [{decimals(estimate['ci_low'])}, {decimals(estimate['ci_high'])}]"


def _model(insights: Insights, primary: Effect, headline: Headline) -> Iterator[str]:
    effects = [EFFECTS[headline.scope]]
    if headline.periods:
        effects.append(f"effects of {headline.periods} calendar periods")
    others = [predictor_name(name) for name in insights.plan.predictors]
    others = [name for name in others if name != predictor_name(primary.predictor)]
    controls = [*others, *map(column_name, insights.plan.controls)]
    controlled = f" Controls were {', '.join(controls)}." if controls else ""
    model = "log-linear model of the mean (Poisson quasi-likelihood)"
    model = model if primary.scale == "mean" else "Poisson model"
    yield f"We fitted a {model} with {' and '.join(effects)}.{controlled}"
    yield (
        "The p value and the confidence interval come from a score test that flips the signs of "
        f"{_units(headline)}."
    )
    yield (
        f"The analysis plan ({insights.plan_hash}) names this question as the primary; the seed "
        f"was {insights.plan.seed}."
    )


def _units(headline: Headline) -> str:
    if headline.scope in ("account", "accounts"):
        return "whole blocks of neighbouring videos"
    if headline.sounds is not None:
        return "whole creators, and of whole sounds; the wider result counts"
    return "single videos" if headline.scope == "videos" else "whole creators"


def _result(insights: Insights, primary: Effect) -> Iterator[str]:
    frame = insights.gate.frame
    step = step_of(frame[primary.predictor], predictor_name(primary.predictor))
    numbers = ratio_numbers(primary, step)
    if numbers is None:
        yield f"The rate ratio had no bounded interval, {p_value(primary.p)}."
    else:
        ratio, low, high = map(ratio_text, numbers)
        outcome = f"{kpi_name(primary.outcome)}{per_exposure(insights)}"
        yield (
            f"{step.videos[0].upper()}{step.videos[1:]} had {ratio} times the {outcome}, 95% CI "
            f"[{low}, {high}], {p_value(primary.p)}."
        )
    yield "The data are observational, so the ratio does not show an effect."
