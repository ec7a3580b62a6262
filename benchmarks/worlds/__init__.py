"""Worlds whose truth is known, and what the headline says of them."""
