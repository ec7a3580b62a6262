"""Whom or what a JSON object is about, by its fields."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.inputs.formats.page_url import post_address
from shared.inputs.handles import written_handle
from shared.privacy.free_text import ACCOUNT_OBJECTS, is_account, is_address, is_video_id

IN_SECTIONS = ("data", "said", "video", "creator", "author", "request", "labels")
"""Parts of an object that say whom or what the object is about."""

Test = Callable[[str], bool]


def erased_subject(
    value: Mapping[str, Any], has_video: Test, has_creator: Test
) -> tuple[str, str] | None:
    """The field that says that the object is about an erased video or creator, and its text."""
    return next(_subjects(value, has_video, has_creator), None)


def names_in_address(cell: Any, has_video: Test, has_creator: Test) -> bool:
    """Whether a cell is the address of a post that is erased, or whose account is."""
    address = post_address(cell)
    if address is None:
        return False
    return has_video(address.video_id) or has_creator(address.handle or "")


def names_account(cell: str, has_creator: Test) -> bool:
    """Whether a cell of an account is erased, as it stands or as lists of videos read it."""
    return has_creator(cell) or has_creator(written_handle(cell))


def _subjects(
    value: Mapping[str, Any], has_video: Test, has_creator: Test
) -> Iterator[tuple[str, str]]:
    for name, inside in value.items():
        if is_video_id(name) or (name == "video" and isinstance(inside, str)):
            if has_video(str(inside)):
                yield name, str(inside)
        elif is_account(name):
            if isinstance(inside, str) and names_account(inside, has_creator):
                yield name, inside
        elif is_address(name) and names_in_address(inside, has_video, has_creator):
            yield name, str(inside)
        if not isinstance(inside, dict):
            continue
        if name in ACCOUNT_OBJECTS and has_creator(str(inside.get(ACCOUNT_OBJECTS[name], ""))):
            yield name, str(inside[ACCOUNT_OBJECTS[name]])
        if name in IN_SECTIONS:
            yield from _subjects(inside, has_video, has_creator)
    yield from _conditions(value, has_creator)


def _conditions(value: Mapping[str, Any], has_creator: Test) -> Iterator[tuple[str, str]]:
    """Erased usernames that a condition of a Research API query asks for."""
    names = value.get("field_values")
    if value.get("field_name") != "username" or not isinstance(names, list):
        return
    for name in names:
        if isinstance(name, str) and has_creator(name):
            yield "username", name
