"""Videos whose records wait, or have failed, on their way to the tables.

The tables may hold the listing of such a video and not yet its rating. So no row points at the
mention in it.
"""

from collections.abc import Iterator
from itertools import chain

from shared.concurrency import in_order
from shared.erasure.listings import STATES, outbox_records
from shared.inputs.json_input import parse_json
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import video_in_evidence
from shared.storage.lake import Lake
from shared.storage.layout import FAILED, PARKED
from shared.storage.parked_objects import RECORDS

PARKED_RECORDS = f"{PARKED}{RECORDS}/"
POINTING = (FAILED, STATES)
"""Rooms that point at videos. They are changed last: an erasure that is killed needs them."""


def waiting_videos(lake: Lake, redaction: Redaction) -> Iterator[str]:
    """The videos of failed messages, parked records and unsent posts that name somebody erased."""

    def affected_video(name: str) -> str:
        content = lake.read(name)
        return "" if content is None else _affected_video(content, redaction)

    names = chain(lake.names(FAILED), lake.names(PARKED_RECORDS))
    yield from filter(None, in_order(affected_video, names))
    for record in outbox_records(lake):
        if redaction.record(record) is not record:
            yield record.video_id


def _affected_video(content: bytes, redaction: Redaction) -> str:
    """The video of a kept message that names somebody erased; "" for all others."""
    try:
        evidence = parse_json(content)
    except ValueError:
        return ""
    if not isinstance(evidence, dict) or redaction.evidence(evidence) == evidence:
        return ""
    return video_in_evidence(evidence)
