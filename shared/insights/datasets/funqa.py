"""FunQA (Xie et al. 2024): funny, creative and magic clips, and where they are counter-intuitive.

An array of {"visual_input": "H_A_….mp4", "task": "H1", "instruction": …, "output": …}. Tasks H1, C1
and M1 ask for a time span: two numbers, in seconds or in frames as the question says. Frames are
converted by the frame rate of the clip, so they need the media.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.known_groups import GROUP
from shared.insights.agreement.onset import ONSET
from shared.insights.datasets.labels import Labels, entries, read_json, stem

WHEN = frozenset({"H1", "C1", "M1"})
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read an annotation file; `fps` maps clips to frame rates. Raises BadTable.

    Every clip is made to surprise, so ordinary clips must come from another source.
    """
    labels, clips, unknown = Labels("funqa"), set(), 0
    for number, entry in enumerate(entries(read_json(path), path, ("visual_input", "task")), 1):
        clip = stem(str(entry["visual_input"]))
        if clip not in clips:
            clips.add(clip)
            labels.add(clip, GROUP, 1.0)
        if entry["task"] in WHEN:
            at_s = _begins(entry, clip, fps or {}, f"{path.name}, entry {number:,}")
            if at_s is None:
                unknown += 1
            elif not any(
                (label.file, label.dimension) == (clip, ONSET) for label in labels.labels[-3:]
            ):
                labels.add(clip, ONSET, at_s)
    if unknown:
        labels.notes.append(
            f"{unknown:,} moments are in frames of clips with an unknown frame rate; --media "
            "FOLDER gives the rates."
        )
    return labels


def _begins(entry: dict[str, Any], clip: str, fps: Mapping[str, float], where: str) -> float | None:
    """Start of the span in seconds; None in frames of a clip of unknown rate."""
    answer = entry.get("output", "")
    numbers = answer if isinstance(answer, list) else _NUMBER.findall(str(answer))
    if len(numbers) != 2:
        raise BadTable(f"{where}: {str(answer)[:60]!r} is not a span such as [3, 7].")
    try:
        start, end = float(numbers[0]), float(numbers[1])
    except (TypeError, ValueError) as error:
        raise BadTable(f"{where}: {str(answer)[:60]!r} is not a span such as [3, 7].") from error
    if end < start:
        raise BadTable(f"{where}: the span ends before it begins ({start:g}, {end:g}).")
    if "frame" not in f"{entry.get('instruction', '')} {answer}".lower():
        return start
    return start / fps[clip] if clip in fps else None
