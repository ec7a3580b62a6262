"""Simulations: how often 95 % intervals hold the truth, and how far corrected effects are off."""
