"""The clock that functions hand to their use cases, which never read the time themselves."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
