"""Gemini as a rater: questions, prices, answers and their checks."""
