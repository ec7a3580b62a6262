"""What `tta insights` prints: the answer, the figures behind it, other KPIs, then the cautions."""

from collections.abc import Callable, Iterator, Sequence
from math import exp

from cli.console import Screen
from shared.insights.corrections import Correction
from shared.insights.figure_names import (
    BETWEEN,
    SCOPE_NAMES,
    method_name,
    outcome_name,
    rule_name,
)
from shared.insights.for_whom_words import for_whom_lines
from shared.insights.headline_words import DROPPED, basis
from shared.insights.number_words import decimals, ratio_text, small_p
from shared.insights.overturn_words import overturn_sentences
from shared.insights.predictor_steps import PredictorStep, step_in, step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.wording import LARGEST_LOG_RATIO, answer, pooled

SECOND = ("gee_nb", "spearman", "partial_spearman")
"""Pooled methods that are printed beside the headline; the JSON has all."""

CORRECTED = {
    "ppml": "Ratio within creators for 10 points more, corrected for errors of the ratings",
    "spearman": "Pooled ρ, corrected for errors of the ratings",
}
"""Titles of the tables of corrections. A rating on another scale has another step than 10 points:
a standard deviation, or yes against no."""

NO_INTERVAL = "not estimable"
NO_LIMIT = "no limit"


def show(insights: Insights, screen: Screen) -> None:
    """Print a result for people."""
    if insights.gate.synthetic:
        screen.show("SYNTHETIC DATA: made up for trying things out, not observed.\n")
    screen.show(answer(insights))
    if second := pooled(insights):
        screen.show(f"\n{second}")
    screen.show()
    _show_primary(insights, screen)
    _show_others(insights, screen)
    _show_corrected(insights, screen)
    lines = (text for _, text in overturn_sentences(insights))
    for line in (*for_whom_lines(insights), *lines, *_context_lines(insights)):
        screen.show(line)
    if insights.warnings:
        screen.show("\nKeep in mind:")
        for warning in insights.warnings:
            screen.show(f"- {warning}")
    screen.show(f"\nPlan {insights.plan_hash}, table {insights.input_sha256[:16]}.")


def _show_primary(insights: Insights, screen: Screen) -> None:
    """The headline, and under their own names the figures that compare creators, too."""
    primary = insights.primary
    if primary is None:
        return
    outcome = outcome_name(primary.outcome, primary.scale, insights.plan.exposure)
    step = step_in(insights.gate.frame, primary.predictor)
    screen.table(
        ("figure", "size", "95 % interval", "p", "videos", "creators"),
        (
            (name, *_numbers(effect, insights), f"{effect.n:,}", _creators(effect, insights))
            for name, effect in _figures(insights, primary)
        ),
        title=f"{outcome.capitalize()}{'' if step is None else f', for {step.videos}'}",
    )


def _figures(insights: Insights, primary: Effect) -> Iterator[tuple[str, Effect]]:
    headline = insights.headline
    for effect in insights.effects:
        if (effect.outcome, effect.scale) != (primary.outcome, primary.scale):
            continue
        if effect.method == "ppml" and effect.predictor == primary.predictor:
            yield SCOPE_NAMES["creators" if headline is None else headline.scope], effect
        elif effect.method in SECOND and effect.predictor == primary.predictor:
            yield method_name(effect.method), effect
        elif effect.predictor == f"{primary.predictor}{BETWEEN}":
            yield "between creators", effect


def _show_others(insights: Insights, screen: Screen) -> None:
    """A table for each rating: every other KPI within creators."""
    scope = SCOPE_NAMES["creators" if insights.headline is None else insights.headline.scope]
    for predictor in insights.plan.predictors:
        others = [effect for effect in insights.effects if _is_other(effect, predictor, insights)]
        step = step_in(insights.gate.frame, predictor)
        if others and step is not None:
            screen.table(
                ("KPI", "size", "95 % interval", "p", "q", "videos"),
                (_other_row(effect, insights) for effect in others),
                title=f"Other KPIs {scope}, for {step.videos}",
            )


def _is_other(effect: Effect, predictor: str, insights: Insights) -> bool:
    primary = insights.primary
    is_primary = primary is not None and (
        (effect.predictor, effect.outcome, effect.scale)
        == (primary.predictor, primary.outcome, primary.scale)
    )
    return effect.method == "ppml" and effect.predictor == predictor and not is_primary


def _other_row(effect: Effect, insights: Insights) -> tuple[str, ...]:
    return (
        outcome_name(effect.outcome, effect.scale, insights.plan.exposure),
        *_numbers(effect, insights),
        "" if effect.q is None else small_p(effect.q),
        f"{effect.n:,}",
    )


def _show_corrected(insights: Insights, screen: Screen) -> None:
    """Corrected ratios and correlations beside the observed ones, the primary pair first."""
    columns = ("predictor", "outcome", "scale", "observed", "corrected", "95 % interval", "how")
    for of, title in CORRECTED.items():
        rows = [correction for correction in insights.corrected if correction.of == of]
        if rows:
            screen.table(columns, (_corrected(row, insights) for row in rows), title=title)
    estimated = [row for row in insights.corrected if row.estimate is not None]
    for note in dict.fromkeys(f"{_how(row)}: {row.note}" for row in estimated):
        screen.show(f"- {note}")


def _corrected(correction: Correction, insights: Insights) -> Sequence[str]:
    write = _written(correction, insights)
    if correction.estimate is None:
        result = ("", correction.note)
    else:
        ends = write(correction.ci_low), write(correction.ci_high)
        result = (write(correction.estimate), f"{ends[0]} to {ends[1]}")
    return (
        correction.predictor,
        correction.outcome,
        correction.scale,
        write(correction.uncorrected),
        *result,
        _how(correction),
    )


def _written(correction: Correction, insights: Insights) -> Callable[[float | None], str]:
    """How a number of this correction is written: ρ, or the ratio for a step of the rating."""
    step = step_of(insights.gate.frame[correction.predictor], correction.predictor).size

    def write(value: float | None) -> str:
        if value is None or step * abs(value) > LARGEST_LOG_RATIO:
            return NO_LIMIT
        return decimals(value) if correction.of == "spearman" else f"{exp(step * value):.2f}"

    return write


def _how(correction: Correction) -> str:
    return correction.method.replace("_", " ")


def _numbers(effect: Effect, insights: Insights) -> tuple[str, str, str]:
    """Size, interval and p: a ratio for the step that people use, or ρ."""
    p = "" if effect.p is None else small_p(effect.p)
    if effect.method in ("spearman", "partial_spearman"):
        if effect.estimate is None or effect.ci_low is None or effect.ci_high is None:
            return "", NO_INTERVAL, p
        ends = f"{decimals(effect.ci_low)} to {decimals(effect.ci_high)}"
        return f"ρ = {decimals(effect.estimate)}", ends, p
    step = step_in(insights.gate.frame, effect.predictor)
    if step is None:
        return "", NO_INTERVAL, p
    return (*_ratio_and_interval(effect, step), p)


def _ratio_and_interval(effect: Effect, step: PredictorStep) -> tuple[str, str]:
    """The ratio for one step and its interval: `1.20 times` and `1.02 to no limit`."""
    if effect.estimate is None:
        return "", NO_INTERVAL
    ratio, low, high = (
        NO_LIMIT
        if end is None or step.size * abs(end) > LARGEST_LOG_RATIO
        else ratio_text(exp(step.size * end))
        for end in (effect.estimate, effect.ci_low, effect.ci_high)
    )
    size = "" if ratio == NO_LIMIT else f"{ratio} times"
    return size, NO_LIMIT if low == high == NO_LIMIT else f"{low} to {high}"


def _creators(effect: Effect, insights: Insights) -> str:
    return "not named" if insights.plan.cluster is None else f"{effect.clusters:,}"


def _context_lines(insights: Insights) -> Iterator[str]:
    headline, primary = insights.headline, insights.primary
    if headline is not None and headline.model is not None:
        yield " ".join(basis(headline).values())
    yield _rows_line(insights)
    most = insights.robustness.influence
    step = None if primary is None else step_in(insights.gate.frame, primary.predictor)
    if most and step and most.lowest is not None and most.highest is not None:
        low, high = (ratio_text(exp(step.size * end)) for end in (most.lowest, most.highest))
        yield f"Without any one creator the ratio stays between {low} and {high}."
    lines = insights.shapes.two_lines
    if lines is not None:
        yield f"Inverted U: {'yes, both lines' if lines.inverted else 'not found'}."


def _rows_line(insights: Insights) -> str:
    rules = ", ".join(f"{n:,} {rule_name(rule)}" for rule, n in insights.gate.dropped.items())
    text = f"Rows: {insights.gate.rows:,} read, {len(insights.gate.frame):,} kept"
    text += f"; left out: {rules}." if rules else "."
    headline = insights.headline
    if headline is None or not headline.dropped:
        return text
    words = {reason: DROPPED[reason].removeprefix("left out: ") for reason in headline.dropped}
    reasons = ", ".join(f"{count:,} ({words[name]})" for name, count in headline.dropped.items())
    return f"{text} Without information within creators: {reasons}."
