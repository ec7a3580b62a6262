"""A stand-in for the Gemini API, for tests: it speaks the wire format and invents its ratings.

It is no rater. Whatever it answers carries a model version that ends in `-stand-in`.
"""

from tests.stand_ins.gemini.server import StandIn, standing_in

__all__ = ["StandIn", "standing_in"]
