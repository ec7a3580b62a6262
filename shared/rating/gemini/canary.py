"""Use case: ask Gemini about the frozen clips once a day, and compare with what it said first.

A model changes without telling: another version behind the same name, other sampling, slower
answers. The clips are asked under the very condition that rates videos, and paid from the same
day's budget. What was answered is kept like every answer, so a second run of the day pays nothing.

canary/gemini/clips/{video_id}.mp4              the clips, where Vertex AI reads them
canary/gemini/{config_hash}/baseline.json       the first day's answers under this condition
canary/gemini/{config_hash}/{day}.json          each day's answers and verdict
canary/gemini/latest.json                       the newest verdict, whatever the condition
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.errors import Misconfigured, Permanent
from shared.inputs.field_types import Checked, Text, Word
from shared.model import parse
from shared.rating.budget import OverBudget
from shared.rating.gemini.canary_clips import FrozenClip, frozen_clips
from shared.rating.gemini.estimate import expected_usd
from shared.rating.gemini.models import outlook_of
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.rater import GeminiRater
from shared.rating.gemini.stability import (
    FEWEST_CLIPS,
    ClipAnswer,
    Finding,
    Sitting,
    clip_answer,
    compared,
)
from shared.rating.rater import Rater
from shared.storage.lake import Lake
from shared.storage.lease import Lease

log = logging.getLogger(__name__)

FOLDER = "canary/gemini/"
LATEST = f"{FOLDER}latest.json"

MOST_OF_THE_DAY = 0.1
"""The share of the day's budget that the clips may take. A correction may double it."""


class CanaryVerdict(Checked):
    """What came of one day. `ok` None: it was put off, and `put_off` says why.

    `is_baseline` marks the first day of a condition, with which later ones are compared.
    """

    day: Word
    rater: Word
    config_hash: Word
    ok: bool | None
    is_baseline: bool = False
    put_off: Text | None = None
    findings: tuple[Finding, ...] = ()
    model_versions: tuple[Word, ...] = ()
    cost_usd: float | None = None
    sitting: Sitting | None = None

    @property
    def why(self) -> str:
        return self.put_off or "; ".join(finding.sentence for finding in self.findings)

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


@dataclass(frozen=True, slots=True)
class CanaryApp:
    """Everything a run may touch outside its own arguments."""

    lake: Lake
    lease: Lease
    clock: Callable[[], datetime]


def canary(rater: Rater | None, app: CanaryApp, delivery: str) -> CanaryVerdict | None:
    """Ask about every clip, compare, and keep the verdict. Once a day; again, it pays nothing.

    None where another rater than Gemini is deployed. Raises LeaseHeld while another delivery asks,
    and Transient: what was answered is kept, and the next run goes on from there.
    """
    if not isinstance(rater, GeminiRater):
        return None
    day = app.clock().date()
    _tell_an_end(rater, day)
    name = verdict_name(rater.config_hash, day)
    with app.lease.acquire(f"{name}.claim", delivery):
        content = app.lake.read(name)
        if content is not None:
            return parse(CanaryVerdict, content, name)
        verdict = _verdict(rater, app.lake, day)
        app.lake.put(LATEST, verdict.to_json())
        if verdict.sitting is not None:
            app.lake.write_once(name, verdict.to_json())
    _tell(verdict)
    return verdict


def verdict_name(config_hash: str, day: date) -> str:
    return f"{FOLDER}{config_hash}/{day.isoformat()}.json"


def most_usd(under: GeminiCondition, prices: Prices, on: date) -> float | None:
    """What the clips are expected to cost at most; None for a model without a price."""
    costs = [expected_usd(it.clip(), under, prices, on) for it in frozen_clips()]
    priced = [cost for cost in costs if cost is not None]
    return sum(priced) if len(priced) == len(costs) else None


def _verdict(rater: GeminiRater, lake: Lake, day: date) -> CanaryVerdict:
    fields: dict[str, Any] = {"day": day.isoformat(), "rater": rater.name}
    fields["config_hash"] = rater.config_hash
    if too_much := _too_much(rater, day):
        return CanaryVerdict(**fields, ok=None, put_off=too_much)
    try:
        answers = tuple(_clip_answer(it, rater, lake, day) for it in frozen_clips())
    except OverBudget as over:
        return CanaryVerdict(**fields, ok=None, put_off=over.sentence)
    except (Misconfigured, Permanent) as error:
        sentence = str(getattr(error, "sentence", error))
        return CanaryVerdict(**fields, ok=False, findings=(Finding(kind="ask", sentence=sentence),))
    sitting = Sitting(day=day.isoformat(), answers=answers)
    costs = [it.cost_usd for it in answers if it.cost_usd is not None]
    fields |= {
        "sitting": sitting,
        "model_versions": tuple(sitting.model_versions),
        "cost_usd": round(sum(costs), 9) if costs else None,
    }
    return _judged(fields, sitting, lake)


def _judged(fields: dict[str, Any], sitting: Sitting, lake: Lake) -> CanaryVerdict:
    """The verdict beside the baseline, which this sitting becomes when there is none."""
    name = f"{FOLDER}{fields['config_hash']}/baseline.json"
    content = lake.read(name)
    if content is None and len(sitting.rated) < FEWEST_CLIPS:
        sentence = f"only {len(sitting.rated)} of {len(sitting.answers)} clips could be rated"
        return CanaryVerdict(
            **fields, ok=False, findings=(Finding(kind="status", sentence=sentence),)
        )
    if content is None:
        lake.write_once(name, sitting.model_dump_json(exclude_none=True).encode())
        return CanaryVerdict(**fields, ok=True, is_baseline=True)
    findings = compared(parse(Sitting, content, name), sitting)
    return CanaryVerdict(**fields, ok=not findings, findings=findings)


def _clip_answer(it: FrozenClip, rater: GeminiRater, lake: Lake, day: date) -> ClipAnswer:
    """One clip's answer of the day: the day's number is the replicate, so each day asks anew."""
    media = it.media(lake, rater.name, rater.config_hash, day.toordinal())
    return clip_answer(it.name, rater.rate(media))


def _too_much(rater: GeminiRater, day: date) -> str | None:
    """Why the day's budget is too small for the clips, if it is."""
    budget, count = rater.budget, len(frozen_clips())
    if budget.videos is not None and count > MOST_OF_THE_DAY * budget.videos:
        return f"{count} clips are more than a tenth of the day's {budget.videos} videos"
    cost = most_usd(rater.under, rater.prices, day) or 0.0
    if budget.usd is not None and cost > MOST_OF_THE_DAY * budget.usd:
        return f"the clips may cost {cost:.3f} USD, more than a tenth of the day's {budget.usd:g}"
    return None


def _tell_an_end(rater: GeminiRater, day: date) -> None:
    """A line a day from 60 days before the model's end on; an alert waits for it."""
    outlook = outlook_of(rater.under.settings, day)
    if outlook.state != "served":
        extra = {"model": outlook.model, "state": outlook.state, "todo": outlook.todo}
        log.warning("model ends", extra={**extra, "why": outlook.sentence})


def _tell(verdict: CanaryVerdict) -> None:
    extra = {
        "rater": verdict.rater,
        "day": verdict.day,
        "model_versions": ",".join(verdict.model_versions),
        "cost_usd": verdict.cost_usd,
        "why": verdict.why,
    }
    if verdict.ok is None:
        log.warning("gemini canary put off", extra=extra)
    elif verdict.ok:
        log.info("gemini canary sang", extra=extra)
    else:
        log.error("gemini canary broke", extra=extra)
