"""The primary effect under every rater, and what the raters say together."""
