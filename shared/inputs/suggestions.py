"""Names that a person may have meant."""

from collections.abc import Sequence
from difflib import get_close_matches

MOST_LISTED = 30
MOST_COMPARED = 2_000


def nearest(name: str, names: Sequence[str]) -> str:
    """` (did you mean views?)`, or an empty text if no name is near."""
    meant = nearest_name(name, names)
    return f" (did you mean {meant}?)" if meant else ""


def nearest_name(name: str, names: Sequence[str]) -> str | None:
    """The nearest of the first 2,000 names; None if none is near."""
    by_folded = {option.casefold(): option for option in reversed(names[:MOST_COMPARED])}
    matches = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def listed(names: Sequence[str]) -> str:
    """`there are: views, likes …`, with at most the first 30 names."""
    if not names:
        return "there are none"
    more = f" … and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return f"there are: {', '.join(name[:60] for name in names[:MOST_LISTED])}{more}"
