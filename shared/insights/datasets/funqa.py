"""FunQA (Xie et al. 2024): funny, creative and magic clips, and where they are counter-intuitive.

An array of {"visual_input": "H_A_….mp4", "task": "H1", "instruction": …, "output": …}. Tasks H1, C1
and M1 ask for the span of time; its answer is a pair of numbers, in seconds or in frames as the
question says. Frames become seconds by the clip's own rate, so they need the media.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.insights.agreement.known_groups import GROUP
from shared.insights.agreement.onset import ONSET
from shared.insights.datasets.labels import Labels, entries, read_json, stem
from shared.insights.table.read import BadTable

WHEN = frozenset({"H1", "C1", "M1"})
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read an annotation file; `fps` is by clip. Raises BadTable.

    Every clip is made to surprise; ordinary ones must come from elsewhere.
    """
    labels, clips, unknown = Labels("funqa"), set(), 0
    for place, entry in enumerate(entries(read_json(path), path, ("visual_input", "task")), 1):
        clip = stem(str(entry["visual_input"]))
        if clip not in clips:
            clips.add(clip)
            labels.add(clip, GROUP, 1.0)
        if entry["task"] in WHEN:
            at_s = _begins(entry, clip, fps or {}, f"{path.name}, entry {place:,}")
            if at_s is None:
                unknown += 1
            elif not any(one.file == clip and one.dimension == ONSET for one in labels.labels[-3:]):
                labels.add(clip, ONSET, at_s)
    if unknown:
        labels.notes.append(
            f"{unknown:,} moments are in frames of clips whose rate is not known; --media FOLDER "
            "tells it."
        )
    return labels


def _begins(entry: dict[str, Any], clip: str, fps: Mapping[str, float], where: str) -> float | None:
    """Start of the span in seconds; None in frames of a clip of unknown rate."""
    answer = entry.get("output", "")
    numbers = answer if isinstance(answer, list) else _NUMBER.findall(str(answer))
    if len(numbers) != 2:
        raise BadTable(f"{where}: {str(answer)[:60]!r} is no span such as [3, 7].")
    try:
        start, end = float(numbers[0]), float(numbers[1])
    except (TypeError, ValueError) as error:
        raise BadTable(f"{where}: {str(answer)[:60]!r} is no span such as [3, 7].") from error
    if end < start:
        raise BadTable(f"{where}: the span ends before it begins ({start:g}, {end:g}).")
    if "frame" not in f"{entry.get('instruction', '')} {answer}".lower():
        return start
    return start / fps[clip] if clip in fps else None
