"""Records of the lake that say whose a video is and which names a creator has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.inputs.handles import handle
from shared.model import Creator, Record, parse_record
from shared.storage.lake import Lake

METADATA = "metadata/"
STATES = "state/"
_LISTINGS = (METADATA, "raw/upload/")


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """A video, and the names of its creator as they are compared.

    `account` has the names of the creator section: its id and its username.
    """

    video_id: str
    names: frozenset[str]
    account: frozenset[str]

    @classmethod
    def of(cls, record: Record) -> "ListedVideo":
        account = _names_of(record.creator) if record.creator else frozenset()
        creator_id = record.video and record.video.creator_id
        owner = frozenset([handle(creator_id)]) if creator_id else frozenset()
        return cls(record.video_id, owner | account, account)


class _State(BaseModel):
    """The part of a collection's state with posts that are not in any other object yet."""

    model_config = ConfigDict(defer_build=True)

    outbox: tuple[Record, ...] = ()


def all_listings(lake: Lake) -> Iterator[ListedVideo]:
    """The listings in the lake, and those that a killed fetch left in its state."""
    for prefix in _LISTINGS:
        yield from listings_in(lake, lake.names(prefix))
    yield from outboxes(lake)


def listings_in(lake: Lake, names: Iterable[str]) -> Iterator[ListedVideo]:
    """The listings of these objects. Those that are gone or unreadable are left out."""
    for content in in_order(lake.read, names):
        record = _record(content)
        if record is not None:
            yield ListedVideo.of(record)


def outboxes(lake: Lake) -> Iterator[ListedVideo]:
    """The listings that a killed fetch left in the states of collections."""
    yield from map(ListedVideo.of, outbox_records(lake))


def outbox_records(lake: Lake) -> Iterator[Record]:
    """The posts that a killed fetch left in the states of collections."""
    for name in lake.names(STATES):
        if "/" not in name.removeprefix(STATES):  # deeper are ages, spending, quotas
            yield from _outbox(lake.read(name))


def _names_of(creator: Creator) -> frozenset[str]:
    return frozenset(handle(name) for name in (creator.creator_id, creator.username) if name)


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
