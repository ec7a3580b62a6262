"""Own files without an id in their name. The id follows from the content, so the file is read."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from shared.model import content_id, id_in_name
from shared.privacy.redaction import Redaction
from shared.storage.lake import Gone, Lake
from shared.storage.layout import VIDEOS

_GENERATION = re.compile(r"[0-9]{1,18}")

_IN_MESSAGES = (
    ("attributes", "objectId", "objectGeneration"),
    ("upload", "name", "generation"),
)
"""Where a kept message says which file it is about: of a parked one, and of a failed one."""


def is_erased_file(name: str, generation: int, lake: Lake, redaction: Redaction) -> bool:
    """Whether a file without an id in its name was rated under the erased id of its content."""
    if not name.startswith(VIDEOS) or id_in_name(PurePosixPath(name).stem):
        return False
    try:
        return redaction.erased.has_video(_id_of_content(lake, name, generation))
    except Gone:
        return False


def asks_for_erased_file(message: Mapping[str, Any], lake: Lake, redaction: Redaction) -> bool:
    """Whether a kept message is about such a file, which is still there."""
    for name, generation in _files_in(message):
        if is_erased_file(name, generation, lake, redaction):
            redaction.note("name", name)
            return True
    return False


def _files_in(message: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for part, name_field, generation_field in _IN_MESSAGES:
        fields = message.get(part)
        if isinstance(fields, dict):
            generation = str(fields.get(generation_field))
            if _GENERATION.fullmatch(generation):
                yield str(fields.get(name_field)), int(generation)


@lru_cache(maxsize=50_000)
def _id_of_content(lake: Lake, name: str, generation: int) -> str:
    """Cached: several messages may ask for one file. A generation never changes."""
    return content_id(lake.sha256(name, generation))
