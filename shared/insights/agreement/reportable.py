"""What may stand in a report: no figure with an answer of the stand-in for tests behind it."""

from shared.errors import Permanent
from shared.insights.agreement.validation import Validation


class NotReportable(Permanent):
    """Made-up answers are behind a validation."""

    def __init__(self, sentence: str):
        super().__init__("not_reportable", sentence)


def reportable(found: Validation) -> Validation:
    """The validation. Raises NotReportable when any rating or judgement in it was made up."""
    if found.stand_in:
        raise NotReportable(
            "These figures rest on answers of the stand-in for tests, which are made up; validate "
            "ratings of a real rater."
        )
    return found
