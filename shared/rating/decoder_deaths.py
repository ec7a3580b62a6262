"""Decoders that crashed or timed out on a file: after three of them the file is unratable.

`deaths/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json` is written only when a
decoder dies. Each file has its own decoder process, so no other file is blamed.
"""

import logging
from datetime import datetime

from shared.errors import Transient
from shared.model import canonical_json
from shared.rating.rater import DecoderDied, RaterAnswer
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, death_name

log = logging.getLogger(__name__)

MOST_DEATHS = 3
"""The machine may be at fault once or twice: its memory full, its cores busy."""


def after_death(
    lake: Lake, video_id: str, key: RatingKey, death: DecoderDied, at: datetime
) -> RaterAnswer:
    """The answer after the third death. Records an earlier one and raises Transient."""
    content = canonical_json({"reason": death.reason, "at": at.isoformat()}).encode()
    for number in range(1, MOST_DEATHS):
        if lake.write_once(death_name(video_id, key, number), content):
            why = {"video_id": video_id, "reason": death.reason, "death": number}
            log.warning("decoder died", extra=why)
            raise Transient(f"the decoder {death.reason}, {number} of {MOST_DEATHS} times")
    return RaterAnswer(status="unratable", reason=death.reason)
