"""Use case: ask Gemini about the frozen clips once a day, and compare with the first answers.

A model may change without notice: another version behind the same name, other sampling, slower
answers. The clips are asked under the condition that rates videos, and paid from the same budget.
Answers are stored like all others, so a second run on the same day pays nothing.

canary/gemini/clips/{video_id}.mp4              the clips that Vertex AI reads
canary/gemini/{config_hash}/baseline.json       the first day's answers under this condition
canary/gemini/{config_hash}/{day}.json          each day's answers and verdict
canary/gemini/latest.json                       the newest verdict of any condition
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
    compare_sittings,
)
from shared.rating.rater import Rater
from shared.storage.lake import Lake
from shared.storage.lease import Lease

log = logging.getLogger(__name__)

FOLDER = "canary/gemini/"
LATEST = f"{FOLDER}latest.json"

MOST_OF_THE_DAY = 0.1
"""Largest share of the day's budget for the clips. Corrections may double it."""


class CanaryVerdict(Checked):
    """The result of one day. `ok` is None when the run was put off, and `put_off` says why.

    `is_baseline` marks the first day of a condition; later days are compared with it.
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
    """Ask about every clip, compare, and store the verdict. A second run that day pays nothing.

    Returns None when the deployed rater is not Gemini. Raises LeaseHeld while another delivery
    runs, and Transient; answers so far are stored, and the next run continues from them.
    """
    if not isinstance(rater, GeminiRater):
        return None
    day = app.clock().date()
    _log_model_end(rater, day)
    name = verdict_name(rater.config_hash, day)
    with app.lease.acquire(f"{name}.claim", delivery):
        content = app.lake.read(name)
        if content is not None:
            return parse(CanaryVerdict, content, name)
        verdict = _verdict(rater, app.lake, day)
        app.lake.put(LATEST, verdict.to_json())
        if verdict.sitting is not None:
            app.lake.write_once(name, verdict.to_json())
    _log(verdict)
    return verdict


def verdict_name(config_hash: str, day: date) -> str:
    return f"{FOLDER}{config_hash}/{day.isoformat()}.json"


def most_usd(under: GeminiCondition, prices: Prices, on: date) -> float | None:
    """The most that the clips are expected to cost; None for a model without a price."""
    costs = [expected_usd(clip.clip(), under, prices, on) for clip in frozen_clips()]
    priced = [cost for cost in costs if cost is not None]
    return sum(priced) if len(priced) == len(costs) else None


def _verdict(rater: GeminiRater, lake: Lake, day: date) -> CanaryVerdict:
    fields: dict[str, Any] = {"day": day.isoformat(), "rater": rater.name}
    fields["config_hash"] = rater.config_hash
    if problem := _budget_problem(rater, day):
        return CanaryVerdict(**fields, ok=None, put_off=problem)
    try:
        answers = tuple(_clip_answer(clip, rater, lake, day) for clip in frozen_clips())
    except OverBudget as over:
        return CanaryVerdict(**fields, ok=None, put_off=over.sentence)
    except (Misconfigured, Permanent) as error:
        sentence = str(getattr(error, "sentence", error))
        return CanaryVerdict(**fields, ok=False, findings=(Finding(kind="ask", sentence=sentence),))
    sitting = Sitting(day=day.isoformat(), answers=answers)
    costs = [answer.cost_usd for answer in answers if answer.cost_usd is not None]
    fields |= {
        "sitting": sitting,
        "model_versions": tuple(sitting.model_versions),
        "cost_usd": round(sum(costs), 9) if costs else None,
    }
    return _judged(fields, sitting, lake)


def _judged(fields: dict[str, Any], sitting: Sitting, lake: Lake) -> CanaryVerdict:
    """The verdict against the baseline. Without one this sitting becomes the baseline."""
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
    findings = compare_sittings(parse(Sitting, content, name), sitting)
    return CanaryVerdict(**fields, ok=not findings, findings=findings)


def _clip_answer(clip: FrozenClip, rater: GeminiRater, lake: Lake, day: date) -> ClipAnswer:
    """One clip's answer. The day's number is the replicate, so each day asks again."""
    media = clip.media(lake, rater.name, rater.config_hash, day.toordinal())
    return clip_answer(clip.name, rater.rate(media))


def _budget_problem(rater: GeminiRater, day: date) -> str | None:
    """Why the day's budget is too small for the clips; None when it is enough."""
    budget, count = rater.budget, len(frozen_clips())
    if budget.videos is not None and count > MOST_OF_THE_DAY * budget.videos:
        return f"{count} clips are more than a tenth of the day's {budget.videos} videos"
    cost = most_usd(rater.under, rater.prices, day) or 0.0
    if budget.usd is not None and cost > MOST_OF_THE_DAY * budget.usd:
        return f"the clips may cost {cost:.3f} USD, more than a tenth of the day's {budget.usd:g}"
    return None


def _log_model_end(rater: GeminiRater, day: date) -> None:
    """Log one line a day in the last 60 days of the model; an alert reads it."""
    outlook = outlook_of(rater.under.settings, day)
    if outlook.state != "served":
        extra = {"model": outlook.model, "state": outlook.state, "todo": outlook.todo}
        log.warning("model ends", extra={**extra, "why": outlook.sentence})


def _log(verdict: CanaryVerdict) -> None:
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
