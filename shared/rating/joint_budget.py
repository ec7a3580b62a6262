"""Budgets that hold together: a named rater's own, and the deployment's for all its raters."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from shared.rating.budget import Bill, Budget


class JointBill(Bill):
    """One call's bill in several budgets."""

    def __init__(self, bills: list[Bill]):
        super().__init__()
        self._bills = bills

    def leave(self) -> None:
        """Record in each budget that the request is about to leave. Raises OverBudget."""
        for bill in self._bills:
            bill.leave()

    def settle(self, usd: float | None) -> None:
        super().settle(usd)
        for bill in self._bills:
            bill.settle(usd)


class JointBudget:
    """Several budgets, each with its own ledger. A call is paid from all of them or from none.

    A process that dies between two of them has reserved, and perhaps booked, in the first alone:
    the unsent part comes back with that budget's lease, and a booked call counts as paid. Around
    midnight a call may belong to one day in the first ledger and to the next in the second. So each
    budget holds by itself, and errs on the side of paying less.
    """

    def __init__(self, *budgets: Budget):
        self.budgets = budgets

    @property
    def videos(self) -> int | None:
        """The least number of videos a day that a budget allows."""
        return min((each.videos for each in self.budgets if each.videos is not None), default=None)

    @property
    def usd(self) -> float | None:
        """The least amount a day that a budget allows, in US dollars."""
        return min((each.usd for each in self.budgets if each.usd is not None), default=None)

    @contextmanager
    def paying(self, expected_usd: float | None, videos: int = 1) -> Iterator[Bill]:
        """Pay for one call from every budget, as `Budget.paying` does from one."""
        with ExitStack() as stack:
            bills = [
                stack.enter_context(budget.paying(expected_usd, videos)) for budget in self.budgets
            ]
            yield JointBill(bills)
