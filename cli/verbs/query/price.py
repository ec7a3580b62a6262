"""The price of a query on a cloud target, and its limit."""

from dataclasses import dataclass
from typing import Any

from cli.errors import WRONG_USE, UserError
from cli.verbs.query.statement import refuse_type
from shared.warehouse.bytes_billed import LEAST_BYTES_PER_TABLE, USD_PER_TIB

GB = 2**30
"""BigQuery counts a GB as 2^30 bytes
(https://cloud.google.com/bigquery/pricing#on_demand_pricing, checked 2026-11)."""

DEFAULT_MAX_GB = 10.0
_TIB = 2**40


@dataclass(frozen=True, slots=True)
class QueryPrice:
    """Bytes that BigQuery would bill at most; 0 for a query that reads no column."""

    bytes_billed: int

    @property
    def usd(self) -> float:
        return self.bytes_billed / _TIB * USD_PER_TIB

    def __str__(self) -> str:
        size = self.bytes_billed / GB
        text = f"{size:,.1f} GB" if size >= 1 else f"{self.bytes_billed / 2**20:,.0f} MB"
        return f"{text}, about {self.usd:,.4f} USD"


def price(dry_run: Any) -> QueryPrice:
    """The price by a dry run. Raises UserError when the statement is not a SELECT."""
    refuse_type(dry_run.statement_type)
    read = int(dry_run.total_bytes_processed or 0)
    least = LEAST_BYTES_PER_TABLE * max(1, len(dry_run.referenced_tables or ()))
    return QueryPrice(max(read, least) if read else 0)


def refuse_above(limit: QueryPrice, cost: QueryPrice) -> None:
    """Raises UserError for a query that would be billed for more than the limit."""
    if cost.bytes_billed > limit.bytes_billed:
        raise UserError(
            f"The query would read {cost}, more than --max-gb {limit.bytes_billed / GB:g} allows. "
            "Select fewer columns, or bound the partition column of a fact table; "
            f"--max-gb {_above(cost):g} lets it run.",
            WRONG_USE,
        )


def _above(cost: QueryPrice) -> float:
    """A tenth more than the estimate, in whole GB, because tables may grow meanwhile."""
    return float(-(-cost.bytes_billed * 11 // (10 * GB)))


def limit_of(max_gb: float) -> QueryPrice:
    return QueryPrice(int(max_gb * GB))
