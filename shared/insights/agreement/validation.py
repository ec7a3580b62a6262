"""Validation of ratings: every coefficient of agreement, and the verdicts of the ladder."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from shared.canonical import canonical, versions
from shared.errors import Permanent
from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.ablation import RaterComparison, ablation
from shared.insights.agreement.alternative_annotator import EPSILON
from shared.insights.agreement.attention import inattentive
from shared.insights.agreement.convergence import convergence
from shared.insights.agreement.dimension import dimension_document
from shared.insights.agreement.drift import Drift, drift
from shared.insights.agreement.events import DURATION, events
from shared.insights.agreement.grounding import Grounding
from shared.insights.agreement.halo import SAME, halo
from shared.insights.agreement.known_groups import GROUP, known_groups
from shared.insights.agreement.ladder import Evidence, PrimaryEffect, RungResult, climb
from shared.insights.agreement.onset import ONSET, onsets
from shared.insights.agreement.ratings import ATTENTION, Ratings
from shared.insights.agreement.variances import Generalizability, several_raters
from shared.insights.statistics.estimate import Estimate
from shared.progress import OnProgress, Progress, no_progress

NOT_RATINGS = frozenset({ATTENTION, GROUP, DURATION})
"""Dimensions that describe a rater or a video and are not ratings."""


@dataclass(frozen=True, slots=True)
class ValidationInputs:
    """The data and options of a validation besides the ratings."""

    primary: PrimaryEffect | None = None
    invariants: Estimate | None = None
    drift: tuple[str, str] | None = None
    """The old and the new rater."""
    anchors: Collection[str] | None = None
    ablation: str | None = None
    """A condition in raters' names, such as `rag`."""
    epsilon: float = EPSILON
    """How much worse than a person a machine may be in the alternative annotator test."""


@dataclass(frozen=True)
class Validation:
    """All results, for the command, the report and the ladder."""

    ratings: Ratings
    dimensions: dict[str, dict[str, Any]]
    halo: list[dict[str, Any]]
    known_groups: dict[str, dict[str, Estimate]]
    onset: dict[str, Any]
    events: dict[str, Any]
    generalizability: dict[str, Generalizability]
    convergence: list[dict[str, Any]]
    drift: list[Drift]
    ablation: list[RaterComparison]
    ladder: list[RungResult]
    primary: PrimaryEffect | None
    excluded: dict[str, tuple[int, int]]
    warnings: tuple[str, ...]
    grounding: Grounding | None = None

    @property
    def stand_in(self) -> bool:
        """Whether any answer came from the stand-in for tests; no report may show these results."""
        judged = self.grounding is not None and self.grounding.stand_in
        return bool(self.ratings.stand_ins) or judged

    @property
    def synthetic(self) -> bool:
        """Whether any result rests on synthetic videos."""
        return bool(self.ratings.synthetic) or (self.primary is not None and self.primary.synthetic)

    def document(self) -> dict[str, Any]:
        """The JSON contract: no time, no path, no NaN; floats have 12 significant digits."""
        ratings = self.ratings
        document: dict[str, Any] = canonical(
            {
                "dimensions": self.dimensions,
                "grounding": self.grounding.document() if self.grounding else None,
                "ladder": [result.document() for result in self.ladder],
                "halo": self.halo,
                "known_groups": {
                    name: {rater: area.document() for rater, area in by_rater.items()}
                    for name, by_rater in self.known_groups.items()
                },
                "onset": self.onset,
                "events": self.events,
                "generalizability": {
                    name: studies.document() for name, studies in self.generalizability.items()
                },
                "convergence": self.convergence,
                "drift": [change.document() for change in self.drift],
                "ablation": [comparison.document() for comparison in self.ablation],
                "raters": {
                    rater: {"kind": ratings.kind(rater), "stand_in": rater in ratings.stand_ins}
                    for rater in ratings.raters
                },
                "excluded": {
                    rater: {"checks_passed": passed, "checks": checks}
                    for rater, (passed, checks) in self.excluded.items()
                },
                "warnings": list(self.warnings),
                "stand_in": self.stand_in,
                "synthetic": self.synthetic,
                "set_aside": dict(ratings.set_aside),
                "sources": list(ratings.sources),
                "read_as": list(ratings.read_as),
                "losses": [{"file": name} | losses.document() for name, losses in ratings.losses],
                "versions": versions(),
            }
        )
        return document


def validate(
    ratings: Ratings,
    inputs: ValidationInputs | None = None,
    on_progress: OnProgress = no_progress,
) -> Validation:
    """Compute everything that the ratings allow.

    Raters who failed the attention checks are excluded. Raises BadTable when no rating is left.
    """
    inputs = inputs or ValidationInputs()
    excluded = inattentive(ratings)
    ratings = ratings.without(excluded)
    dimensions = [
        name
        for name in ratings.dimensions
        if name not in NOT_RATINGS and ratings.of(name, "human", "machine")
    ]
    if not dimensions:
        raise BadTable("No ratings are left, so there is nothing to compare.")
    documents = {}
    for number, name in enumerate(dimensions):
        on_progress(Progress("Comparing raters", number, len(dimensions), "dimensions"))
        documents[name] = dimension_document(ratings, name, inputs.epsilon)
    on_progress(Progress("Halo, groups, moments"))
    groups = {name: known_groups(ratings, name) for name in dimensions if name != ONSET}
    halos = halo(ratings)
    return Validation(
        ratings=ratings,
        dimensions=documents,
        halo=halos,
        known_groups={name: by_rater for name, by_rater in groups.items() if by_rater},
        onset=onsets(ratings),
        events=events(ratings),
        generalizability=several_raters(ratings),
        convergence=convergence(ratings),
        drift=drift(ratings, *inputs.drift, inputs.anchors) if inputs.drift else [],
        ablation=ablation(ratings, inputs.ablation) if inputs.ablation else [],
        ladder=climb(Evidence(ratings, inputs.primary, inputs.invariants)),
        primary=inputs.primary,
        excluded=excluded,
        warnings=tuple(_warnings(ratings, inputs.primary, halos, excluded)),
    )


def _warnings(
    ratings: Ratings,
    primary: PrimaryEffect | None,
    halos: list[dict[str, Any]],
    excluded: dict[str, tuple[int, int]],
) -> Iterator[str]:
    if ratings.stand_ins:
        yield (
            f"{', '.join(sorted(ratings.stand_ins))}: made-up answers of the stand-in for tests. "
            "They say nothing about Gemini, and no report shows them."
        )
    if ratings.synthetic:
        yield (
            f"{len(ratings.synthetic):,} of the videos are synthetic: agreement on them says "
            "little about agreement on posts."
        )
    if primary is not None and primary.synthetic:
        yield "The primary effect is of synthetic videos: rung B6 says nothing about posts."
    for rater, (passed, checks) in excluded.items():
        yield f"{rater} is left out: {passed} of {checks} attention checks passed."
    if ratings.empty:
        yield f"{ratings.empty:,} rows without a value are left out."
    for pair in halos:
        estimate = pair["raw"]["estimate"]
        if estimate is not None and abs(estimate) > SAME:
            first, second = pair["dimensions"]
            yield (
                f"{pair['rater']} hardly tells {first} and {second} apart (r = {estimate:.2f}): "
                "halo, so neither can be read alone."
            )
    yield from ratings.notes


class NotReportable(Permanent):
    """A validation rests on made-up answers."""

    def __init__(self, sentence: str):
        super().__init__("not_reportable", sentence)


def refuse_stand_ins(validation: Validation) -> None:
    """Raise NotReportable when any rating or judgement of the validation was made up."""
    if validation.stand_in:
        raise NotReportable(
            "These figures rest on made-up answers of the stand-in for tests. Validate ratings of "
            "a real rater."
        )
