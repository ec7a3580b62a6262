"""Points in time as people type them."""

import re
from datetime import UTC, datetime, timedelta

from cli.errors import WRONG_USE, UserError

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: datetime) -> datetime:
    """`2h` (s, m, h, d, w) before now, or an ISO 8601 time, in UTC unless it says otherwise."""
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"--since {text}: give a span such as 30m, 2h or 7d, or a time such as "
            "2026-11-01T12:00Z.",
            WRONG_USE,
        ) from error
