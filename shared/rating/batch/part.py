"""The state of one job of a batch: an object in the lake, replaced under its generation.

batches/{batch_id}/plan-00000.jsonl    the requests, one per line
batches/{batch_id}/input-00000.jsonl   the questions that Vertex AI reads
batches/{batch_id}/job-00000.json      the state: this module
batches/{batch_id}/output-00000/…      the answers that Vertex AI writes
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.concurrency import in_order
from shared.errors import Misconfigured
from shared.model import Malformed, canonical_json, parse
from shared.rating.gemini.question import GeminiCondition
from shared.storage.lake import Lake, Superseded

BATCHES = "batches/"

Step = Literal["planned", "submitting", "submitted", "collected", "rated"]
_STEPS: tuple[Step, ...] = ("planned", "submitting", "submitted", "collected", "rated")
_JOB_NAME = re.compile(rf"{BATCHES}[0-9a-f]+/job-[0-9]{{5}}\.json")


class BatchCounts(BaseModel):
    """How the requests of a job ended, counted from its output."""

    model_config = ConfigDict(frozen=True)

    answered: int = 0
    failed: int = 0
    missing: int = 0
    malformed: int = 0
    unknown: int = 0
    schema_refused: int = 0
    messages: dict[str, int] = {}


class Part(BaseModel):
    """One job of a batch.

    `tried_at` and `tried_by` say when and by which process the job was last about to be created.
    `schema_in_words`: the questions describe the response schema in words.
    """

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    batch_id: str
    number: int
    rater: str
    config_hash: str
    requests: int
    input_bytes: int
    schema_in_words: bool = False
    step: Step = "planned"
    tried_at: AwareDatetime | None = None
    tried_by: str | None = None
    job: str | None = None
    job_state: str | None = None
    problem: str = ""
    counts: BatchCounts | None = Field(default=None, alias="found")

    @property
    def _folder(self) -> str:
        return f"{BATCHES}{self.batch_id}"

    @property
    def plan_name(self) -> str:
        return f"{self._folder}/plan-{self.number:05d}.jsonl"

    @property
    def input_name(self) -> str:
        return f"{self._folder}/input-{self.number:05d}.jsonl"

    @property
    def state_name(self) -> str:
        return f"{self._folder}/job-{self.number:05d}.json"

    @property
    def output_prefix(self) -> str:
        return f"{self._folder}/output-{self.number:05d}/"

    @property
    def display_name(self) -> str:
        """The job's name in Vertex AI. Any process finds the job by it."""
        return f"tta-backfill-{self.batch_id}-{self.number:05d}"

    @property
    def is_open(self) -> bool:
        return self.step != "rated"

    def is_at(self, step: Step) -> bool:
        """Whether the part has reached this step or a later one."""
        return _STEPS.index(self.step) >= _STEPS.index(step)


def read_part(lake: Lake, name: str) -> tuple[Part, int] | None:
    """The part and its object's generation, or None. Raises Misconfigured for a broken object."""
    content, generation = lake.read_with_generation(name)
    if content is None:
        return None
    try:
        return parse(Part, content, "state of a batch job"), generation
    except Malformed as error:
        raise Misconfigured(
            f"{name}: {error.sentence}. Guessing could pay for a job twice. Repair the object, or "
            "delete it to give up its job"
        ) from error


def create_part(lake: Lake, part: Part) -> Part:
    """Write a new part, or return the one that exists."""
    lake.write_once(part.state_name, _content(part))
    return update_part(lake, part, lambda current: None)


def update_part(lake: Lake, part: Part, change: Callable[[Part], dict[str, Any] | None]) -> Part:
    """Change the stored part; `change` gets its current state and returns None to change nothing.

    `change` is called again when another process wrote in between.
    """
    while True:
        stored = read_part(lake, part.state_name)
        if stored is None:
            raise Misconfigured(f"{part.state_name} was deleted while its job was worked on")
        current, generation = stored
        changes = change(current)
        if changes is None:
            return current
        changed = current.model_copy(update=changes)
        try:
            lake.replace(part.state_name, _content(changed), generation)
        except Superseded:
            continue
        return changed


def open_parts(lake: Lake, condition: GeminiCondition) -> Iterator[Part]:
    """The unfinished parts of this rater, then those that it began under earlier rubrics."""
    for asked_under in (condition, *condition.earlier):
        yield from (part for part in parts_of(lake, asked_under) if part.is_open)


def condition_of(part: Part, condition: GeminiCondition) -> GeminiCondition:
    """The condition that a part was asked under: this one, or it under an earlier rubric."""
    return next((it for it in condition.earlier if it.name == part.rater), condition)


def schema_was_refused(lake: Lake, condition: GeminiCondition) -> bool:
    """Whether Gemini refused the response schema in a job of this rater."""
    return any(part.counts and part.counts.schema_refused for part in parts_of(lake, condition))


def parts_of(lake: Lake, condition: GeminiCondition) -> Iterator[Part]:
    """All parts of this rater, in the order of their names."""
    names = (name for name in lake.names(BATCHES) if _JOB_NAME.fullmatch(name))
    for stored in in_order(lambda name: read_part(lake, name), names):
        if stored and (stored[0].rater, stored[0].config_hash) == (
            condition.name,
            condition.config_hash,
        ):
            yield stored[0]


def _content(part: Part) -> bytes:
    return canonical_json(part.model_dump(mode="json", exclude_none=True, by_alias=True)).encode()
