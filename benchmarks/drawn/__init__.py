"""Simulated studies in which people rate videos that were drawn with known probabilities."""
