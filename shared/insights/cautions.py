"""Warnings about sample, ratings, models and precision, as sentences."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.coverage import few_creators_warning, rare_predictor_warning
from shared.insights.plan import Plan
from shared.insights.quality_gate import IMPOSSIBLE, Gate
from shared.insights.robustness import Robustness
from shared.insights.statistics.effect import Effect
from shared.insights.table.schema import AGE
from shared.insights.table.table import collected_at
from shared.known_breaks import break_sentences

MUCH_MISSING = 0.2
BROKEN_MONTH = 0.05
FEWEST_OF_A_MONTH = 20
MIXED_AGES = 3.0
SETTLED_DAYS = 7.0
"""Most of a video's views come within its first week."""

HALO = 0.9
HEAPED_BY_5 = 0.5
HEAPED_BY_10 = 0.4
ROUNDED_FROM = 10_000
ROUNDED_SHARE = 0.5
RARE_SHARE = 0.2
USEFUL_RHO = 0.2
"""Correlations of content with success beyond this are rare."""


def cautions(
    passed: Gate,
    plan: Plan,
    effects: Sequence[Effect],
    primary: Effect | None,
    robustness: Robustness,
    notes: Sequence[str],
) -> tuple[str, ...]:
    """Every warning that applies, the gravest kind first. `notes` come from the analysis."""
    frame = passed.frame
    return (
        *_sampling(passed, plan),
        *_breaks(passed, plan),
        *_counting(passed),
        *_precision(plan, effects, primary, robustness),
        *_ages(frame, plan),
        *_ratings(passed, plan),
        *_rare(passed, plan),
        *notes,
        *_models(effects),
    )


def _sampling(passed: Gate, plan: Plan) -> Iterator[str]:
    if passed.synthetic:
        share = "All" if passed.synthetic == len(passed.frame) else f"{passed.synthetic:,}"
        yield f"{share} of the {len(passed.frame):,} videos are synthetic: nobody watched them."
    frame = (plan.sampling_frame or "").casefold()
    if "trending" in frame:
        yield (
            "The sample was drawn from trending videos, so it was selected on the outcome: "
            "associations are weakened or even reversed, and the results hold for trending videos "
            "only."
        )
    elif not frame.strip():
        yield (
            "The plan does not say how the videos were sampled (sampling_frame), so nobody "
            "knows for which videos the results hold."
        )
    missing = sum(count for rule, count in passed.dropped.items() if rule.startswith("missing_"))
    if missing > MUCH_MISSING * passed.rows:
        yield (
            f"{missing:,} of {passed.rows:,} rows lack a value that the plan needs; the others may "
            "be another kind of video."
        )


def _counting(passed: Gate) -> Iterator[str]:
    impossible = sum(passed.dropped.get(rule, 0) for rule in IMPOSSIBLE)
    if impossible:
        yield f"{impossible:,} rows have impossible counts and were dropped: the source miscounts."
    broken = [
        f"{month} ({bad / rows:.0%})"
        for month, (rows, bad) in passed.months.items()
        if rows >= FEWEST_OF_A_MONTH and bad > BROKEN_MONTH * rows
    ]
    if broken:
        yield (
            f"Impossible counts are frequent in {', '.join(broken[:6])}"
            f"{' and more' if len(broken) > 6 else ''}: the view counter was broken then, so "
            "counts that look possible are doubtful too; filter those months out."
        )
    if passed.rounded:
        yield (
            f"{passed.rounded:,} rows have rounded counts such as 541.2K; ties and lost digits "
            "blur the ranks a little."
        )
    for name in ("views", "likes"):
        if name in passed.frame and _looks_rounded(passed.frame[name]):
            yield f"Most large counts of {name} end in two zeros: they look rounded."


def _breaks(passed: Gate, plan: Plan) -> Iterator[str]:
    """Known breaks of a source that the sample spans, where the table has a column `source`.

    The table says when a video was counted, not when it was listed. The day of the count stands
    for both.
    """
    if "source" not in passed.frame:
        return
    counted_at = collected_at(passed.frame, plan.as_of)
    times = [None if pd.isna(moment) else moment.to_pydatetime() for moment in counted_at]
    yield from break_sentences(zip(passed.frame["source"], times, times, strict=True))


def _precision(
    plan: Plan, effects: Sequence[Effect], primary: Effect | None, robustness: Robustness
) -> Iterator[str]:
    if plan.primary is None:
        yield "No primary question was declared beforehand: everything here is exploratory."
    if plan.cluster is None:
        yield (
            "The plan names no cluster, so videos count as independent; videos of one creator are "
            "alike, so the intervals are too short."
        )
    elif sentence := few_creators_warning(effects):
        yield sentence
    power = robustness.power or {}
    smallest = power.get("smallest_rho")
    if primary and (smallest is None or smallest > USEFUL_RHO):
        can = "hardly any correlation" if smallest is None else f"correlations from {smallest:.2f}"
        yield (
            f"The sample is small: {primary.n:,} videos are worth about "
            f"{power.get('n_effective', primary.n):,.0f} independent ones, enough to find {can} "
            "with a power of 80 %; content and success usually correlate at .05 to .20."
        )


def _ages(frame: pd.DataFrame, plan: Plan) -> Iterator[str]:
    if AGE not in frame:
        if plan.min_age_days is None and AGE not in plan.controls:
            yield (
                "The age of the videos is not part of the plan; older videos had longer to gather "
                "views."
            )
        return
    ages = frame[AGE].dropna()
    if not len(ages):
        return
    low, high = np.percentile(ages, [10, 90])
    if AGE not in plan.controls and high > MIXED_AGES * max(low, 1):
        yield (
            f"Ages are mixed, from {low:.0f} to {high:.0f} days (10th to 90th percentile), and age "
            "is not a control: older videos had longer to gather views."
        )
    young = int((ages < SETTLED_DAYS).sum())
    if young > len(ages) / 20:
        yield (
            f"{young:,} videos were younger than {SETTLED_DAYS:.0f} days when they were counted "
            "and were still gathering views; min_age_days leaves them out."
        )


def _ratings(passed: Gate, plan: Plan) -> Iterator[str]:
    frame = passed.frame
    if passed.left_out:
        yield (
            f"Left out, because they have no values: {', '.join(passed.left_out)}. Remove them "
            "from the plan if that is intended."
        )
    predictors = [name for name in plan.predictors if name not in passed.left_out]
    for name in predictors:
        if sentence := _heaped(frame[name], name):
            yield sentence
    ranks = frame[predictors].rank()
    for first, second in combinations(predictors, 2):
        if min(ranks[first].std(), ranks[second].std()) > 0:
            rho = float(ranks[first].corr(ranks[second]))
            if abs(rho) > HALO:
                yield (
                    f"{first} and {second} correlate at {rho:.2f}: the rater hardly tells them "
                    "apart (halo), so neither can be read alone."
                )
    if "rater" in frame and frame["rater"].nunique() > 1:
        yield (
            f"Ratings of {frame['rater'].nunique()} raters are mixed; their scores need not mean "
            "the same. Filter by rater."
        )


def _rare(passed: Gate, plan: Plan) -> Iterator[str]:
    """Predictors with two values, one of them rare: their rate ratios have short intervals."""
    if plan.cluster is None:
        return
    for name in plan.predictors:
        counts = passed.frame[name].value_counts() if name not in passed.left_out else pd.Series()
        if len(counts) == 2 and counts.min() < RARE_SHARE * counts.sum():
            yield rare_predictor_warning(name, passed.frame[plan.cluster].nunique())


def _models(effects: Sequence[Effect]) -> Iterator[str]:
    failed = [effect for effect in effects if effect.p is None]
    if failed:
        labels = dict.fromkeys(
            f"{effect.predictor} × {effect.outcome} ({effect.method})" for effect in failed
        )
        yield (
            f"{len(failed)} of {len(effects)} estimates have no interval; their notes say why: "
            f"{', '.join(list(labels)[:5])}{' …' if len(labels) > 5 else ''}."
        )


def _heaped(values: pd.Series, name: str) -> str | None:
    """A note for heaped ratings. Of whole numbers from 0 to 100 only a fifth are multiples of 5."""
    scores = values[(values >= 0) & (values <= 100)]
    whole = scores[scores == scores.round()]
    if len(whole) < 0.9 * len(values) or values.max() <= 10:
        return None
    by_5, by_10 = float((whole % 5 == 0).mean()), float((whole % 10 == 0).mean())
    if by_5 <= HEAPED_BY_5 and by_10 <= HEAPED_BY_10:
        return None
    return (
        f"{name} is heaped: {by_5:.0%} of its values are multiples of 5, {by_10:.0%} of 10; its "
        "steps are coarser than they look."
    )


def _looks_rounded(counts: pd.Series) -> bool:
    large = counts[counts >= ROUNDED_FROM]
    return len(large) >= FEWEST_OF_A_MONTH and float((large % 100 == 0).mean()) > ROUNDED_SHARE
