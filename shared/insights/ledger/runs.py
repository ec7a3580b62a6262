"""An analysis as a run in the ledger."""

from collections.abc import Collection
from datetime import date, datetime

from shared.insights.ledger.entries import LedgerEntry, question_of
from shared.insights.ledger.ledger import Ledger, LedgerStore, PlanHistory
from shared.insights.ledger.registration import registration
from shared.insights.result import Insights
from shared.insights.table.video_kinds import SYNTHETIC
from shared.rating.gemini.models import served_models


def remember(
    store: LedgerStore,
    insights: Insights,
    table: str,
    at: datetime,
    *,
    copies: bool = False,
    joined: Collection[str] = (),
) -> PlanHistory:
    """Keep a finished analysis in the ledger, and say what came before it.

    The same plan on the same table again, or a request that is delivered twice, adds nothing and
    gets the same history. `copies` as in `Ledger.add_run`. `joined` are columns from
    elsewhere, about which the table's raters say nothing. Who analysed the synthetic rows of a
    table that has observed ones has not seen these, so it is a run on another table.
    """
    plan, kind = insights.plan, insights.gate.kind
    registered = registration(plan, _raters(insights, joined), model_release)
    run = LedgerEntry(
        kind="run",
        table=f"{table}-{SYNTHETIC}" if kind.is_synthetic and kind.set_aside else table,
        plan=plan.hash,
        plan_hash=insights.plan_hash,
        question=question_of(plan),
        at=at,
        sha256=insights.input_sha256,
        is_eligible=registered is None or not registered.problem,
    )
    ledger = Ledger(store)
    return ledger.add_run(run, _data_from(insights), copies=copies, registered=registered)


def model_release(rater: str) -> date | None:
    """When the model of a rater was released, by the dated table; None for other raters."""
    family, _, model_and_rubric = rater.partition("/")
    if family != "gemini":
        return None
    return served_models().released(model_and_rubric.partition("/")[0])


def _raters(insights: Insights, joined: Collection[str]) -> list[str]:
    """The raters of the analysed rows, and an empty name if a row does not say who rated."""
    frame = insights.gate.frame
    raters = sorted(frame["rater"].fillna("").unique()) if "rater" in frame else []
    return [] if {*joined} & {*insights.plan.used()} else raters


def _data_from(insights: Insights) -> datetime | None:
    """When the earliest analysed video was posted; None where a row does not say."""
    frame = insights.gate.frame
    if "created_at" not in frame or frame["created_at"].isna().any():
        return None
    earliest: datetime = frame["created_at"].min().to_pydatetime()
    return earliest
