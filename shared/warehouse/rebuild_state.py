"""The state of a rebuild in the lake, which one process at a time may write."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from shared.errors import Misconfigured
from shared.inputs.field_types import Checked, Count, Instant, Text, Word
from shared.model import Malformed, parse
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name

STATE = state_name("_rebuild")  # names of collections begin with a letter or digit


class RebuildInProgress(Exception):
    """Another rebuild is at work. This one stops, and its work so far is kept."""


class RebuildState(Checked):
    """How far a rebuild is.

    `started_at` is the storage's time, and `cursor` is the last name whose rows are staged.
    `tombstones` is the generation of the tombstones when the rebuild began to read. `holder` is
    the process that wrote the state. A state of another version has no `method` or another one, and
    its rebuild starts over.
    """

    method: Literal["staged"]
    run: Word
    dataset: Word
    primary_raters: tuple[Word, ...]
    started_at: Instant | None = None
    tombstones: Count | None = None
    phase: Literal["filling", "merging", "swapping", "catching_up"] = "filling"
    cursor: Text = ""
    loaded: Count = 0
    malformed: Count = 0
    holder: Text = ""

    @classmethod
    def new(cls, dataset: str, primary_raters: Sequence[str]) -> "RebuildState":
        raters = tuple(primary_raters)
        return cls(method="staged", run=uuid.uuid4().hex, dataset=dataset, primary_raters=raters)

    def is_replacing(self, dataset: str) -> bool:
        """Whether tables of this dataset may be replaced already, but not all."""
        return self.dataset == dataset and self.phase in ("swapping", "catching_up")

    def is_resumable_by(self, other: "RebuildState") -> bool:
        same = (self.dataset, self.primary_raters) == (other.dataset, other.primary_raters)
        return same and self.started_at is not None


class StateFile:
    """The state as this process last read or wrote it. Nobody else may have written since.

    Two processes that resume one rebuild come to the same steps. The holder tells their states
    apart, so only one of them goes on.
    """

    def __init__(self, lake: Lake):
        self._lake = lake
        self._holder = uuid.uuid4().hex
        self._generation = 0

    def read(self) -> RebuildState | None:
        """The state of an unfinished rebuild of this version."""
        content, self._generation = self._lake.read_with_generation(STATE)
        try:
            return None if content is None else parse(RebuildState, content, STATE)
        except Malformed:
            return None

    def write(self, state: RebuildState, **changes: Any) -> RebuildState:
        """Write the state with changes. Raises RebuildInProgress when another one wrote it."""
        changed = state.model_copy(update=changes | {"holder": self._holder})
        content = changed.model_dump_json(exclude_none=True).encode()
        try:
            self._generation = self._lake.replace(STATE, content, self._generation)
        except Superseded as error:
            # Our own write may have succeeded although its response was lost: then the repetition
            # is refused, and the state has our content.
            stored_content, generation = self._lake.read_with_generation(STATE)
            if stored_content != content:
                raise RebuildInProgress("Another rebuild of these tables is at work.") from error
            self._generation = generation
        return changed

    def written_at(self) -> Any:
        """When the state was written, by the storage's clock. Raises RebuildInProgress."""
        marker = self._lake.stat(STATE)
        if marker is None:
            raise RebuildInProgress("Another rebuild has just ended.")
        return marker.updated

    @contextmanager
    def explained(self) -> Iterator[None]:
        """A block in which tables may be gone because another rebuild has taken the state.

        Raises RebuildInProgress then, in place of Misconfigured.
        """
        try:
            yield
        except Misconfigured as error:
            if self._lake.read_with_generation(STATE)[1] == self._generation:
                raise
            raise RebuildInProgress("Another rebuild of these tables is at work.") from error

    def delete(self) -> None:
        self._lake.delete(STATE, self._generation)
        self._generation = 0
