"""Limits that a rater must keep, in validation and in the daily canary."""

LEAST_ICC = 0.75
"""Least agreement of a rater with itself (rung B4 of shared/insights/ladder.yaml)."""

MOST_SHIFT = 5.0
"""Largest shift of a mean score, in points of 100: a fifth of the distance of two anchors."""
