"""One simulated study after the other: draw, let people rate, correct, and keep the interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.drawn.worlds import LOG_RATIO, RATING, DrawnStudy, DrawnWorld, draw_study
from shared.insights.correction.ratio_debiasing import DebiasedRatio, debiased_ratio
from shared.insights.sampling.draw import DrawFrame, draw
from shared.insights.sampling.leverage import Leverage
from shared.insights.sampling.width import expected_width
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.estimate import wilson
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import FloatArray

CREATORS = (40, 300)
"""Fewest and most creators of a study; their number is drawn evenly on a log scale."""

LABELS_PER_CREATOR = 1.2
"""Videos that people rate in the comparison, per creator."""

FEWEST_LABELS = 60
FEWER = 0.75
"""A drawn sample with a quarter fewer labels than a simple random one must be as narrow."""

Sizes = dict[str, float]
CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class DrawKind:
    """How videos are chosen: `simple` at random from all; `pairs` in two stages with equal chances;
    `drawn` as the product draws them. `share` is of the usual number of labels."""

    name: str
    how: str
    share: float = 1.0


SIMPLE, FEWER_LABELS = "simple", "drawn, 3/4"
KINDS = (
    DrawKind(SIMPLE, "simple"),
    DrawKind("pairs", "pairs"),
    DrawKind("drawn", "drawn"),
    DrawKind(FEWER_LABELS, "drawn", FEWER),
)
DRAWN = KINDS[2:3]
COMPARED = 200
"""So many studies have every kind of draw; the others only the product's own, for its coverage."""


@dataclass(frozen=True, slots=True)
class _Material:
    """A study with the machine's fit, and what the draw knows of it."""

    study: DrawnStudy
    model: FixedEffectsFit
    leverage: Leverage
    frame: DrawFrame

    @classmethod
    def of(cls, study: DrawnStudy) -> "_Material":
        model = study.fit()
        leverage = Leverage.of(model, RATING, study.answers[model.kept].var(axis=1, ddof=1))
        return cls(study, model, leverage, leverage.frame(["all"] * model.creators.count))

    def chosen(
        self, kind: DrawKind, count: int, seed: int, random: np.random.Generator
    ) -> FloatArray:
        """One over the probability of each chosen row of the model; NaN for the others."""
        n = len(self.model.y)
        weights = np.full(n, np.nan)
        if kind.how == "simple":
            weights[random.choice(n, min(count, n), replace=False)] = n / min(count, n)
            return weights
        frame = self.frame
        if kind.how == "pairs":
            alike = np.ones(frame.creators.n)
            sizes = frame.creators.sizes.astype(np.float64)
            frame = DrawFrame(frame.rows, frame.creators, frame.order, alike, sizes, frame.strata)
        drawn = draw(frame, count, seed)
        weights[frame.rows[drawn.positions]] = drawn.weights
        return weights


def run(
    world: DrawnWorld, studies: int, seed: int, creators: tuple[int, int] = CREATORS
) -> dict[str, Any]:
    """Simulate the world, with as few to as many creators; a line of results for each draw."""
    results: dict[str, list[Sizes | None]] = {kind.name: [] for kind in KINDS}
    for number in range(studies):
        kinds = KINDS if number < COMPARED else DRAWN
        for name, sizes in study(world, kinds, (seed, number), creators):
            results[name].append(sizes)
    return summary(world.name, results)


def summary(world: str, results: dict[str, list[Sizes | None]]) -> dict[str, Any]:
    """The line of a world: widths with a quarter fewer labels beside simple draws, and each draw.

    The median study counts, because an interval may have no end.
    """
    pairs = zip(results[FEWER_LABELS], results[SIMPLE], strict=True)
    relative = [few["width"] / simple["width"] for few, simple in pairs if few and simple]
    return {
        "world": world,
        "studies": len(results[DRAWN[0].name]),
        "quarter_fewer_beside_simple": float(np.nanmedian(relative)),
    } | {name: _summary(rows) for name, rows in results.items()}


def study(
    world: DrawnWorld,
    kinds: tuple[DrawKind, ...],
    seed: tuple[int, int],
    bounds: tuple[int, int] = CREATORS,
) -> Iterator[tuple[str, Sizes | None]]:
    """One study with each kind of draw; None where the method refuses."""
    random = np.random.default_rng(seed)
    low, high = np.log(bounds)
    creators = round(float(np.exp(random.uniform(low, high))))
    try:
        material = _Material.of(draw_study(world, creators, random))
    except NotEstimable:  # a video so viral that no fit converges
        yield from ((kind.name, None) for kind in kinds)
        return
    labels = max(FEWEST_LABELS, round(LABELS_PER_CREATOR * creators))
    people = material.study.people[material.model.kept]
    for kind in kinds:
        count = round(kind.share * labels)
        weights = material.chosen(kind, count, seed[1], random)
        rated = np.where(np.isnan(weights), np.nan, people)[:, None]
        model = material.model
        try:
            ratio = debiased_ratio(model, RATING, rated, [model.creators], weights)
        except NotEstimable:
            yield kind.name, None
            continue
        expected = expected_width(material.leverage, material.frame, count)
        spread = float(np.sqrt(np.mean(_within(people, model) ** 2)))
        yield kind.name, _sizes(ratio) | {"expected": 2 * expected.half_width / spread}


def _within(people: FloatArray, model: FixedEffectsFit) -> FloatArray:
    """People's ratings less their creators' means."""
    return people - model.creators.means(people)[model.creators.codes]


def _sizes(ratio: DebiasedRatio) -> Sizes:
    low, high = _ends(ratio.ci_low, ratio.ci_high)
    alone_low, alone_high = _ends(ratio.people_low, ratio.people_high)
    return {
        "covers": float(low <= LOG_RATIO <= high),
        "width": high - low,
        "alone": alone_high - alone_low,
        "error": ratio.estimate - LOG_RATIO,
        "error_alone": ratio.people_alone - LOG_RATIO,
    }


def _ends(low: float | None, high: float | None) -> tuple[float, float]:
    return -np.inf if low is None else low, np.inf if high is None else high


def _summary(rows: list[Sizes | None]) -> dict[str, Any]:
    """Coverage, widths per 10 points, and how far off the estimate is."""
    table = [row for row in rows if row is not None]
    names = ("covers", "width", "alone", "error", "error_alone", "expected")
    covers, width, alone, error, error_alone, expected = (
        np.array([row[name] for row in table]) for name in names
    )
    covered = wilson(int(covers.sum()), len(table), CONFIDENCE)
    both = np.isfinite(width) & np.isfinite(alone)
    return {
        "studies": len(rows),
        "refused": len(rows) - len(table),
        "coverage": covered.estimate,
        "coverage_low": covered.ci_low,
        "coverage_high": covered.ci_high,
        "unbounded": float((~np.isfinite(width)).mean()),
        "width": 10 * float(np.median(width)),
        "width_alone": 10 * float(np.median(alone)),
        "beside_people_alone": float(np.exp(np.mean(np.log(width[both] / alone[both])))),
        "expected": 10 * float(np.median(expected)),
        "off": 10 * float(np.sqrt(np.mean(error**2))),
        "off_alone": 10 * float(np.sqrt(np.mean(error_alone**2))),
        "mean_ratio": 1 + float(np.mean(error)) / LOG_RATIO,
    }
