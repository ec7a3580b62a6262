"""How `tta validate` comes from files of ratings, or from fact_rating, to its result."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import WRONG_USE, Refused
from cli.files import refuse_absent, refuse_target, write
from cli.verbs.rate_kit.key import videos_of
from local.endpoints import LOCAL
from shared.one_thread import in_one_thread

ABLATED = ("rag", "caption")

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.agreement.validation import Beside, Validation


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    inputs: tuple[Path, ...] = ()
    stored: bool = False
    keys: tuple[Path, ...] = ()
    machines: frozenset[str] = frozenset()
    dimensions: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    media: Path | None = None
    insights: Path | None = None
    invariants: bool = False
    drift: tuple[str, str] | None = None
    anchors: Path | None = None
    ablation: str | None = None
    grounding: bool = False
    limit: int = 50
    out: Path | None = None
    target: str = LOCAL
    home: Path | None = None

    @property
    def asks_warehouse(self) -> bool:
        return self.stored or not self.inputs

    def refuse(self) -> None:
        """Raises Refused before any work is done."""
        if self.target != LOCAL and not (self.asks_warehouse or self.grounding):
            raise Refused("--target: with --input give --stored too, to take both.", WRONG_USE)
        if self.grounding:
            from cli.verbs.validate.grounding import refuse_without_judge

            refuse_without_judge(self.target)
        if self.anchors and not self.drift:
            raise Refused("--anchors goes with --drift OLD NEW.", WRONG_USE)
        if self.media is not None and not self.media.is_dir():
            raise Refused(f"--media {self.media}: there is no such folder.", WRONG_USE)
        if self.media is not None and not self.benchmarks:
            raise Refused("--media goes with --benchmark NAME=FILE.", WRONG_USE)
        for path in self.inputs:
            refuse_absent("--input", path)
        for path in self.keys:
            refuse_absent("--key", path)
        refuse_absent("--insights", self.insights)
        refuse_absent("--anchors", self.anchors)
        refuse_target(self.out, (*self.inputs, self.insights, self.anchors))


@dataclass(frozen=True, slots=True)
class Made:
    """The result, and its JSON as it is written."""

    validation: "Validation"
    text: str


def validated(asked: Asked, screen: Screen) -> Made:
    """Read, compare and write. Raises Refused with a sentence about what was given."""
    asked.refuse()
    in_one_thread()
    from shared.insights.table.read import BadTable

    try:
        return _validated(asked, screen)
    except BadTable as error:
        raise Refused(error.sentence) from error


def _validated(asked: Asked, screen: Screen) -> Made:
    with screen.working("Reading the ratings …"):
        ratings = gathered(asked, screen)
        from shared.canonical import json_text
        from shared.insights.agreement.validation import validate

        validation = validate(ratings, _beside(asked, ratings, screen), screen.now)
        if asked.drift and not validation.drift:
            raise Refused(
                f"--drift: {asked.drift[0]} gave no score that could be compared. Check "
                "--dimension, and whether the rater was left out for its attention checks."
            )
        if asked.ablation and not validation.ablation:
            raise Refused(
                f"--ablation {asked.ablation}: there is nothing to compare with on these videos. "
                "Give people's ratings (--input, from tta rate-kit) or --benchmark NAME=FILE."
            )
        if asked.grounding:
            from cli.verbs.validate.grounding import grounded

            kept = validation.ratings  # without those whom attention checks left out
            judged = grounded(asked.target, asked.home, asked.limit, kept, screen)
            validation = replace(validation, grounding=judged)
        text = json_text(validation.document())
    if asked.out is not None:
        write(asked.out, text)
        screen.say(f"Written to {asked.out}.")
    return Made(validation, text)


def gathered(asked: Asked, screen: Screen) -> "Ratings":
    """All ratings that were named. Raises BadTable, Refused."""
    from cli.verbs.validate.benchmarks import Named, labelled
    from shared.insights.agreement.long_table import Rows, read_ratings

    named = [Named.of(said) for said in asked.benchmarks]
    rows = Rows(machines=asked.machines)
    videos = videos_of(asked.keys)
    for path in asked.inputs:
        rows.take(read_ratings(path, asked.machines).renamed(videos))
    if asked.asks_warehouse:
        from cli.verbs.validate.stored import stored_ratings

        rows.take(stored_ratings(asked.target, asked.home, asked.machines, screen))
    if named:
        screen.now("Reading the benchmarks …")
        rows.take(labelled(named, asked.media))
    ratings = rows.ratings()
    if not asked.dimensions:
        return ratings
    absent = [name for name in asked.dimensions if name not in ratings.dimensions]
    if absent:
        there = ", ".join(ratings.dimensions)
        raise Refused(f"--dimension {absent[0]}: there is none; there are: {there}.", WRONG_USE)
    from shared.insights.agreement.validation import BESIDE

    return ratings.only((*asked.dimensions, *BESIDE))


def _beside(asked: Asked, ratings: "Ratings", screen: Screen) -> "Beside":
    from shared.insights.agreement.validation import Beside

    if asked.drift:
        _refuse_strangers(asked.drift, ratings)
    return Beside(
        primary=_primary(asked.insights) if asked.insights else None,
        invariants=_invariants(screen) if asked.invariants else None,
        drift=asked.drift,
        anchors=_anchors(asked.anchors) if asked.anchors else None,
        ablation=_ablation(asked.ablation, ratings) if asked.ablation else None,
    )


def _refuse_strangers(raters: tuple[str, str], ratings: "Ratings") -> None:
    for rater in raters:
        if rater not in ratings.raters:
            known = ", ".join(ratings.raters)
            raise Refused(f"--drift: there is no rater {rater}; there are: {known}.", WRONG_USE)


def _ablation(condition: str, ratings: "Ratings") -> str:
    """The condition, where raters without and with it rated. Raises Refused."""
    from shared.insights.agreement.ablation import pairs

    if condition not in ABLATED:
        raise Refused(f"--ablation {condition}: give one of {', '.join(ABLATED)}.", WRONG_USE)
    if not pairs(ratings, condition):
        raise Refused(
            f"--ablation {condition}: nobody rated both without and with it. Have the same videos "
            f"rated twice: tta rate … --rater gemini, and tta rate … --rater gemini --{condition}"
        )
    return condition


def _primary(path: Path) -> Any:
    """The primary effect of an insights document."""
    from shared.insights.agreement.ladder import Primary

    try:
        document = json.loads(path.read_bytes())
        if document["primary"] is None:
            raise Refused(f"--insights {path}: its plan declares no primary.")
        return Primary.of(document["primary"], bool(document["synthetic"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"--insights {path}: this is not what tta insights writes.") from error


def _invariants(screen: Screen) -> Any:
    from shared.insights.statistics.estimate import Estimate
    from shared.rating.signals.invariants import checked

    held = checked(screen.now)
    for one in held:
        if not one.holds:
            screen.say(f"Invariant broken: {one.sentence} ({one.measured})")
    share = sum(one.holds for one in held) / len(held)
    return Estimate(share, share, share, len(held))


def _anchors(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Refused(f"--anchors {path}: it is not UTF-8.", WRONG_USE) from error
    ids = frozenset(line.strip() for line in lines if line.strip())
    if not ids:
        raise Refused(f"--anchors {path}: it names no video.", WRONG_USE)
    return ids


def refuse_drift(validation: "Validation") -> None:
    """Raises Refused unless every gated dimension passes."""
    held_back = [one for one in validation.drift if one.verdict != "pass"]
    if held_back:
        told = ", ".join(f"{one.dimension} ({one.verdict})" for one in held_back)
        raise Refused(f"The new rater does not pass the gate: {told}.")
