"""Simulated studies of rate ratios within creators: how far corrected ratios are off the truth.

Creators differ in fame, and famous ones post more of what is rated. A video's views follow its true
rating, its creator, luck of its own and Poisson. A machine's two answers have random error;
`reliability` is the share of their variance without it. For predict-then-debias the machine's
rating also has systematic error, which leaks the luck, and people rate a fifth of the videos. The
truth is the log rate ratio per point: of the rating without error for disattenuation, of people's
ratings for predict-then-debias. `error` says what repeated answers share: nothing ("own"), half of
the error's variance ("shared"), or a bias that leaks the luck ("leak").
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.coverage.effects import summary
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import disattenuated_ratio
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

CREATORS = 80
VIDEOS_EACH = 12
REPEATED, RATED = 0.3, 0.2
LOG_RATIO = float(np.log(1.3)) / 10
"""Ten points more bring 1.3 times the views."""

POINTS, BETWEEN, LUCK, FAME, LEAK = 20.0, 0.3, 1.0, 1.5, 0.4
HUMAN_ERROR = 0.5
"""Standard deviation of people's error, as a share of that of the true ratings."""

RATING = "rating"

Corrections = Mapping[str, tuple[float, ...]]
"""Estimate and interval of each correction of one study, and the uncorrected estimate (`raw …`)."""


@dataclass(frozen=True, slots=True)
class RatioDesign:
    """One kind of study. `scores` are heaped on fives and end at 0 and 100; `skewed` ones are also
    mostly low."""

    kind: str
    reliability: float
    error: str = "own"

    @property
    def key(self) -> str:
        shared = "" if self.error == "own" else f", error {self.error}"
        return f"{self.kind}, reliability {self.reliability:g}{shared}"

    @property
    def is_held(self) -> bool:
        """Whether the correction's assumptions hold, so that it must reach the truth.

        Among skewed ratings, what a rating says of the true one is not linear.
        """
        return self.error == "own" and self.kind != "skewed"


@dataclass(frozen=True, slots=True)
class RatioStudy:
    creator: IntArray
    true: FloatArray
    answers: FloatArray
    biased: FloatArray
    people: FloatArray
    views: FloatArray
    control: FloatArray

    def fit(self, rating: FloatArray) -> FixedEffectsFit:
        design = pd.DataFrame({RATING: rating, "control": self.control})
        return poisson_fixed_effects(self.views, design, None, Groups.of(self.creator))


DESIGNS = (
    *(
        RatioDesign(kind, reliability)
        for kind in ("normal", "scores", "skewed")
        for reliability in (0.5, 0.7, 0.9)
    ),
    RatioDesign("normal", 0.7, "shared"),
    RatioDesign("normal", 0.7, "leak"),
)


def draw_study(design: RatioDesign, random: np.random.Generator) -> RatioStudy:
    """One study of about CREATORS · VIDEOS_EACH videos."""
    sizes = np.maximum(2, random.poisson(VIDEOS_EACH, CREATORS))
    creator = np.repeat(np.arange(CREATORS), sizes)
    n, fame = len(creator), random.normal(size=CREATORS)
    of_creator = (0.8 * fame + 0.6 * random.normal(size=CREATORS))[creator]
    latent = BETWEEN**0.5 * of_creator + (1 - BETWEEN) ** 0.5 * random.normal(size=n)
    luck, control = random.normal(size=n), random.normal(size=n)
    true = _true_rating(design.kind, latent)
    size = float(true.std()) * (1 / design.reliability - 1) ** 0.5
    errors = size * _errors(design.error, luck, random)
    expected = 6 + FAME * fame[creator] + LOG_RATIO * (true - 50) + LUCK * luck
    leaking = 0.8 * true + LEAK * POINTS * luck + size * random.normal(size=n)
    return RatioStudy(
        creator,
        true,
        _read(design.kind, true[:, None] + errors),
        leaking,
        true + HUMAN_ERROR * float(true.std()) * random.normal(size=n),
        random.poisson(np.exp(expected)).astype(np.float64),
        control,
    )


def _true_rating(kind: str, latent: FloatArray) -> FloatArray:
    if kind == "skewed":
        return np.asarray(np.minimum(20 * np.exp(0.5 * latent), 100.0), dtype=np.float64)
    return 50 + (POINTS if kind == "normal" else 0.8 * POINTS) * latent


def _errors(error: str, luck: FloatArray, random: np.random.Generator) -> FloatArray:
    """The errors of two answers, with variance 1."""
    own, common = random.normal(size=(len(luck), 2)), random.normal(size=(len(luck), 1))
    if error == "own":
        return own
    shared = common if error == "shared" else luck[:, None]
    both: FloatArray = 0.5**0.5 * (own + shared)
    return both


def _read(kind: str, values: FloatArray) -> FloatArray:
    return values if kind == "normal" else np.clip(5 * np.round(values / 5), 0, 100)


def simulate(design: RatioDesign, studies: int, seed: int = 20261103) -> dict[str, Any]:
    """For both corrections, the ratio of the mean corrected slope to the truth, and coverage."""
    number = DESIGNS.index(design) if design in DESIGNS else 999
    random = np.random.default_rng((seed, number))
    results = [_corrections(draw_study(design, random), random) for _ in range(studies)]
    truths = {"disattenuated": LOG_RATIO, "predict_then_debias": LOG_RATIO * _people_see()}
    if design.kind != "normal" or design.error != "own":
        del truths["predict_then_debias"]  # its truth is known for normal ratings
    return document(asdict(design), design.key, design.is_held, results, truths)


def document(
    design: Mapping[str, Any],
    key: str,
    is_held: bool,
    results: Sequence[Corrections | None],
    truths: Mapping[str, float],
) -> dict[str, Any]:
    """A line of results.jsonl: each method of `truths` beside its truth, over the studies."""
    estimated = [result for result in results if result is not None]
    return {
        "design": key,
        **design,
        "held": is_held,
        "panels": len(results),
        "videos": CREATORS * VIDEOS_EACH,
        "missing": 0.0,
        "refused": len(results) - len(estimated),
        "effects": {
            name: summary(
                [result[name] for result in estimated],
                truth,
                [result[f"raw {name}"][0] for result in estimated],
            )
            for name, truth in truths.items()
        },
    }


def _people_see() -> float:
    """The share of the slope that people's random error leaves, within creators."""
    return (1 - BETWEEN) / (1 - BETWEEN + HUMAN_ERROR**2)


def _corrections(study: RatioStudy, random: np.random.Generator) -> Corrections | None:
    """Estimates and intervals of one study; None where a method refuses."""
    n = len(study.views)
    answers, people = study.answers.copy(), study.people.copy()
    answers[random.random(n) >= REPEATED] = np.nan
    people[random.random(n) >= RATED] = np.nan
    try:
        noisy, biased = study.fit(study.answers[:, 0]), study.fit(study.biased)
        without_noise = disattenuated_ratio(noisy, RATING, answers[noisy.kept], [noisy.creators])
        without_bias = debiased_ratio(
            biased, RATING, people[biased.kept][:, None], [biased.creators]
        )
    except NotEstimable:
        return None
    return {
        "disattenuated": ends(without_noise),
        "raw disattenuated": (float(noisy.beta[0]),),
        "predict_then_debias": ends(without_bias),
        "raw predict_then_debias": (float(biased.beta[0]),),
    }


def ends(corrected: Any) -> tuple[float, float, float]:
    """The estimate and its interval; an end that does not exist is infinite."""
    low, high = corrected.ci_low, corrected.ci_high
    return (
        corrected.estimate,
        -np.inf if low is None else low,
        np.inf if high is None else high,
    )


def simex(
    study: RatioStudy, error_variance: float, random: np.random.Generator, draws: int = 10
) -> float:
    """The slope by simulation and extrapolation, quadratic (Cook & Stefanski 1994): for comparison.

    Error is added `draws` times at each of four sizes, and the slopes are extrapolated to none.
    """
    sizes: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0)
    means = []
    for size in sizes:
        noise = (size * error_variance) ** 0.5 * random.normal(size=(draws, len(study.views)))
        slopes = [study.fit(study.answers[:, 0] + errors).beta[0] for errors in noise]
        means.append(float(np.mean(slopes)))
    return float(np.polyval(np.polyfit(sizes, means, 2), -1.0))
