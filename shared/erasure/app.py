"""What an erasure is asked for, and everything that it may touch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.erasure.rows import WarehouseRows
from shared.errors import Permanent
from shared.privacy.tombstones import Tombstones
from shared.progress import OnProgress, no_progress
from shared.storage.lake import Lake

SHORT_HANDLER_S = 2.0
"""How long a handler may still run on a laptop, where an erasure waits for the end of traffic."""

MOST_OBJECTS = 20_000
"""A lake of so many objects is read whole. Of a larger one only what the tables point at."""


class CannotErase(Permanent):
    """An erasure is refused. The sentence says what to do."""

    def __init__(self, sentence: str):
        super().__init__("cannot_erase", sentence)


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What a person asks for. A creator includes all of the creator's videos."""

    videos: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class ErasureApp:
    """Everything an erasure may touch. `pseudonym` turns a name into its pseudonym.

    `handler_s` is how many seconds a handler may run with the tombstones that it began with. With
    `everything`, every object is read, and else in lakes of at most `most_objects`.
    """

    lake: Lake
    rows: WarehouseRows
    tombstones: Tombstones
    pseudonym: Callable[[str], str]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    on_progress: OnProgress = no_progress
    handler_s: float = SHORT_HANDLER_S
    everything: bool = False
    most_objects: int = MOST_OBJECTS
