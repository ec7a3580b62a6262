"""Simulated panels: the same raters on many sets of videos whose true agreement is known.

A panel is videos by raters: a video's own value, a rater's constant shift, and error. The truth of
a coefficient is its value on MANY videos by the same code, so the test is of the interval.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.alpha import alpha, alpha_of
from shared.insights.agreement.icc import icc_a1, icc_ak, iccs
from shared.insights.agreement.kappa import kappa, mean_of_pairs, pair_kappa
from shared.insights.statistics.estimate import Estimate, wilson
from shared.insights.statistics.resampling import FloatArray

MANY = 300_000
CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class PanelDesign:
    """`scores`: 0–100 in steps of 5, as models heap them; `skewed`: most videos near the bottom.

    `reliability` is the share of variance of one rater's value that is the video's own; `missing`
    the share of cells that are empty.
    """

    kind: str
    videos: int
    raters: int
    reliability: float
    missing: float = 0.0

    @property
    def key(self) -> str:
        gaps = f", {self.missing:.0%} missing" if self.missing else ""
        return f"{self.kind}, {self.videos} × {self.raters}, {self.reliability:g}{gaps}"

    def panel(self, random: np.random.Generator, videos: int) -> FloatArray:
        """Values (videos, raters) of new videos."""
        shape = (videos, self.raters)
        own = random.normal(size=(videos, 1)) * self.reliability**0.5
        error = random.normal(size=shape) * (1 - self.reliability) ** 0.5
        latent = own + error + np.linspace(-0.3, 0.3, self.raters)
        if self.kind == "skewed":
            latent = np.clip(5 * np.round(5 * np.exp(0.6 * latent)), 0, 100)
        elif self.kind == "scores":
            latent = np.clip(5 * np.round((50 + 20 * latent) / 5), 0, 100)
        if self.missing:
            latent[random.random(shape) < self.missing] = np.nan
        return latent


DESIGNS = (
    *(PanelDesign("normal", n, k, r) for n, k, r in ((20, 3, 0.6), (40, 3, 0.6), (100, 3, 0.6))),
    *(PanelDesign("scores", n, k, r) for n, k, r in ((20, 3, 0.6), (40, 2, 0.5), (40, 5, 0.8))),
    *(PanelDesign("scores", n, k, r) for n, k, r in ((100, 2, 0.3), (100, 5, 0.9), (200, 3, 0.6))),
    *(PanelDesign("scores", n, k, r, 0.3) for n, k, r in ((40, 5, 0.6), (100, 5, 0.6))),
    *(PanelDesign("skewed", n, k, r) for n, k, r in ((40, 3, 0.6), (100, 3, 0.6), (200, 3, 0.6))),
)


def simulate(design: PanelDesign, panels: int, seed: int = 20261101) -> dict[str, Any]:
    """Coverage of each coefficient's interval, with Wilson's interval for 99 % confidence."""
    random = np.random.default_rng((seed, DESIGNS.index(design) if design in DESIGNS else 999))
    truth = _truth(design, np.random.default_rng((seed, 1)))
    hits = dict.fromkeys(truth, 0)
    intervals = dict.fromkeys(truth, 0)
    for _ in range(panels):
        for name, estimate in _estimates(design.panel(random, design.videos), truth):
            if estimate.ci_low is not None and estimate.ci_high is not None:
                intervals[name] += 1
                hits[name] += estimate.ci_low <= truth[name] <= estimate.ci_high
    return {
        "design": design.key,
        **asdict(design),
        "panels": panels,
        "coverage": {
            name: _coverage(hits[name], intervals[name]) | {"truth": truth[name]} for name in truth
        },
    }


def _coverage(hits: int, panels: int) -> dict[str, Any]:
    share = wilson(hits, panels, CONFIDENCE)
    return {
        "share": share.estimate,
        "low": share.ci_low,
        "high": share.ci_high,
        "of": panels,
    }


def _truth(design: PanelDesign, random: np.random.Generator) -> dict[str, float]:
    panel = design.panel(random, MANY)
    alike = np.ones((1, MANY))
    whole = panel[~np.isnan(panel).any(axis=1)]
    paired = panel[(~np.isnan(panel)).sum(axis=1) >= 2]
    weights = np.ones((1, len(paired)))
    truth = {}
    if not design.missing:
        truth["icc_a1"] = float(icc_a1(whole, alike)[0])
        truth["icc_ak"] = float(icc_ak(whole, alike)[0])
    truth["alpha_ordinal"] = float(alpha_of(paired, "ordinal")(weights)[0])
    truth["alpha_interval"] = float(alpha_of(paired, "interval")(weights)[0])
    pairs = combinations(range(design.raters), 2)
    kappas = mean_of_pairs(panel, list(pairs), partial(pair_kappa, weighting="quadratic"))
    truth["kappa_quadratic"] = float(kappas(alike)[0])
    return truth


def _estimates(panel: FloatArray, truth: dict[str, float]) -> Iterator[tuple[str, Estimate]]:
    if "icc_a1" in truth:
        single, average = iccs(panel)
        yield "icc_a1", single
        yield "icc_ak", average
    yield "alpha_ordinal", alpha(panel, "ordinal")
    yield "alpha_interval", alpha(panel, "interval")
    yield "kappa_quadratic", kappa(panel, "quadratic")
