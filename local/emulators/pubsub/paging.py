"""Lists in pages: a token is the last name already given, so pages survive changes between."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from local.emulators.pubsub.errors import InvalidArgument

MAX_PAGE = 1000

Item = TypeVar("Item")


def page(
    items: Sequence[Item], name: Callable[[Item], str], size: int, token: str
) -> tuple[list[Item], str]:
    """The page of `items` (sorted by name) after `token`, and the next token or ''."""
    if size < 0:
        raise InvalidArgument(f"Invalid page size: {size}.")
    after = _read(token)
    rest = [item for item in items if name(item) > after]
    shown = rest[: min(size or MAX_PAGE, MAX_PAGE)]
    more = len(rest) > len(shown)
    return shown, base64.urlsafe_b64encode(name(shown[-1]).encode()).decode() if more else ""


def _read(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidArgument("Invalid page token.") from error
