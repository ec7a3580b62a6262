"""The ladder of predetermined benchmarks: each rung's figure, mark and verdict, or what is missing.

The rungs are shared/insights/ladder.yaml, fixed before any data are looked at.
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
from shared.insights.agreement.peers import swap
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
    "rater_swap",
    "halo",
    "beyond_motion",
    "nomological",
]


class Mark(BaseModel):
    """What a figure must keep."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Mark":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give at_least or at_most")
        return self

    def verdict(self, figure: Estimate) -> Verdict:
        """By the whole interval; an estimate without one decides nothing."""
        if figure.estimate is None:
            return "missing"
        if figure.ci_low is None or figure.ci_high is None:
            return "undecided"
        if self.at_least is not None:
            kept, lost = figure.ci_low >= self.at_least, figure.ci_high < self.at_least
        else:
            assert self.at_most is not None
            kept, lost = figure.ci_high <= self.at_most, figure.ci_low > self.at_most
        return "pass" if kept else "fail" if lost else "undecided"

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


class Rung(BaseModel):
    """One benchmark."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    rung: str
    title: str
    check: Check
    mark: Mark
    source: str
    needs: str
    raters: str = ""
    dimension: str = ""
    beside: str = Field(default="", alias="with")
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class PrimaryEffect:
    """The primary effect of an analysis: of which predictor, and whether of synthetic videos."""

    predictor: str
    figure: Estimate
    synthetic: bool = False

    @classmethod
    def of(cls, effect: Mapping[str, Any], synthetic: bool) -> "PrimaryEffect":
        """From an effect as JSON has it. Raises KeyError."""
        told = (effect[name] for name in ("estimate", "ci_low", "ci_high", "n", "note"))
        return cls(effect["predictor"], Estimate(*told), synthetic)


@dataclass(frozen=True)
class Evidence:
    """What the rungs are judged on."""

    ratings: Ratings
    primary: PrimaryEffect | None = None
    invariants: Estimate | None = None
    """Share of the invariants that hold."""


@dataclass(frozen=True)
class RungVerdict:
    """A rung with what came out of it, for one rater where it is about raters."""

    rung: Rung
    rater: str | None
    figure: Estimate
    verdict: Verdict

    @property
    def missing(self) -> str | None:
        """What a rung that cannot be computed needs, and what came in its stead."""
        if self.verdict != "missing":
            return None
        note = self.figure.note
        return f"{self.rung.needs} ({note})" if note else self.rung.needs

    def document(self) -> dict[str, Any]:
        return {
            "rung": self.rung.rung,
            "title": self.rung.title,
            "check": self.rung.check,
            "rater": self.rater,
            "dimension": self.rung.dimension or None,
            **self.figure.document(),
            "pass_mark": str(self.rung.mark),
            "verdict": self.verdict,
            "source": self.rung.source,
            "missing": self.missing,
        }


@cache
def rungs() -> tuple[Rung, ...]:
    """The shipped ladder."""
    text = LADDER.read_text(encoding="utf-8")
    return tuple(Rung.model_validate(one) for one in yaml.safe_load(text)["rungs"])


def climb(evidence: Evidence) -> list[RungVerdict]:
    """Every rung, for every rater that it is about; one line where there is none."""
    return [judged for rung in rungs() for judged in _judged(rung, evidence)]


def _judged(rung: Rung, evidence: Evidence) -> Iterator[RungVerdict]:
    checked = list(CHECKS[rung.check](rung, evidence))
    found = [one for one in checked if one[1].estimate is not None]
    if not found:
        note = next((figure.note for _, figure in checked if figure.note), None)
        yield RungVerdict(rung, rung.raters or None, Estimate(None, note=note), "missing")
    for rater, figure in found:
        of_stand_in = rater in evidence.ratings.stand_ins
        yield RungVerdict(
            rung, rater, figure, "stand_in" if of_stand_in else rung.mark.verdict(figure)
        )


Found = Iterator[tuple[str | None, Estimate]]


def _of(rung: Rung, figures: dict[str, Estimate]) -> Found:
    yield from (one for one in figures.items() if one[0].startswith(rung.raters))


def _machines(rung: Rung, evidence: Evidence) -> list[str]:
    machines = evidence.ratings.of(rung.dimension or "unexpectedness", "machine")
    return [machine for machine in machines if machine.startswith(rung.raters)]


def _invariants(rung: Rung, evidence: Evidence) -> Found:
    if evidence.invariants is not None:
        yield None, evidence.invariants


def _known_groups(rung: Rung, evidence: Evidence) -> Found:
    yield from _of(rung, known_groups(evidence.ratings, rung.dimension))


def _onset(rung: Rung, evidence: Evidence) -> Found:
    for kind in ("human", "benchmark"):
        found = onset.onsets(evidence.ratings).get(kind, {})
        hits = {
            rater: Estimate(**of_rater[f"within_{rung.within_s:g}_s"])
            for rater, of_rater in found.items()
        }
        if any(rater.startswith(rung.raters) for rater in hits):
            yield from _of(rung, hits)
            return


def _convergence(rung: Rung, evidence: Evidence) -> Found:
    ratings = evidence.ratings
    others = [one for one in ratings.of(rung.dimension) if one.startswith(rung.beside)]
    for machine in _machines(rung, evidence):
        for other in others:
            table = ratings.table(rung.dimension, [machine, other]).values
            yield machine, spearman(table[:, 0], table[:, 1])


def _retest(rung: Rung, evidence: Evidence) -> Found:
    yield from _of(rung, retests(evidence.ratings, rung.dimension))


def _human_alpha(rung: Rung, evidence: Evidence) -> Found:
    people = evidence.ratings.of(rung.dimension, "human")
    if len(people) >= 2:
        yield None, alpha(evidence.ratings.table(rung.dimension, people).values, "ordinal")


def _rater_swap(rung: Rung, evidence: Evidence) -> Found:
    people = evidence.ratings.of(rung.dimension, "human")
    if len(people) >= 3:
        for machine in _machines(rung, evidence):
            table = evidence.ratings.table(rung.dimension, [*people, machine]).values
            yield machine, swap(table, len(people), len(people))


def _halo(rung: Rung, evidence: Evidence) -> Found:
    for machine in _machines(rung, evidence):
        found = halo.disattenuated(evidence.ratings, machine, rung.dimension, rung.beside)
        if found.estimate is not None and found.ci_low is not None and found.ci_high is not None:
            # The sign does not matter, so neither end may be beyond the mark.
            ends = sorted((abs(found.ci_low), abs(found.ci_high)))
            crosses = found.ci_low < 0 < found.ci_high
            low = 0.0 if crosses else ends[0]
            found = Estimate(abs(found.estimate), low, ends[1], found.n, found.note)
        yield machine, found


def _beyond_motion(rung: Rung, evidence: Evidence) -> Found:
    for machine in _machines(rung, evidence):
        yield machine, beyond_motion(evidence.ratings, machine)


def _nomological(rung: Rung, evidence: Evidence) -> Found:
    primary = evidence.primary
    if primary is None:
        return
    if primary.predictor == rung.dimension:
        yield None, primary.figure
    else:
        yield None, Estimate(None, note=f"this primary is about {primary.predictor}")


CHECKS: dict[str, Callable[[Rung, Evidence], Found]] = {
    "invariants": _invariants,
    "known_groups": _known_groups,
    "onset": _onset,
    "convergence": _convergence,
    "retest": _retest,
    "human_alpha": _human_alpha,
    "rater_swap": _rater_swap,
    "halo": _halo,
    "beyond_motion": _beyond_motion,
    "nomological": _nomological,
}
