"""What a rater must keep, wherever it is judged: in validation, and by the daily canary."""

LEAST_ICC = 0.75
"""As much as one rater must agree with itself (rung B4 of shared/insights/ladder.yaml)."""

MOST_SHIFT = 5.0
"""Points of 100: a fifth of the distance between two anchors."""
