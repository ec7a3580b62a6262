"""Records of the lake that say whose a video is and which names a creator has."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.model import Record, parse_record
from shared.storage.lake import Lake, LakeObject

METADATA = "metadata/"
STATES = "state/"
_LISTINGS = (METADATA, "raw/upload/")


class _State(BaseModel):
    """The part of a collection's state with posts that are not in any other object yet."""

    model_config = ConfigDict(defer_build=True)

    outbox: tuple[Record, ...] = ()


def listings(lake: Lake) -> Iterator[Record]:
    """The listings in the lake, and those that a killed fetch left in its state."""

    def record_of(entry: LakeObject) -> Record | None:
        return _record(lake.read(entry.name))

    for prefix in _LISTINGS:
        for record in in_order(record_of, lake.entries(prefix)):
            if record is not None:
                yield record
    for entry in lake.entries(STATES):
        if "/" not in entry.name.removeprefix(STATES):  # deeper are ages, spending, quotas
            yield from _outbox(lake.read(entry.name))


def _record(content: bytes | None) -> Record | None:
    try:
        return None if content is None else parse_record(content)
    except Permanent:
        return None


def _outbox(content: bytes | None) -> tuple[Record, ...]:
    try:
        return _State.model_validate_json(content or b"{}").outbox
    except ValidationError:
        return ()
