"""How far one job's worth of a batch has come: an object in the lake, written over by generation.

batches/{batch_id}/plan-00000.jsonl    what is wanted, a line each
batches/{batch_id}/input-00000.jsonl   the questions, which Vertex AI reads
batches/{batch_id}/job-00000.json      how far it is: this module
batches/{batch_id}/output-00000/…      what Vertex AI writes
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

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
    """What the output of a job said of its requests."""

    model_config = ConfigDict(frozen=True)

    answered: int = 0
    failed: int = 0
    missing: int = 0
    malformed: int = 0
    unknown: int = 0
    schema_refused: int = 0
    messages: dict[str, int] = {}


class Part(BaseModel):
    """One job of a batch. `tried_at` is when it was last about to be made, `tried_by` by whom.

    `schema_in_words`: its questions tell the response schema in words.
    """

    model_config = ConfigDict(frozen=True)

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
    found: BatchCounts | None = None

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
        """The job's name to Vertex AI: whoever made it, it is found by this name again."""
        return f"tta-backfill-{self.batch_id}-{self.number:05d}"

    @property
    def is_open(self) -> bool:
        return self.step != "rated"

    def is_at(self, step: Step) -> bool:
        """Whether it has come so far, or farther."""
        return _STEPS.index(self.step) >= _STEPS.index(step)


def read_part(lake: Lake, name: str) -> tuple[Part, int] | None:
    """The part and its object's generation, or None. Raises Misconfigured for what is no part."""
    content, generation = lake.read_with_generation(name)
    if content is None:
        return None
    try:
        return parse(Part, content, "state of a batch job"), generation
    except Malformed as error:
        raise Misconfigured(
            f"{name}: {error.sentence}. Guessing could pay a job twice: mend it, or delete it to "
            "give its job up"
        ) from error


def create_part(lake: Lake, part: Part) -> Part:
    """Write a new part, or find that it has been written."""
    lake.write_once(part.state_name, _content(part))
    return update_part(lake, part, lambda standing: None)


def update_part(lake: Lake, part: Part, change: Callable[[Part], dict[str, Any] | None]) -> Part:
    """Change a part as it stands now, not as it was read; None changes nothing.

    `change` is called again when another process wrote meanwhile.
    """
    while True:
        standing = read_part(lake, part.state_name)
        if standing is None:
            raise Misconfigured(f"{part.state_name} was deleted while its job was worked on")
        changes = change(standing[0])
        if changes is None:
            return standing[0]
        changed = standing[0].model_copy(update=changes)
        try:
            lake.replace(part.state_name, _content(changed), standing[1])
        except Superseded:
            continue
        return changed


def open_parts(lake: Lake, under: GeminiCondition) -> Iterator[Part]:
    """The parts of this rater that are not done with, in the order of their names."""
    return (part for part in parts_of(lake, under) if part.is_open)


def schema_was_refused(lake: Lake, under: GeminiCondition) -> bool:
    """Whether a job of this rater was told that its response schema cannot be served."""
    return any(part.found and part.found.schema_refused for part in parts_of(lake, under))


def parts_of(lake: Lake, under: GeminiCondition) -> Iterator[Part]:
    """All parts of this rater, in the order of their names."""
    names = (name for name in lake.names(BATCHES) if _JOB_NAME.fullmatch(name))
    for standing in in_order(lambda name: read_part(lake, name), names):
        if standing and (standing[0].rater, standing[0].config_hash) == (
            under.name,
            under.config_hash,
        ):
            yield standing[0]


def _content(part: Part) -> bytes:
    return canonical_json(part.model_dump(mode="json", exclude_none=True)).encode()
