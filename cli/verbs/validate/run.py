"""One run of `tta validate`: read ratings, compare them, write."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent, refuse_target, write
from cli.progress import ProgressLine
from cli.verbs.rate_kit.key import KitKeys
from local.endpoints import LOCAL
from shared.concurrency import in_one_thread

if TYPE_CHECKING:
    from shared.inputs.tables.notation import Notation
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.agreement.validation import Validation, ValidationInputs


@dataclass(frozen=True, slots=True)
class ValidateOptions:
    """The options of `tta validate`."""

    inputs: tuple[Path, ...] = ()
    is_wide: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    notation: "Notation | None" = None
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
    epsilon: float | None = None
    grounding: bool = False
    limit: int = 50
    synthetic: bool = False
    out: Path | None = None
    target: str = LOCAL
    home: Path | None = None

    @property
    def asks_warehouse(self) -> bool:
        return self.stored or not self.inputs

    def refuse(self) -> None:
        """Check the options before any work. Raises UserError."""
        if self.target != LOCAL and not (self.asks_warehouse or self.grounding):
            raise UserError("--target: with --input, give --stored too, to read both.", WRONG_USE)
        if self.grounding:
            from cli.verbs.validate.grounding import refuse_without_judge

            refuse_without_judge(self.target)
        if self.anchors and not self.drift:
            raise UserError("--anchors goes with --drift OLD NEW.", WRONG_USE)
        if self.media is not None and not self.media.is_dir():
            raise UserError(f"--media {self.media}: there is no such folder.", WRONG_USE)
        if self.media is not None and not self.benchmarks:
            raise UserError("--media goes with --benchmark NAME=FILE.", WRONG_USE)
        for option, is_given in (("--wide", self.is_wide), ("--columns", bool(self.columns))):
            if is_given and not self.inputs:
                raise UserError(f"{option} is about a file: give it with --input FILE.", WRONG_USE)
        for path in self.inputs:
            refuse_absent("--input", path)
        for path in self.keys:
            refuse_absent("--key", path)
        refuse_absent("--insights", self.insights)
        refuse_absent("--anchors", self.anchors)
        refuse_target(self.out, (*self.inputs, self.insights, self.anchors))


@dataclass(frozen=True, slots=True)
class ValidateResult:
    """The result, and the JSON text that is written."""

    validation: "Validation"
    text: str


def run_validation(options: ValidateOptions, screen: Screen) -> ValidateResult:
    """Read, compare and write. Raises UserError about the input."""
    options.refuse()
    in_one_thread()
    from shared.inputs.tables.errors import BadTable

    try:
        return _validate(options, screen)
    except BadTable as error:
        raise UserError(error.sentence) from error


def _validate(options: ValidateOptions, screen: Screen) -> ValidateResult:
    with screen.working("Reading the ratings …"):
        ratings = gather_ratings(options, screen)
        from shared.canonical import json_text
        from shared.insights.agreement.validation import validate

        inputs = _context(options, ratings, screen)
        validation = validate(ratings, inputs, ProgressLine(screen.now))
        if options.drift and not validation.drift:
            raise UserError(
                f"--drift: {options.drift[0]} gave no score that could be compared. Check "
                "--dimension, and whether the rater failed its attention checks."
            )
        if options.ablation and not validation.ablation:
            raise UserError(
                f"--ablation {options.ablation}: there is nothing to compare with on these videos. "
                "Give people's ratings (--input, from tta rate-kit) or --benchmark NAME=FILE."
            )
        if options.grounding:
            from cli.verbs.validate.grounding import judge_ratings

            attentive = validation.ratings  # without raters who failed attention checks
            judged = judge_ratings(options.target, options.home, options.limit, attentive, screen)
            validation = replace(validation, grounding=judged)
        text = json_text(validation.document())
    if options.out is not None:
        write(options.out, text)
        screen.say(f"Written to {options.out}.")
    return ValidateResult(validation, text)


def gather_ratings(options: ValidateOptions, screen: Screen) -> "Ratings":
    """Read all ratings that the options name. Raises BadTable and UserError."""
    from cli.verbs.validate.benchmarks import BenchmarkFile, benchmark_ratings
    from shared.insights.agreement.long_table import RatingsBuilder
    from shared.insights.agreement.one_kind import of_one_kind

    benchmarks = [BenchmarkFile.of(text) for text in options.benchmarks]
    rows = RatingsBuilder(machines=options.machines)
    if options.inputs:
        rows.add_all(_from_files(options, screen))
    if options.asks_warehouse:
        from cli.verbs.validate.stored import stored_ratings

        rows.add_all(stored_ratings(options.target, options.home, options.machines, screen))
    if benchmarks:
        screen.now("Reading the benchmarks …")
        rows.add_all(benchmark_ratings(benchmarks, options.media))
    ratings = of_one_kind(rows.ratings(), options.synthetic)
    if not options.dimensions:
        return ratings
    absent = [name for name in options.dimensions if name not in ratings.dimensions]
    if absent:
        names = ", ".join(ratings.dimensions)
        raise UserError(f"--dimension {absent[0]}: unknown; use one of {names}.", WRONG_USE)
    from shared.insights.agreement.validation import NOT_RATINGS

    return ratings.only((*options.dimensions, *NOT_RATINGS))


def _from_files(options: ValidateOptions, screen: Screen) -> "Ratings":
    """The ratings of --input; says how sheets were read. Raises BadTable and UserError."""
    from shared.inputs.tables.notation import Notation
    from shared.insights.agreement.rating_files import RatingFileOptions, read_rating_files
    from shared.insights.table.read import StatedTable

    stated = StatedTable(options.columns, options.notation or Notation())
    how = RatingFileOptions(options.machines, options.is_wide, options.dimensions, "--wide", stated)
    keys = KitKeys.read(options.keys)
    ratings = keys.weighing(read_rating_files(options.inputs, how, keys.videos))
    for sentence in (*ratings.read_as, *ratings.unread(), *keys.sentences):
        screen.say(sentence)
    return ratings


def _context(options: ValidateOptions, ratings: "Ratings", screen: Screen) -> "ValidationInputs":
    from shared.insights.agreement.alternative_annotator import EPSILON
    from shared.insights.agreement.validation import ValidationInputs

    if options.drift:
        _refuse_strangers(options.drift, ratings)
    return ValidationInputs(
        primary=_primary(options.insights) if options.insights else None,
        invariants=_invariants(screen) if options.invariants else None,
        drift=options.drift,
        anchors=_anchors(options.anchors) if options.anchors else None,
        ablation=_ablation(options.ablation, ratings) if options.ablation else None,
        epsilon=EPSILON if options.epsilon is None else options.epsilon,
    )


def _refuse_strangers(raters: tuple[str, str], ratings: "Ratings") -> None:
    for rater in raters:
        if rater not in ratings.raters:
            names = ", ".join(ratings.raters)
            raise UserError(f"--drift: there is no rater {rater}; there are: {names}.", WRONG_USE)


def _ablation(condition: str, ratings: "Ratings") -> str:
    """The condition, if raters without it and with it exist. Raises UserError."""
    from shared.insights.agreement.ablation import LEVELS, pairs

    if condition not in LEVELS:
        raise UserError(f"--ablation {condition}: give one of {', '.join(LEVELS)}.", WRONG_USE)
    if not pairs(ratings, condition):
        raise UserError(
            f"--ablation {condition}: nobody rated both without and with it. Rate the same videos "
            f"twice: tta rate … --rater gemini, and tta rate … --rater gemini --{condition}"
        )
    return condition


def _primary(path: Path) -> Any:
    """Read the primary effect of an insights document. Raises UserError."""
    from shared.insights.agreement.ladder import PrimaryEffect

    try:
        document = json.loads(path.read_bytes())
        if document["primary"] is None:
            raise UserError(f"--insights {path}: its plan declares no primary.")
        return PrimaryEffect.of(document["primary"], bool(document["synthetic"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"--insights {path}: this is not a result of `tta insights`.") from error


def _invariants(screen: Screen) -> Any:
    from shared.insights.statistics.estimate import Estimate
    from shared.rating.signals.invariants import check_invariants

    results = check_invariants(screen.now)
    for result in results:
        if not result.holds:
            screen.say(f"Invariant broken: {result.sentence} ({result.measured})")
    share = sum(result.holds for result in results) / len(results)
    return Estimate(share, share, share, len(results))


def _anchors(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"--anchors {path}: it is not UTF-8.", WRONG_USE) from error
    ids = frozenset(line.strip() for line in lines if line.strip())
    if not ids:
        raise UserError(f"--anchors {path}: it names no video.", WRONG_USE)
    return ids


def refuse_drift(validation: "Validation") -> None:
    """Raises UserError unless every gated dimension passes."""
    held_back = [gated for gated in validation.drift if gated.verdict != "pass"]
    if held_back:
        listing = ", ".join(f"{gated.dimension} ({gated.verdict})" for gated in held_back)
        raise UserError(f"The new rater does not pass the gate: {listing}.")
