"""A lake as rubric 1.0 left it, written by the code of that day against the stand-in for Gemini.

Video …1 is rated twice by the blind rater and once with its caption. …2 is answered, and its
delivery died before the rating. …3 is parked for the next budget. …4 and …5 are asked in a batch
whose job still runs: `OUTPUT` is what the job will write, and the answer about …5 fails a check.
`PUBLISHED` are the records that left on the topic.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes import LakeInMemory, Stored

_DOCUMENT: dict[str, Any] = json.loads(Path(__file__).with_name("lake_1_0.json").read_text())
PUBLISHED: list[dict[str, Any]] = _DOCUMENT["published"]
OUTPUT: dict[str, dict[str, Any]] = {
    line["request"]["labels"]["video"]: line for line in _DOCUMENT["output"]
}
CORRECTION: dict[str, Any] = _DOCUMENT["correction"]
JOBS: list[tuple[str, str, str]] = [tuple(job) for job in _DOCUMENT["jobs"]]

RATER = "gemini/gemini-3.5-flash-lite/1.0"
CONFIG_HASH, WITH_CAPTION = "c58b5f258f40", "790f376bdbac"
RATED, ANSWERED, WAITING, IN_BATCH, IN_BATCH_FLAWED = (
    f"730000000000000000{number}" for number in range(1, 6)
)


def fill(lake: LakeInMemory) -> None:
    """Put every object of the old lake into an empty one, with its generation."""
    for entry in _DOCUMENT["objects"]:
        content = entry["text"].encode() if "text" in entry else base64.b64decode(entry["base64"])
        due_at = entry.get("custom_time")
        lake.objects[entry["name"]] = Stored(
            entry["name"],
            content,
            "application/json",
            entry["generation"],
            custom_time=datetime.fromisoformat(due_at) if due_at else None,
        )
