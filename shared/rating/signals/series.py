"""A number for every frame or tick of a clip, which grows while the clip is decoded.

An array: a list takes 32 bytes for each float.
"""

from array import array
from typing import TypeAlias

Series: TypeAlias = "array[float]"


def doubles() -> Series:
    """Empty; 8 bytes a number."""
    return array("d")


def singles() -> Series:
    """Empty; 4 bytes a number, for those that NumPy computes in 32 bits."""
    return array("f")
