"""What `tta insights` prints: the answer, then the table of effects, then the cautions."""

from collections.abc import Callable, Iterator, Sequence
from math import exp

from cli.console import Screen
from shared.insights.corrections import Correction
from shared.insights.for_whom_words import for_whom_lines
from shared.insights.predictor_steps import step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.wording import LARGEST_LOG_RATIO, answer, decimals, pooled

NAMES = {
    "ppml": "ratio within creators",
    "spearman": "Spearman's ρ",
    "partial_spearman": "partial ρ",
    "gee_nb": "pooled ratio",
    "gee_nb_interaction": "ratio of ratios",
}
"""Methods that are printed for the primary pair; the JSON has all."""

CORRECTED = {
    "ppml": "Ratio within creators for 10 points more, corrected for errors of the ratings",
    "spearman": "Spearman's ρ, corrected for errors of the ratings",
}
"""Titles of the tables of corrections. A rating on another scale has another step than 10 points:
a standard deviation, or yes against no."""

BRIEF = ("ppml", "spearman")
"""Methods that are printed for every other pair."""


def show(insights: Insights, screen: Screen) -> None:
    """Print a result for people."""
    if insights.gate.synthetic:
        screen.show("SYNTHETIC DATA: made up for trying things out, not observed.\n")
    screen.show(answer(insights))
    screen.show()
    shown = [effect for effect in insights.effects if _is_shown(effect, insights)]
    screen.table(
        ("predictor", "outcome", "scale", "method", "estimate", "95 % interval", "p", "q", "n"),
        (_row(effect) for effect in shown),
        title="Associations, the primary first",
    )
    _show_corrected(insights, screen)
    for line in (*for_whom_lines(insights), *_context_lines(insights)):
        screen.show(line)
    if insights.warnings:
        screen.show("\nKeep in mind:")
        for warning in insights.warnings:
            screen.show(f"- {warning}")
    screen.show(f"\nPlan {insights.plan_hash}, table {insights.input_sha256[:16]}.")


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
            return "no end"
        return decimals(value) if correction.of == "spearman" else f"{exp(step * value):.2f}"

    return write


def _how(correction: Correction) -> str:
    return correction.method.replace("_", " ")


def _is_shown(effect: Effect, insights: Insights) -> bool:
    primary = insights.primary
    is_close = primary is not None and (
        (effect.outcome, effect.scale) == (primary.outcome, primary.scale)
        and effect.predictor.startswith(primary.predictor)
    )
    return effect.method in (NAMES if is_close else BRIEF)


def _row(effect: Effect) -> Sequence[str]:
    ratio = effect.irr is not None
    estimate = effect.irr if ratio else effect.estimate
    low, high = (effect.irr_low, effect.irr_high) if ratio else (effect.ci_low, effect.ci_high)
    write = _ratio if ratio else decimals
    return (
        effect.predictor,
        effect.outcome,
        effect.scale,
        NAMES[effect.method],
        "" if estimate is None else write(estimate),
        (effect.note or "none")
        if low is None or high is None
        else f"{write(low)} to {write(high)}",
        "" if effect.p is None else _small(effect.p),
        "" if effect.q is None else _small(effect.q),
        f"{effect.n:,}",
    )


def _context_lines(insights: Insights) -> Iterator[str]:
    yield (
        "A rate ratio is for one unit more of the predictor, with all predictors and controls in "
        "the model."
    )
    if sentence := pooled(insights):
        yield sentence
    rules = ", ".join(f"{rule} {count:,}" for rule, count in insights.gate.dropped.items())
    yield (
        f"Rows: {insights.gate.rows:,} read, {len(insights.gate.frame):,} kept"
        f"{'; dropped: ' + rules if rules else ''}."
    )
    power = insights.robustness.power
    if power:
        yield (
            f"Precision: {insights.n:,} videos are worth {power['n_effective']:,.0f} independent "
            f"ones (design effect {power['design_effect']:.2f}); to find ρ = .10 with a power of "
            f"80 % takes {power['of'][1]['n_needed']:,}."
        )
    most = insights.robustness.influence
    if most and most.lowest is not None and most.highest is not None:
        yield (
            f"Without any one creator the rate ratio stays between {_ratio(exp(most.lowest))} and "
            f"{_ratio(exp(most.highest))}."
        )
    lines = insights.shapes.two_lines
    if lines is not None:
        yield f"Inverted U: {'yes, both lines' if lines.inverted else 'not found'}."


def _ratio(value: float) -> str:
    return f"{value:.4f}"


def _small(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)
