"""Folders of the lake, found without a listing of what is in them.

A listing of one object names the first folder, and the next listing begins behind that folder. A
listing with a delimiter would page through every object that lies in no folder.
"""

from collections.abc import Iterator

from shared.storage.lake import Lake


def folders(lake: Lake, prefix: str = "", passed_over: str | None = None) -> Iterator[str]:
    """Folders right under a prefix, and names of objects there that are in no folder; in order.

    Of objects whose name begins with `passed_over` only the first is named, so that a million of
    them cost one request.
    """
    after = ""
    while entry := next(lake.entries(prefix, after, page_size=1), None):
        name, slash, _ = entry.name.removeprefix(prefix).partition("/")
        yield f"{prefix}{name}{slash}"
        if slash:
            after = behind(f"{prefix}{name}/")
        elif passed_over and entry.name.startswith(passed_over):
            after = f"{passed_over}~"  # behind all characters of a quoted name
        else:
            after = entry.name


def behind(folder: str) -> str:
    """A name behind all names of a folder, and before those of the next: `0` comes after `/`."""
    return folder.removesuffix("/") + "0"
