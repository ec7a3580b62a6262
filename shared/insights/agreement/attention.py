"""Attention: who rated without looking is left out, and that is said."""

from shared.insights.agreement.ratings import ATTENTION, Ratings

LEAST_PASSED = 2 / 3
"""One slip in three is forgiven."""


def inattentive(ratings: Ratings) -> dict[str, tuple[int, int]]:
    """Rater -> checks passed and asked, of those who failed too many."""
    found = {}
    for rater in ratings.of(ATTENTION):
        given = ratings.values[(ATTENTION, rater)].values()
        checks = [value for replicates in given for value in replicates.values()]
        passed = sum(value > 0 for value in checks)
        if passed < LEAST_PASSED * len(checks):
            found[rater] = (passed, len(checks))
    return found
