"""Fixed effects of creators and weeks, swept out of columns instead of standing in the model.

By the theorem of Frisch, Waugh and Lovell a coefficient is the same whether the dummies stand in
the model or every column is first cleared of them. Clearing one kind of dummies is taking away
means. For two kinds the means of one depend on those of the other, which gives a linear system as
large as the number of weeks. It is solved exactly; nothing is iterated.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

_NO_WEIGHT = 1e-300


@dataclass(frozen=True)
class Absorbed:
    """The fixed effects of a model: one per creator and, where given, one per week."""

    creators: Groups
    weeks: Groups | None = None

    def swept(self, columns: FloatArray, weights: FloatArray) -> FloatArray:
        """(n, k) columns less their weighted projection on all dummies. Weights are positive."""
        by_creator = np.maximum(self.creators.sums(weights), _NO_WEIGHT)
        means = self.creators.sums(columns * weights[:, None]) / by_creator[:, None]
        free: FloatArray = columns - means[self.creators.codes]
        if self.weeks is None or self.weeks.count < 2:
            return free
        return free - self._week_part(free, weights, by_creator, self.weeks)

    def _week_part(
        self, free: FloatArray, weights: FloatArray, by_creator: FloatArray, weeks: Groups
    ) -> FloatArray:
        """What weeks explain of columns that have no creator means, again without such means."""
        codes = self.creators.codes, weeks.codes
        shape = self.creators.count, weeks.count
        table = sparse.csr_matrix((weights, codes), shape=shape)
        shares = sparse.diags(1 / by_creator) @ table
        system = np.diag(weeks.sums(weights)) - (table.T @ shares).toarray()
        # The weeks add up to 1, as the creators do, so the system lacks at least one rank.
        effects = np.linalg.pinv(system, rcond=1e-12, hermitian=True) @ weeks.sums(
            free * weights[:, None]
        )
        part: FloatArray = effects[weeks.codes] - (shares @ effects)[self.creators.codes]
        return part

    def where(self, mask: BoolArray) -> "Absorbed":
        """The fixed effects of the rows where the mask is true."""
        weeks = None if self.weeks is None else self.weeks.where(mask)
        return Absorbed(self.creators.where(mask), weeks)

    @property
    def parts(self) -> tuple[Groups, ...]:
        return (self.creators,) if self.weeks is None else (self.creators, self.weeks)
