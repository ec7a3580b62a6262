"""Names that a person may have meant."""

from collections.abc import Sequence
from difflib import get_close_matches

LISTED = 30
COMPARED = 2_000


def nearest(name: str, known: Sequence[str]) -> str:
    """` (did you mean views?)`, or nothing when no name is near."""
    folded = {one.casefold(): one for one in reversed(known[:COMPARED])}
    found = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" (did you mean {folded[found[0]]}?)" if found else ""


def listed(known: Sequence[str]) -> str:
    """The names there are, or the first of them."""
    if not known:
        return "there are none"
    more = f" … and {len(known) - LISTED:,} more" if len(known) > LISTED else ""
    return f"there are: {', '.join(one[:60] for one in known[:LISTED])}{more}"
