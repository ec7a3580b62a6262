"""The numbers of an analysis as rows of insight_effect."""

from collections.abc import Iterator
from math import exp
from typing import Any

from shared.insights.report.analysis import Analysis, Association
from shared.insights.statistics.effect import Effect
from shared.insights.wording import LARGEST_LOG_RATIO

Row = dict[str, Any]
EVERYONE = "all"
SHAPES = ("two_lines_low", "two_lines_high", "gee_nb_interaction")


def effect_rows(found: Analysis) -> list[Row]:
    """All of them, in the order of the report; `effect` names each."""
    rows = [
        *_associations(found),
        *_corrections(found),
        *_growth(found),
        *_durations(found),
        *_curves(found),
        *_tenths(found),
        *_specifications(found),
    ]
    for place, row in enumerate(rows):
        row["place"] = place
        row["effect"] = _name(row)
    return rows


def _name(row: Row) -> str:
    words = [row[key] for key in ("part", "method", "predictor", "outcome", "scale")]
    if row["subset"] != EVERYONE:
        words.append(row["subset"])
    if row["part"] == "dose":
        words.append(f"{row['x_low']:g}")
    return "/".join(words)


def _associations(found: Analysis) -> Iterator[Row]:
    for effect in found.insights.effects:
        yield (
            _row("shape" if _is_shape(effect, found) else "association", effect)
            | {"is_primary": effect is found.insights.primary}
            | _step(effect, found)
        )


def _is_shape(effect: Effect, found: Analysis) -> bool:
    return effect.method in SHAPES or effect.predictor not in found.insights.plan.predictors


def _step(effect: Effect, found: Analysis) -> Row:
    """The rate ratio of a step that occurs: one standard deviation of the predictor."""
    if effect.irr is None or effect.predictor not in found.gate.frame:
        return {}
    step = float(found.gate.frame[effect.predictor].std())
    ends = (effect.estimate, effect.ci_low, effect.ci_high)
    if any(end is None or step * abs(end) > LARGEST_LOG_RATIO for end in ends):
        return {"step": step}
    ratios = [exp(step * end) for end in ends if end is not None]
    return {
        "step": step,
        "step_irr": ratios[0],
        "step_irr_low": ratios[1],
        "step_irr_high": ratios[2],
    }


def _corrections(found: Analysis) -> Iterator[Row]:
    """Correlations without the errors of the ratings, in the order of the observed ones."""
    observed = {
        (one.predictor, one.outcome, one.scale): one
        for one in found.insights.effects
        if one.method == "spearman"
    }
    for one in found.insights.corrected:
        same = observed[one.predictor, one.outcome, one.scale]
        yield {
            "part": "correction",
            "subset": EVERYONE,
            "is_primary": False,
            "predictor": one.predictor,
            "outcome": one.outcome,
            "scale": one.scale,
            "method": one.method,
            "estimate": one.estimate,
            "ci_low": one.ci_low,
            "ci_high": one.ci_high,
            "n": same.n,
            "clusters": same.clusters,
            "note": one.note,
        }


def _growth(found: Analysis) -> Iterator[Row]:
    for one in found.growth:
        at = {"x_low": one.age_days, "x_high": one.age_days}
        yield _row("growth", one.effect, f"{one.age_days:g} days old") | at


def _durations(found: Analysis) -> Iterator[Row]:
    for band in found.insights.shapes.bands:
        open_ended = band.high is None
        subset = f"{band.low:g} s or longer" if open_ended else f"{band.low:g} to {band.high:g} s"
        yield _row("duration", band.effect, subset) | {"x_low": band.low, "x_high": band.high}


def _curves(found: Analysis) -> Iterator[Row]:
    for asked, points in found.curves.items():
        n, clusters = found.sizes[asked]
        for point in points:
            yield _blank("dose", asked, "spline", n, clusters) | {
                "x_low": point.x,
                "x_high": point.x,
                "estimate": point.estimate,
                "ci_low": point.ci_low,
                "ci_high": point.ci_high,
            }


def _tenths(found: Analysis) -> Iterator[Row]:
    for asked, parts in found.tenths.items():
        for tenth in parts:
            row = _blank("decile", asked, "median", tenth.n, tenth.clusters)
            yield row | {
                "subset": f"tenth {tenth.number}",
                "x_low": tenth.low,
                "x_high": tenth.high,
                "estimate": tenth.median,
                "quartile_low": tenth.quartile_low,
                "quartile_high": tenth.quartile_high,
            }


def _specifications(found: Analysis) -> Iterator[Row]:
    for one in found.specifications:
        yield _row("specification", one.effect, one.subset)


def _row(part: str, effect: Effect, subset: str = EVERYONE) -> Row:
    document = effect.document()
    del document["df"], document["interval"]
    return {"part": part, "subset": subset, "is_primary": False} | document


def _blank(part: str, asked: Association, method: str, n: int, clusters: int) -> Row:
    return {
        "part": part,
        "subset": EVERYONE,
        "is_primary": False,
        "predictor": asked.predictor,
        "outcome": asked.question.outcome,
        "scale": asked.question.scale,
        "method": method,
        "n": n,
        "clusters": clusters,
    }
