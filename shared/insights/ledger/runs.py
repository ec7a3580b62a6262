"""An analysis as a run in the ledger."""

from datetime import datetime

from shared.insights.ledger.entries import LedgerEntry, question_of
from shared.insights.ledger.ledger import Ledger, LedgerStore, PlanHistory
from shared.insights.result import Insights
from shared.insights.table.video_kinds import SYNTHETIC


def remember(
    store: LedgerStore, insights: Insights, table: str, at: datetime, *, copies: bool = False
) -> PlanHistory:
    """Keep a finished analysis in the ledger, and say what came before it.

    The same plan on the same table again, or a request that is delivered twice, adds nothing and
    gets the same history. `copies` as in `Ledger.add_run`. Who analysed the synthetic rows of a
    table that has observed ones has not seen these, so it is a run on another table.
    """
    plan, kind = insights.plan, insights.gate.kind
    run = LedgerEntry(
        kind="run",
        table=f"{table}-{SYNTHETIC}" if kind.is_synthetic and kind.set_aside else table,
        plan=plan.hash,
        plan_hash=insights.plan_hash,
        question=question_of(plan),
        at=at,
        sha256=insights.input_sha256,
    )
    return Ledger(store).add_run(run, _data_from(insights), copies=copies)


def _data_from(insights: Insights) -> datetime | None:
    """When the earliest analysed video was posted; None where a row does not say."""
    frame = insights.gate.frame
    if "created_at" not in frame or frame["created_at"].isna().any():
        return None
    earliest: datetime = frame["created_at"].min().to_pydatetime()
    return earliest
