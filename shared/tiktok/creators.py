"""Profiles of the accounts behind the videos, requested rarely and kept unchanged.

A profile costs a request, as much as a page of a hundred videos. So it is read when its account is
first seen and again after `profiles_every_days`, and only from what posts and readings leave of the
day's quota. An account without a profile has only its name until it is seen on a quieter day.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.errors import Transient
from shared.listings import LONG_AGO
from shared.model import Creator
from shared.storage.lake import Lake
from shared.storage.layout import name_part
from shared.tiktok.sources.fields import read_creator
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.wire import ReservedForPosts, read_json

log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3
"""A profile that fails is skipped. This many failures in a row mean an outage."""


def profile_name(source: str, username: str, at: datetime) -> str:
    """`raw/{source}/{date}/creators/{username}.json`, shortened to fit an object's name."""
    part = name_part(username, most=200, head=150)
    return f"raw/{source}/{at:%Y-%m-%d}/creators/{part}.json"


def latest_profile_name(source: str, username: str) -> str:
    """`raw/{source}/creators/{username}.json`: the last answer about the account."""
    return f"raw/{source}/creators/{name_part(username, most=200, head=150)}.json"


class Creators:
    """Profiles of one run. The first answer of a day is kept, and later runs read it from the lake.

    A profile older than `every` is read again; None where the collection reads no profiles.
    `unread` collects the accounts that had no younger one before today, so a run that was killed
    counts them again. `redact` removes erased people from an answer. It returns None when
    the account itself was erased.
    """

    def __init__(
        self,
        lake: Lake,
        source: VideoSource,
        every: timedelta | None,
        clock: Callable[[], datetime],
        redact: Callable[[bytes], bytes | None] = lambda answer: answer,
    ):
        self._lake = lake
        self._redact = redact
        self._source = source
        self._every = every if source.has_profiles else None
        self._has_leftovers = True
        self.unread: set[str] = set()
        self._clock = clock
        self._failures = 0

    def find(self, username: str) -> Creator | None:
        """The account as its profile says; without a profile, only its name.

        None where the collection reads no profiles. Raises QuotaExhausted, and Transient when
        FAILURES_IN_A_ROW profiles in a row could not be read.
        """
        if self._every is None:
            return None
        at = self._clock()
        before = self._lake.read(latest_profile_name(self._source.name, username))
        read_at = LONG_AGO if before is None else _read_at(before)
        is_young = read_at > at - self._every
        if not is_young or read_at.date() == at.date():
            self.unread.add(username)
        if before is not None and is_young:
            return _read(before, username, at)
        profile = self._new_profile(username, at) or before
        return read_creator(username, None, at) if profile is None else _read(profile, username, at)

    def _new_profile(self, username: str, at: datetime) -> bytes | None:
        """Read a profile, or pass it over: when it fails, and when no request is left for it."""
        name = profile_name(self._source.name, username, at)
        profile = self._lake.read(name)  # of a run that was killed, or of another collection
        if profile is None and not self._has_leftovers:
            return None
        try:
            profile = profile or self._ask(username, name, at)
        except ReservedForPosts:
            self._has_leftovers = False
            return None
        except Transient as error:
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                raise
            log.warning("profile passed over", extra={"username": username, "why": str(error)})
            return None
        self._lake.put(latest_profile_name(self._source.name, username), profile)
        return profile

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


def _read_at(profile: bytes) -> datetime:
    """When a kept profile was read; long ago when it is damaged."""
    try:
        return datetime.fromisoformat(read_json(profile)["collected_at"])
    except (ValueError, KeyError, TypeError):
        return LONG_AGO
