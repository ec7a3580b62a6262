"""What `tta insights` prints: the answer, then the table of effects, then the cautions."""

from collections.abc import Iterator, Sequence
from math import exp

from cli.console import Screen
from shared.insights.for_whom_words import for_whom_lines
from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.wording import answer, decimals, pooled

NAMES = {
    "ppml": "ratio within creators",
    "spearman": "Spearman's ρ",
    "partial_spearman": "partial ρ",
    "gee_nb": "pooled ratio",
    "gee_nb_interaction": "ratio of ratios",
}
"""Methods that are printed for the primary pair; the JSON has all."""

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
    """Corrected correlations beside the observed ones, the primary pair first."""
    if insights.corrected:
        screen.table(
            ("predictor", "outcome", "scale", "ρ observed", "ρ corrected", "95 % interval", "how"),
            (
                (
                    effect.predictor,
                    effect.outcome,
                    effect.scale,
                    "" if effect.uncorrected is None else decimals(effect.uncorrected),
                    "" if effect.estimate is None else decimals(effect.estimate),
                    effect.note
                    if effect.ci_low is None or effect.ci_high is None
                    else f"{decimals(effect.ci_low)} to {decimals(effect.ci_high)}",
                    effect.method.replace("_", " "),
                )
                for effect in insights.corrected
            ),
            title="Corrected for errors of the ratings",
        )


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
