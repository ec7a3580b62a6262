"""Profiles of the accounts behind the videos, requested once a UTC day and kept unchanged."""

import json
import logging
from collections.abc import Callable
from datetime import datetime

from shared.errors import Transient
from shared.model import Creator
from shared.storage.lake import Lake
from shared.storage.layout import name_part
from shared.tiktok.sources.fields import read_creator
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.wire import read_json

log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3
"""A profile that fails is skipped. This many failures in a row mean an outage."""


def profile_name(source: str, username: str, at: datetime) -> str:
    """`raw/{source}/{date}/creators/{username}.json`, shortened to fit an object's name."""
    part = name_part(username, most=200, head=150)
    return f"raw/{source}/{at:%Y-%m-%d}/creators/{part}.json"


class Creators:
    """Profiles of one run. The first answer of a day is kept, and later runs read it from the lake.

    `redact` removes erased people from an answer. It returns None when the account itself was
    erased.
    """

    def __init__(
        self,
        lake: Lake,
        source: VideoSource,
        profiles: bool,
        clock: Callable[[], datetime],
        redact: Callable[[bytes], bytes | None] = lambda answer: answer,
    ):
        self._lake = lake
        self._redact = redact
        self._source = source
        self._reads_profiles = profiles and source.has_profiles
        self._clock = clock
        self._failures = 0

    def find(self, username: str) -> Creator | None:
        """The account as first seen today; without a profile, only its name.

        None where the collection reads no profiles. Raises QuotaExhausted, and Transient when
        FAILURES_IN_A_ROW profiles in a row could not be read.
        """
        if not self._reads_profiles:
            return None
        at = self._clock()
        name = profile_name(self._source.name, username, at)
        profile = self._lake.read(name)
        try:
            profile = profile or self._ask(username, name, at)
        except Transient as error:
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                raise
            log.warning("profile passed over", extra={"username": username, "why": str(error)})
            return read_creator(username, None, at)
        return _read(profile, username, at)

    def _ask(self, username: str, name: str, at: datetime) -> bytes:
        answer = self._redact(self._source.user_info(username)) or b"null"
        self._failures = 0
        profile = with_provenance(answer, collected_at=at.isoformat(), username=username)
        if self._lake.write_once(name, profile):
            return profile
        return self._lake.read(name) or profile


def with_provenance(answer: bytes, **provenance: object) -> bytes:
    """A JSON object with an answer byte for byte under `answer`, and with how it was obtained."""
    return json.dumps(provenance)[:-1].encode() + b', "answer": ' + answer + b"}"


def _read(profile: bytes, username: str, at: datetime) -> Creator:
    try:
        content = read_json(profile)
        seen_at = datetime.fromisoformat(content["collected_at"])
        data = content["answer"].get("data")
        data = data.get("user", data) if isinstance(data, dict) else data
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("kept profile is damaged", extra={"username": username})
        return read_creator(username, None, at)
    return read_creator(username, data, seen_at)
