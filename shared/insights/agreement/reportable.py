"""What may stand in a report: no figure with an answer of the stand-in for tests behind it."""

from collections.abc import Mapping
from typing import Any

from shared.errors import Permanent


class NotReportable(Permanent):
    """A document says of itself that made-up answers are behind it."""

    def __init__(self, sentence: str):
        super().__init__("not_reportable", sentence)


def refuse_stand_in(document: Mapping[str, Any]) -> None:
    """Raise NotReportable for a validation of the stand-in's ratings or judgements.

    A document that does not say is refused too: it is not what `tta validate` writes.
    """
    if document.get("stand_in") is not False:
        raise NotReportable(
            "These figures rest on answers of the stand-in for tests, which are made up; validate "
            "ratings of a real rater."
        )
