"""How often the intervals of shared/insights hold a value that is known because it was planted."""
