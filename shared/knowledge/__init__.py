"""Findings of psychology about surprise, as short cited cards, and their retrieval."""
