"""Draws the clips of the demo, once: `python -m scripts.demo_clips`. They are committed."""
