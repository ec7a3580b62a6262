"""The ladder of predetermined benchmarks: each rung's estimate, mark and verdict.

The rungs are in shared/insights/ladder.yaml. They were fixed before anybody looked at data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.insights.agreement import halo, onset
from shared.insights.agreement.alpha import alpha
from shared.insights.agreement.convergence import beyond_motion
from shared.insights.agreement.known_groups import known_groups
from shared.insights.agreement.peers import could_replace
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.retest import retests
from shared.insights.statistics.estimate import Estimate
from shared.insights.statistics.weighted_correlation import spearman

LADDER = Path(__file__).parent.parent / "ladder.yaml"

Verdict = Literal["pass", "fail", "undecided", "missing", "stand_in"]
Check = Literal[
    "invariants",
    "known_groups",
    "onset",
    "convergence",
    "retest",
    "human_alpha",
    "alternative_annotator",
    "halo",
    "beyond_motion",
    "nomological",
]


class Mark(BaseModel):
    """The bound that an estimate must keep."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_one_bound(self) -> "Mark":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give at_least or at_most")
        return self

    def verdict(self, estimate: Estimate) -> Verdict:
        """Judge by the whole interval; an estimate without an interval is undecided."""
        if estimate.estimate is None:
            return "missing"
        if estimate.ci_low is None or estimate.ci_high is None:
            return "undecided"
        if self.at_least is not None:
            passes, fails = estimate.ci_low >= self.at_least, estimate.ci_high < self.at_least
        else:
            assert self.at_most is not None
            passes, fails = estimate.ci_high <= self.at_most, estimate.ci_low > self.at_most
        return "pass" if passes else "fail" if fails else "undecided"

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


class Rung(BaseModel):
    """One benchmark of the ladder."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    rung: str
    title: str
    check: Check
    mark: Mark
    source: str
    needs: str
    raters: str = ""
    dimension: str = ""
    other: str = Field(default="", alias="with")
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class PrimaryEffect:
    """The primary effect of an analysis, with its predictor."""

    predictor: str
    estimate: Estimate
    synthetic: bool = False
    """Whether it was estimated from synthetic videos."""

    @classmethod
    def of(cls, effect: Mapping[str, Any], synthetic: bool) -> "PrimaryEffect":
        """From the JSON of an effect. Raises KeyError."""
        fields = (effect[name] for name in ("estimate", "ci_low", "ci_high", "n", "note"))
        return cls(effect["predictor"], Estimate(*fields), synthetic)


@dataclass(frozen=True)
class Evidence:
    """The data by which rungs are judged."""

    ratings: Ratings
    primary: PrimaryEffect | None = None
    invariants: Estimate | None = None
    """Share of the invariants that hold (0–1)."""


@dataclass(frozen=True)
class RungResult:
    """The estimate and verdict of one rung, for one rater where the rung is about raters."""

    rung: Rung
    rater: str | None
    estimate: Estimate
    verdict: Verdict

    @property
    def missing(self) -> str | None:
        """The data that a rung without an estimate needs, with the reason; else None."""
        if self.verdict != "missing":
            return None
        note = self.estimate.note
        return f"{self.rung.needs} ({note})" if note else self.rung.needs

    def document(self) -> dict[str, Any]:
        return {
            "rung": self.rung.rung,
            "title": self.rung.title,
            "check": self.rung.check,
            "rater": self.rater,
            "dimension": self.rung.dimension or None,
            **self.estimate.document(),
            "pass_mark": str(self.rung.mark),
            "verdict": self.verdict,
            "source": self.rung.source,
            "missing": self.missing,
        }


@cache
def rungs() -> tuple[Rung, ...]:
    """The rungs of ladder.yaml, in their order."""
    text = LADDER.read_text(encoding="utf-8")
    return tuple(Rung.model_validate(rung) for rung in yaml.safe_load(text)["rungs"])


def climb(evidence: Evidence) -> list[RungResult]:
    """Every rung for every rater that it is about; one result where it has no estimate."""
    return [result for rung in rungs() for result in _results(rung, evidence)]


def _results(rung: Rung, evidence: Evidence) -> Iterator[RungResult]:
    checked = list(CHECKS[rung.check](rung, evidence))
    estimates = [(rater, estimate) for rater, estimate in checked if estimate.estimate is not None]
    if not estimates:
        note = next((estimate.note for _, estimate in checked if estimate.note), None)
        yield RungResult(rung, rung.raters or None, Estimate(None, note=note), "missing")
    for rater, estimate in estimates:
        is_stand_in = rater in evidence.ratings.stand_ins
        verdict = "stand_in" if is_stand_in else rung.mark.verdict(estimate)
        yield RungResult(rung, rater, estimate, verdict)


RaterEstimates = Iterator[tuple[str | None, Estimate]]


def _of_raters(rung: Rung, estimates: dict[str, Estimate]) -> RaterEstimates:
    yield from (entry for entry in estimates.items() if entry[0].startswith(rung.raters))


def _machines(rung: Rung, evidence: Evidence) -> list[str]:
    machines = evidence.ratings.of(rung.dimension or "unexpectedness", "machine")
    return [machine for machine in machines if machine.startswith(rung.raters)]


def _invariants(rung: Rung, evidence: Evidence) -> RaterEstimates:
    if evidence.invariants is not None:
        yield None, evidence.invariants


def _known_groups(rung: Rung, evidence: Evidence) -> RaterEstimates:
    yield from _of_raters(rung, known_groups(evidence.ratings, rung.dimension))


def _onset(rung: Rung, evidence: Evidence) -> RaterEstimates:
    for kind in ("human", "benchmark"):
        by_rater = onset.onsets(evidence.ratings).get(kind, {})
        shares = {
            rater: Estimate(**hits[f"within_{rung.within_s:g}_s"])
            for rater, hits in by_rater.items()
        }
        if any(rater.startswith(rung.raters) for rater in shares):
            yield from _of_raters(rung, shares)
            return


def _convergence(rung: Rung, evidence: Evidence) -> RaterEstimates:
    ratings = evidence.ratings
    others = [rater for rater in ratings.of(rung.dimension) if rater.startswith(rung.other)]
    for machine in _machines(rung, evidence):
        for other in others:
            table = ratings.table(rung.dimension, [machine, other]).values
            yield machine, spearman(table[:, 0], table[:, 1])


def _retest(rung: Rung, evidence: Evidence) -> RaterEstimates:
    yield from _of_raters(rung, retests(evidence.ratings, rung.dimension))


def _human_alpha(rung: Rung, evidence: Evidence) -> RaterEstimates:
    people = evidence.ratings.of(rung.dimension, "human")
    if len(people) >= 2:
        yield None, alpha(evidence.ratings.table(rung.dimension, people).values, "ordinal")


def _alternative_annotator(rung: Rung, evidence: Evidence) -> RaterEstimates:
    """The winning rate: from the people for whom it is shown to those for whom it may be."""
    for machine in _machines(rung, evidence):
        if test := could_replace(evidence.ratings, rung.dimension, machine):
            yield machine, test.rate


def _halo(rung: Rung, evidence: Evidence) -> RaterEstimates:
    for machine in _machines(rung, evidence):
        signed = halo.disattenuated(evidence.ratings, machine, rung.dimension, rung.other)
        yield machine, _absolute(signed)


def _absolute(signed: Estimate) -> Estimate:
    """The size of a correlation: the sign does not matter, so neither end may pass the mark."""
    if signed.estimate is None or signed.ci_low is None or signed.ci_high is None:
        return signed
    ends = sorted((abs(signed.ci_low), abs(signed.ci_high)))
    low = 0.0 if signed.ci_low < 0 < signed.ci_high else ends[0]
    return Estimate(abs(signed.estimate), low, ends[1], signed.n, signed.note)


def _beyond_motion(rung: Rung, evidence: Evidence) -> RaterEstimates:
    for machine in _machines(rung, evidence):
        yield machine, beyond_motion(evidence.ratings, machine)


def _nomological(rung: Rung, evidence: Evidence) -> RaterEstimates:
    primary = evidence.primary
    if primary is None:
        return
    if primary.predictor == rung.dimension:
        yield None, primary.estimate
    else:
        yield None, Estimate(None, note=f"this primary is about {primary.predictor}")


CHECKS: dict[str, Callable[[Rung, Evidence], RaterEstimates]] = {
    "invariants": _invariants,
    "known_groups": _known_groups,
    "onset": _onset,
    "convergence": _convergence,
    "retest": _retest,
    "human_alpha": _human_alpha,
    "alternative_annotator": _alternative_annotator,
    "halo": _halo,
    "beyond_motion": _beyond_motion,
    "nomological": _nomological,
}
