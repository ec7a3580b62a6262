"""The sources that read an account with its owner's consent."""

from typing import Literal

OwnSource = Literal["display", "business"]
