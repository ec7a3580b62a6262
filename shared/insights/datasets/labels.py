"""Labels that benchmarks give files, and how files map to video ids."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.long_table import RatingsBuilder
from shared.insights.agreement.ratings import Ratings

MAX_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Label:
    """A value that a benchmark gives a file; each annotator has its own `replicate`."""

    file: str
    dimension: str
    value: float
    replicate: int = 0


@dataclass
class Labels:
    """The labels of one benchmark, and notes about them for the user."""

    name: str
    labels: list[Label] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, file: str, dimension: str, value: float, replicate: int = 0) -> None:
        self.labels.append(Label(stem(file), dimension, value, replicate))

    def ratings(self, ids: Mapping[str, str] | None = None) -> Ratings:
        """As ratings. `ids` maps stems of files to video ids; without it the stem is the id.

        Raises BadTable when no label has a video.
        """
        rater = f"benchmark/{self.name}"
        builder, unknown = RatingsBuilder(), set()
        for label in self.labels:
            video = label.file if ids is None else ids.get(label.file)
            if video is None:
                unknown.add(label.file)
                continue
            builder.add(video, rater, label.dimension, label.value, label.replicate)
        if not builder.values:
            raise BadTable(
                f"{self.name}: none of its {len(unknown):,} labelled files is in the media folder."
                if unknown
                else f"{self.name}: the file labels nothing."
            )
        builder.notes += [f"{self.name}: {note}" for note in self.notes]
        return builder.ratings()


def stem(file: str) -> str:
    """The name of a file without folder and video extension; other dots stay."""
    name = PurePosixPath(file.replace("\\", "/")).name
    head, dot, extension = name.rpartition(".")
    return head if dot and extension.lower() in ("mp4", "mov", "webm", "mkv", "avi") else name


def read_json(path: Path) -> Any:
    """The content of a JSON file, or of JSON lines as a list. Raises BadTable."""
    if not path.is_file():
        raise BadTable(f"{path}: no such file.")
    if path.stat().st_size > MAX_BYTES:
        raise BadTable(f"{path.name} is larger than {MAX_BYTES:,} bytes.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = (str(error).splitlines() or ["?"])[0]
        raise BadTable(f"{path.name} is not readable JSON: {problem}.") from error


def entries(content: Any, path: Path, keys: Iterable[str]) -> list[dict[str, Any]]:
    """The content as objects that all have these keys. Raises BadTable."""
    needed = tuple(keys)
    if not isinstance(content, list) or not content:
        raise BadTable(f"{path.name}: an array of objects with {', '.join(needed)} is needed.")
    for number, entry in enumerate(content, 1):
        absent = [key for key in needed if not isinstance(entry, dict) or key not in entry]
        if absent:
            raise BadTable(f"{path.name}: entry {number:,} has no {absent[0]}.")
    return content


def parse_number(value: Any, path: Path, where: str) -> float:
    """A finite number. Raises BadTable, which names `where`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise BadTable(f"{path.name}, {where}: {str(value)[:40]!r} is not a number.")
    return float(value)


Loader = Callable[[Path, Mapping[str, float] | None], Labels]
"""From a file, and known frame rates by stem, to labels."""
