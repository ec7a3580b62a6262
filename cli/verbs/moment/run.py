"""One run of `tta moment`: read curves and moments, estimate, write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent, refuse_target, write
from cli.verbs.moment.inputs import (
    CurveFiles,
    MomentInputs,
    VideoChoice,
    file_inputs,
    stored_inputs,
)
from local.endpoints import LOCAL
from shared.concurrency import in_one_thread

if TYPE_CHECKING:
    from shared.inputs.tables.notation import Notation
    from shared.insights.moment.options import MomentOptions
    from shared.insights.moment.result import MomentResult


@dataclass(frozen=True, slots=True)
class MomentRun:
    """The options of `tta moment`. `estimate` are those of the estimate itself."""

    estimate: "MomentOptions"
    curves: Path | None = None
    table: Path | None = None
    account: str | None = None
    stated: "Notation | None" = None
    synthetic: bool = False
    out: Path | None = None
    target: str = LOCAL
    home: Path | None = None

    def refuse(self) -> None:
        """Check the options before any work. Raises UserError."""
        if self.curves is not None and self.target != LOCAL:
            raise UserError("--curves and --target: give only one of them.", WRONG_USE)
        if self.table is not None and self.curves is None:
            raise UserError("--table is about files: give --curves FILE, too.", WRONG_USE)
        refuse_absent("--curves", self.curves)
        refuse_absent("--table", self.table)
        refuse_target(self.out, (self.curves, self.table))


@dataclass(frozen=True, slots=True)
class MomentOutcome:
    """The result, what it was estimated from, and the JSON text that is written."""

    result: "MomentResult"
    inputs: MomentInputs
    text: str


def run_moment(options: MomentRun, screen: Screen) -> MomentOutcome:
    """Read, estimate and write. Raises UserError about options, files and curves."""
    options.refuse()
    in_one_thread()
    from shared.canonical import json_text
    from shared.inputs.tables.errors import BadTable
    from shared.insights.moment.moment import moment

    try:
        with screen.working("Reading curves …"):
            inputs = _inputs(options, screen)
        with screen.working("Comparing seconds …"):
            result = moment(inputs.curves, replace(options.estimate, onset_pairs=inputs.pairs))
    except BadTable as error:
        raise UserError(error.sentence) from error
    more = {"set_aside": inputs.kind.document(), "curves_unread": inputs.unread}
    outcome = MomentOutcome(result, inputs, json_text(result.document() | more))
    if options.out is not None:
        write(options.out, outcome.text)
        screen.say(f"Written to {options.out}.")
    return outcome


def _inputs(options: MomentRun, screen: Screen) -> MomentInputs:
    event, choice = options.estimate.event, VideoChoice(options.account, options.synthetic)
    if options.curves is not None:
        files = CurveFiles(options.curves, options.table or options.curves, options.stated)
        return file_inputs(files, event, choice, screen)
    from cli.cloud import open_cloud
    from local.cloud import QUERY

    with open_cloud(options.home, screen, QUERY, target=options.target) as endpoints:
        return stored_inputs(endpoints, event, choice)
