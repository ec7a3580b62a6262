"""From ratings to what they are worth: every figure, and the verdicts of the ladder."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from shared.canonical import settled, versions
from shared.insights.agreement.ablation import RaterComparison, ablation
from shared.insights.agreement.attention import inattentive
from shared.insights.agreement.convergence import convergence
from shared.insights.agreement.dimension import dimension_document
from shared.insights.agreement.drift import Drift, drift
from shared.insights.agreement.grounding import Grounding
from shared.insights.agreement.halo import SAME, halo
from shared.insights.agreement.known_groups import GROUP, known_groups
from shared.insights.agreement.ladder import Evidence, PrimaryEffect, RungVerdict, climb
from shared.insights.agreement.onset import ONSET, onsets
from shared.insights.agreement.ratings import ATTENTION, Ratings
from shared.insights.statistics.estimate import Estimate
from shared.insights.table.read import BadTable

OnProgress = Callable[[str], None]
BESIDE = frozenset({ATTENTION, GROUP})
"""Dimensions that say something of a rater or a video, and rate nothing."""


@dataclass(frozen=True, slots=True)
class ValidationInputs:
    """What is known besides the ratings themselves."""

    primary: PrimaryEffect | None = None
    invariants: Estimate | None = None
    drift: tuple[str, str] | None = None
    """Old and new rater."""
    anchors: Collection[str] | None = None
    ablation: str | None = None
    """A word such as rag that tells two raters apart."""


@dataclass(frozen=True)
class Validation:
    """What came out."""

    ratings: Ratings
    dimensions: dict[str, dict[str, Any]]
    halo: list[dict[str, Any]]
    known_groups: dict[str, dict[str, Estimate]]
    onset: dict[str, Any]
    convergence: list[dict[str, Any]]
    drift: list[Drift]
    ablation: list[RaterComparison]
    ladder: list[RungVerdict]
    primary: PrimaryEffect | None
    excluded: dict[str, tuple[int, int]]
    warnings: tuple[str, ...]
    grounding: Grounding | None = None

    @property
    def stand_in(self) -> bool:
        """Whether any answer of the stand-in for tests is behind a figure: no report takes it."""
        judged = self.grounding is not None and self.grounding.stand_in
        return bool(self.ratings.stand_ins) or judged

    @property
    def synthetic(self) -> bool:
        """Whether any figure is of made-up videos."""
        return bool(self.ratings.synthetic) or (self.primary is not None and self.primary.synthetic)

    def document(self) -> dict[str, Any]:
        """The output contract: no time, no place, no NaN; floats to 12 significant digits."""
        ratings = self.ratings
        found: dict[str, Any] = settled(
            {
                "dimensions": self.dimensions,
                "grounding": self.grounding.document() if self.grounding else None,
                "ladder": [judged.document() for judged in self.ladder],
                "halo": self.halo,
                "known_groups": {
                    name: {rater: figure.document() for rater, figure in by_rater.items()}
                    for name, by_rater in self.known_groups.items()
                },
                "onset": self.onset,
                "convergence": self.convergence,
                "drift": [one.document() for one in self.drift],
                "ablation": [one.document() for one in self.ablation],
                "raters": {
                    rater: {"kind": ratings.kind(rater), "stand_in": rater in ratings.stand_ins}
                    for rater in ratings.raters
                },
                "excluded": {
                    rater: {"checks_passed": passed, "checks": of}
                    for rater, (passed, of) in self.excluded.items()
                },
                "warnings": list(self.warnings),
                "stand_in": self.stand_in,
                "synthetic": self.synthetic,
                "sources": list(ratings.sources),
                "versions": versions(),
            }
        )
        return found


def validate(
    given: Ratings, beside: ValidationInputs | None = None, on_progress: OnProgress = lambda _: None
) -> Validation:
    """Compute all that the ratings allow. Raises BadTable when there is nothing to compare."""
    beside = beside or ValidationInputs()
    excluded = inattentive(given)
    ratings = given.without(excluded)
    dimensions = [name for name in ratings.dimensions if name not in BESIDE]
    rated = [name for name in dimensions if ratings.of(name, "human", "machine")]
    if not rated:
        raise BadTable("Nobody's ratings are left, so there is nothing to compare.")
    found = {}
    for name in rated:
        on_progress(f"{name} …")
        found[name] = dimension_document(ratings, name)
    on_progress("Halo, groups, moments …")
    groups = {name: known_groups(ratings, name) for name in rated if name != ONSET}
    halos = halo(ratings)
    moved = drift(ratings, *beside.drift, beside.anchors) if beside.drift else []
    return Validation(
        ratings=ratings,
        dimensions=found,
        halo=halos,
        known_groups={name: figures for name, figures in groups.items() if figures},
        onset=onsets(ratings),
        convergence=convergence(ratings),
        drift=moved,
        ablation=ablation(ratings, beside.ablation) if beside.ablation else [],
        ladder=climb(Evidence(ratings, beside.primary, beside.invariants)),
        primary=beside.primary,
        excluded=excluded,
        warnings=tuple(_warnings(ratings, beside.primary, halos, excluded)),
    )


def _warnings(
    ratings: Ratings,
    primary: PrimaryEffect | None,
    halos: list[dict[str, Any]],
    excluded: dict[str, tuple[int, int]],
) -> Iterator[str]:
    if ratings.stand_ins:
        yield (
            f"{', '.join(sorted(ratings.stand_ins))}: answers of the stand-in for tests, made up. "
            "Nothing here says anything of Gemini, and no report takes it."
        )
    if ratings.synthetic:
        yield (
            f"{len(ratings.synthetic):,} of the videos are synthetic: agreement on them says "
            "little of agreement on posts."
        )
    if primary is not None and primary.synthetic:
        yield "The primary effect is of synthetic videos: rung B6 says nothing of posts."
    for rater, (passed, of) in excluded.items():
        yield f"{rater} is left out: {passed} of {of} attention checks passed."
    if ratings.empty:
        yield f"{ratings.empty:,} rows without a value are left out."
    for one in halos:
        estimate = one["raw"]["estimate"]
        if estimate is not None and abs(estimate) > SAME:
            first, second = one["dimensions"]
            yield (
                f"{one['rater']} hardly tells {first} and {second} apart (r = {estimate:.2f}): "
                "halo, so neither can be read alone."
            )
    yield from ratings.notes
