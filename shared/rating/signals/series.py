"""A number for every frame or tick of a clip, which grows while the clip is decoded."""

from array import array
from typing import TypeAlias

Series: TypeAlias = "array[float]"


def series() -> Series:
    """Empty. Its floats take 8 bytes each, those of a list 32."""
    return array("d")
