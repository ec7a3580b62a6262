"""Where a verb keeps the ledger: in the lake, or in TTA_HOME for tables that are files."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from local.endpoints import Endpoints
from local.home import Home, make_private, private_files
from shared.errors import Misconfigured, Transient

if TYPE_CHECKING:
    from shared.insights.ledger.ledger import PlanHistory
    from shared.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class LedgerFolder:
    """A folder that keeps the promises of a lake's `names`, `read` and `write_once`."""

    root: Path

    @classmethod
    def in_home(cls, home: Path | None) -> "LedgerFolder":
        return cls(Home.at(home).root)

    def names(self, prefix: str) -> Iterator[str]:
        paths = sorted((self.root / prefix).rglob("*.json"))
        yield from (path.relative_to(self.root).as_posix() for path in paths)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write_once(self, name: str, content: bytes) -> bool:
        """Create a file; False when it exists. A reader sees it whole or not at all."""
        path = self.root / name
        make_private(self.root)
        with private_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
            unfinished.write_bytes(content)
            return _linked(unfinished, path)


def _linked(unfinished: Path, path: Path) -> bool:
    """Give a file its name, and only that; False when the name exists already."""
    try:
        os.link(unfinished, path)  # atomic, and it never replaces a file
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def lake_of(endpoints: Endpoints) -> "Lake":
    from shared.storage.lake import Lake

    return Lake.connect(endpoints.project, endpoints.bucket)


def announce(remember: Callable[[], "PlanHistory"], screen: Screen) -> "PlanHistory | None":
    """Say what the ledger knows, and return it. None if it cannot be used: no answer needs it."""
    from google.api_core.exceptions import GoogleAPICallError

    try:
        history = remember()
    except (OSError, Transient, Misconfigured, GoogleAPICallError) as error:
        screen.say(f"The ledger cannot be used, so earlier plans are not counted: {error}")
        return None
    for sentence in history.sentences:
        screen.say(sentence)
    return history
