"""Simulated studies: how far corrected effects are off the truth, and how often intervals hold it.

A video has a true value, a creator, and an outcome that depends on both. A machine's answers have
random error; `reliability` is the share of their variance without it. For predict-then-debias they
also have systematic error, which leaks the outcome. People rate a quarter of the videos. The truth
is a correlation of normal variables: the outcome with the true value for disattenuation, and with
people's ratings for predict-then-debias.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.coverage.panels import CONFIDENCE
from shared.insights.correction.debiasing import debiased
from shared.insights.correction.disattenuation import disattenuated
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.estimate import wilson
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray
from shared.insights.statistics.weighted_correlation import spearman_of

VIDEOS = 400
CREATORS = 80
REPEATED = 150
RATED = 100
DRAWS = 200
TRUE_RHO = 0.3
HUMAN_RELIABILITY = 0.8


@dataclass(frozen=True, slots=True)
class StudyDesign:
    """One kind of study: `kind` is as for panels, `reliability` the machine's."""

    kind: str
    reliability: float

    @property
    def key(self) -> str:
        return f"{self.kind}, reliability {self.reliability:g}"

    def study(self, random: np.random.Generator, n: int, creators: int) -> "Study":
        """A study of n videos by `creators` creators."""
        creator = random.integers(0, creators, n)

        def mixed(share: float) -> FloatArray:
            """Normal values; `share` of the variance is between creators."""
            own: FloatArray = share**0.5 * random.normal(size=creators)[creator]
            return own + (1 - share) ** 0.5 * random.normal(size=n)

        true, signal, noise = mixed(0.3), self.reliability**0.5, (1 - self.reliability) ** 0.5
        success = TRUE_RHO * true + (1 - TRUE_RHO**2) ** 0.5 * mixed(0.4)
        answers = [self._scale(signal * true + noise * random.normal(size=n)) for _ in range(2)]
        biased = 0.9 * signal * true + noise * random.normal(size=n) + 0.4 * signal * success
        people = true + (1 / HUMAN_RELIABILITY - 1) ** 0.5 * random.normal(size=n)
        views = np.floor(np.exp(6 + 1.5 * success))
        return Study(creator, true, np.stack(answers, axis=1), self._scale(biased), people, views)

    def _scale(self, latent: FloatArray) -> FloatArray:
        if self.kind == "skewed":
            return np.clip(5 * np.round(5 * np.exp(0.6 * latent)), 0, 100)
        if self.kind == "scores":
            return np.clip(5 * np.round((50 + 20 * latent) / 5), 0, 100)
        return latent


@dataclass(frozen=True, slots=True)
class Study:
    creator: IntArray
    true: FloatArray
    answers: FloatArray
    biased: FloatArray
    people: FloatArray
    views: FloatArray


DESIGNS = tuple(
    StudyDesign(kind, reliability)
    for kind in ("normal", "scores", "skewed")
    for reliability in (0.5, 0.6, 0.7, 0.8, 0.9)
)


def simulate(
    design: StudyDesign, studies: int, seed: int = 20261102, draws: int = DRAWS
) -> dict[str, Any]:
    """For both corrections, the ratio of the mean corrected effect to the truth, and coverage."""
    design_number = DESIGNS.index(design) if design in DESIGNS else 999
    truths = {
        "disattenuated": _rank_correlation(TRUE_RHO),
        "predict_then_debias": _rank_correlation(TRUE_RHO * HUMAN_RELIABILITY**0.5),
    }
    random = np.random.default_rng((seed, design_number))
    studies_or_none = [_corrections(design, random, number, draws) for number in range(studies)]
    estimated = [study for study in studies_or_none if study is not None]
    return {
        "design": design.key,
        **asdict(design),
        "panels": studies,
        "videos": VIDEOS,
        "missing": 0.0,
        "refused": studies - len(estimated),
        "effects": {
            name: summary(
                [corrections[name] for corrections in estimated],
                truth,
                [corrections[f"raw {name}"][0] for corrections in estimated],
            )
            for name, truth in truths.items()
        },
    }


def _rank_correlation(correlation: float) -> float:
    """Spearman's correlation of normal variables from Pearson's (Pearson 1907)."""
    return float(6 / np.pi * np.arcsin(correlation / 2))


def _corrections(
    design: StudyDesign, random: np.random.Generator, number: int, draws: int
) -> dict[str, tuple[float, ...]] | None:
    """Estimates and intervals of one study; None where a method refuses."""
    study = design.study(random, VIDEOS, CREATORS)
    groups, alike = Groups.of(study.creator), np.ones((1, VIDEOS))
    repeated = study.answers.copy()
    repeated[REPEATED:] = np.nan
    people = study.people.copy()
    people[RATED:] = np.nan
    first, views = study.answers[:, 0], study.views
    try:
        without_noise = disattenuated(first, views, repeated, groups, draws, number)
        without_bias = debiased(study.biased, views, people, groups, draws, number)
    except NotEstimable:
        return None
    return {
        "disattenuated": (without_noise.estimate, without_noise.ci_low, without_noise.ci_high),
        "raw disattenuated": (float(spearman_of(first, views)(alike)[0]),),
        "predict_then_debias": (without_bias.estimate, without_bias.ci_low, without_bias.ci_high),
        "raw predict_then_debias": (float(spearman_of(study.biased, views)(alike)[0]),),
    }


def summary(estimates: list[tuple[float, ...]], truth: float, raw: list[float]) -> dict[str, float]:
    """How far estimates (value, low, high) are off the truth, beside the uncorrected `raw`."""
    table = np.array(estimates)
    hits = int(((table[:, 1] <= truth) & (truth <= table[:, 2])).sum())
    covered = wilson(hits, len(table), CONFIDENCE)
    assert covered.estimate is not None and covered.ci_low is not None
    assert covered.ci_high is not None
    ratio = table[:, 0] / truth
    return {
        "truth": truth,
        "uncorrected_ratio": float(np.mean(raw) / truth),
        "ratio": float(ratio.mean()),
        "median_ratio": float(np.median(ratio)),
        "ratio_se": float(ratio.std(ddof=1) / len(ratio) ** 0.5),
        "share": covered.estimate,
        "low": covered.ci_low,
        "high": covered.ci_high,
    }
