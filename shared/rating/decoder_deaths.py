"""Decoders that a file killed or outlasted: after three of them the file is unratable.

`deaths/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json` is written when a
decoder dies, and never else. Each decoder is a process of its own, so no other file is blamed.
"""

import logging
from datetime import datetime

from shared.errors import Transient
from shared.model import canonical_json
from shared.rating.rater import DecoderDied, RaterAnswer
from shared.storage.lake import Lake, RatingKey, death_name

log = logging.getLogger(__name__)

MOST_DEATHS = 3
"""The machine may have been at fault once, and perhaps twice: its memory full, its cores busy."""


def after_death(
    lake: Lake, video_id: str, key: RatingKey, death: DecoderDied, at: datetime
) -> RaterAnswer:
    """The answer after the last death. Raises Transient after one before, and notes it."""
    content = canonical_json({"reason": death.reason, "at": at.isoformat()}).encode()
    for number in range(1, MOST_DEATHS):
        if lake.write_once(death_name(video_id, key, number), content):
            why = {"video_id": video_id, "reason": death.reason, "death": number}
            log.warning("decoder died", extra=why)
            raise Transient(f"the decoder {death.reason}, {number} of {MOST_DEATHS} times")
    return RaterAnswer(status="unratable", reason=death.reason)
