"""Attention checks: raters who failed too many of them are excluded."""

from shared.insights.agreement.ratings import ATTENTION, Ratings

LEAST_PASSED = 2 / 3
"""Share of the checks that a rater must pass."""


def inattentive(ratings: Ratings) -> dict[str, tuple[int, int]]:
    """Rater -> (checks passed, checks), for raters who failed too many."""
    failed = {}
    for rater in ratings.of(ATTENTION):
        videos = ratings.values[(ATTENTION, rater)].values()
        checks = [value for replicates in videos for value in replicates.values()]
        passed = sum(value > 0 for value in checks)
        if passed < LEAST_PASSED * len(checks):
            failed[rater] = (passed, len(checks))
    return failed
