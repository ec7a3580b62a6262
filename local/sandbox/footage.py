"""The clips that every library shows, and what happens in each. They are committed.

`python -m scripts.demo_clips` rendered them. So no demo has to, and what a rater sees in a clip is
known beforehand.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from local.sandbox.library import RenderedClip

FOLDER = Path(__file__).with_name("clip_files")
LISTING = FOLDER / "clips.json"

_FILE_FIELDS = {field.name for field in fields(RenderedClip)} - {"file"}


@dataclass(frozen=True, slots=True)
class ShownMoment:
    """What is to be seen or heard, `at_s` seconds from the start."""

    at_s: float
    what: str


@dataclass(frozen=True, slots=True)
class LibraryClip:
    """One clip, and the truth about it.

    `event` names the break of the pattern, which begins at `onset_s`; both `nothing` and None where
    nothing breaks it. `unexpectedness` is 0 to 100.
    """

    rendered: RenderedClip
    scene: str
    subject: str
    event: str
    onset_s: float | None
    unexpectedness: int
    expectation: str
    violation: str | None
    evidence: tuple[ShownMoment, ...]

    @property
    def name(self) -> str:
        return self.rendered.name

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.mp4"


@cache
def footage() -> Mapping[str, LibraryClip]:
    """All clips by name. Those at the front are short, and cover the unusual cases."""
    entries = json.loads(LISTING.read_bytes())["clips"]
    return {entry["name"]: _footage(entry) for entry in entries}


def _footage(entry: dict) -> LibraryClip:
    file = {name: entry.pop(name) for name in _FILE_FIELDS}
    moments = tuple(ShownMoment(**moment) for moment in entry.pop("evidence"))
    rendered = RenderedClip(file=f"clips/{file['name']}.mp4", **file)
    return LibraryClip(rendered=rendered, evidence=moments, **entry)
