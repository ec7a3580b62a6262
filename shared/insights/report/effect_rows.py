"""Rows of insight_effect: the numbers of an analysis."""

from collections.abc import Iterable, Iterator
from math import exp, prod
from typing import Any

from shared.insights.corrections import Correction
from shared.insights.predictor_steps import PredictorStep, step_in, step_of
from shared.insights.report.analysis import Analysis, Association
from shared.insights.report.for_whom_rows import for_whom_rows
from shared.insights.statistics.effect import Effect
from shared.insights.wording import LARGEST_LOG_RATIO, ratio_numbers

Row = dict[str, Any]
EVERYONE = "all"
PRODUCT = " × "
"""Between the two predictors of a combination."""
SHAPES = ("two_lines_low", "two_lines_high", "gee_nb_interaction")


def effect_rows(analysis: Analysis | None, moment: Iterable[Row] = ()) -> list[Row]:
    """All rows, in the order of the report, those of the moment last; `effect` names each row."""
    rows = [*(() if analysis is None else _of_analysis(analysis)), *moment]
    for position, row in enumerate(rows):
        row["place"] = position
        row["effect"] = _name(row)
    return rows


def _of_analysis(analysis: Analysis) -> Iterator[Row]:
    yield from _associations(analysis)
    yield from _corrections(analysis)
    yield from _growth(analysis)
    yield from _durations(analysis)
    yield from _curves(analysis)
    yield from _tenths(analysis)
    yield from _raters(analysis)
    yield from _specifications(analysis)
    yield from for_whom_rows(analysis.insights.for_whom)


def _name(row: Row) -> str:
    words = [row[key] for key in ("part", "method", "predictor", "outcome", "scale")]
    if row["subset"] != EVERYONE:
        words.append(row["subset"])
    if row["part"] == "specification":
        words.append(row["choices"])
    if row["part"] == "dose":
        words.append(f"{row['x_low']:g}")
    return "/".join(words)


def _associations(analysis: Analysis) -> Iterator[Row]:
    for effect in analysis.insights.effects:
        yield (
            _row("shape" if _is_shape(effect, analysis) else "association", effect)
            | {"is_primary": effect is analysis.insights.primary}
            | _step(effect, analysis)
        )


def _is_shape(effect: Effect, analysis: Analysis) -> bool:
    return effect.method in SHAPES or effect.predictor not in analysis.insights.plan.predictors


def _step(effect: Effect, analysis: Analysis) -> Row:
    """The rate ratio for the step that people use: 10 points, yes against no."""
    step = _step_of(effect, analysis)
    if effect.irr is None or step is None:
        return {}
    numbers = ratio_numbers(effect, step)
    if numbers is None:
        return {"step": step.size}
    names = ("step_irr", "step_irr_low", "step_irr_high")
    return {"step": step.size, **dict(zip(names, numbers, strict=True))}


def _step_of(effect: Effect, analysis: Analysis) -> PredictorStep | None:
    """The step of a predictor; that of a product is the product of both steps."""
    steps = [step_in(analysis.gate.frame, name) for name in effect.predictor.split(PRODUCT)]
    sizes = [step.size for step in steps if step is not None]
    if len(sizes) < len(steps):
        return None
    return steps[0] if len(steps) == 1 else PredictorStep(prod(sizes), effect.predictor)


def _corrections(analysis: Analysis) -> Iterator[Row]:
    """Ratios and correlations without the errors of the ratings; observed ratios stand beside."""
    observed = {
        (effect.predictor, effect.outcome, effect.scale, effect.method): effect
        for effect in analysis.insights.effects
        if effect.method in ("ppml", "spearman")
    }
    shown: set[tuple[str, ...]] = set()
    for correction in analysis.insights.corrected:
        pair = correction.predictor, correction.outcome, correction.scale
        uncorrected = observed[*pair, correction.of]
        if correction.of == "spearman":
            yield _correction(correction, correction.method, uncorrected)
            continue
        if pair not in shown:
            shown.add(pair)
            yield _row("correction", uncorrected) | _points(analysis, uncorrected)
        row = _correction(correction, f"ppml_{correction.method}", uncorrected)
        yield row | _points(analysis, correction)


def _correction(correction: Correction, method: str, uncorrected: Effect) -> Row:
    return {
        "part": "correction",
        "subset": EVERYONE,
        "is_primary": False,
        "predictor": correction.predictor,
        "outcome": correction.outcome,
        "scale": correction.scale,
        "method": method,
        "estimate": correction.estimate,
        "ci_low": correction.ci_low,
        "ci_high": correction.ci_high,
        "n": uncorrected.n,
        "clusters": uncorrected.clusters,
        "note": correction.note,
    }


def _points(analysis: Analysis, ratio: Correction | Effect) -> Row:
    """The rate ratio for one step of the rating."""
    step = step_of(analysis.gate.frame[ratio.predictor], ratio.predictor).size
    names = "step_irr", "step_irr_low", "step_irr_high"
    ends = ratio.estimate, ratio.ci_low, ratio.ci_high
    return {"step": step} | {
        name: exp(step * end)
        for name, end in zip(names, ends, strict=True)
        if end is not None and step * abs(end) <= LARGEST_LOG_RATIO
    }


def _growth(analysis: Analysis) -> Iterator[Row]:
    for at_age in analysis.growth:
        subset = f"{at_age.age_days:g} days old"
        ages = {"x_low": at_age.age_days, "x_high": at_age.age_days}
        yield _row("growth", at_age.effect, subset) | ages


def _durations(analysis: Analysis) -> Iterator[Row]:
    for band in analysis.insights.shapes.bands:
        open_ended = band.high is None
        subset = f"{band.low:g} s or longer" if open_ended else f"{band.low:g} to {band.high:g} s"
        yield _row("duration", band.effect, subset) | {"x_low": band.low, "x_high": band.high}


def _curves(analysis: Analysis) -> Iterator[Row]:
    for association, points in analysis.curves.items():
        n, clusters = analysis.sizes[association]
        for point in points:
            yield _blank("dose", association, "spline", n, clusters) | {
                "x_low": point.x,
                "x_high": point.x,
                "estimate": point.estimate,
                "ci_low": point.ci_low,
                "ci_high": point.ci_high,
            }


def _tenths(analysis: Analysis) -> Iterator[Row]:
    for association, parts in analysis.tenths.items():
        for tenth in parts:
            row = _blank("decile", association, "median", tenth.n, tenth.clusters)
            yield row | {
                "subset": f"tenth {tenth.number}",
                "x_low": tenth.low,
                "x_high": tenth.high,
                "estimate": tenth.median,
                "quartile_low": tenth.quartile_low,
                "quartile_high": tenth.quartile_high,
            }


def _raters(analysis: Analysis) -> Iterator[Row]:
    """The primary question under each rater, for one standard deviation of its own ratings."""
    for each in analysis.raters.raters if analysis.raters else ():
        ratio, low, high = each.ratio or (None, None, None)
        yield (
            _row("rater", each.effect, each.rater)
            | {"step": each.sd, "step_irr": ratio, "step_irr_low": low, "step_irr_high": high}
        )


def _specifications(analysis: Analysis) -> Iterator[Row]:
    for specification in analysis.specifications:
        choices = specification.choices
        yield (
            _row("specification", specification.effect, choices.videos)
            | {
                "estimator": choices.estimator,
                "choices": choices.text,
                "is_headline": specification.is_headline,
            }
            | _step(specification.effect, analysis)
        )


def _row(part: str, effect: Effect, subset: str = EVERYONE) -> Row:
    document = effect.document()
    del document["df"], document["interval"]
    return {"part": part, "subset": subset, "is_primary": False} | document


def _blank(part: str, association: Association, method: str, n: int, clusters: int) -> Row:
    return {
        "part": part,
        "subset": EVERYONE,
        "is_primary": False,
        "predictor": association.predictor,
        "outcome": association.question.outcome,
        "scale": association.question.scale,
        "method": method,
        "n": n,
        "clusters": clusters,
    }
