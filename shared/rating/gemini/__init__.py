"""Gemini as a rater: what is asked, what it costs, and what its answer is worth."""
