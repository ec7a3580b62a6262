"""Signals of a video measured from pixels and sound alone, in one decoding pass."""

from shared.rating.signals.measure import measure
from shared.rating.signals.picture import picture_at
from shared.rating.signals.result import VERSION, Signals, Unratable

__all__ = ["VERSION", "Signals", "Unratable", "measure", "picture_at"]
