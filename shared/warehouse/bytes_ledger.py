"""The day's bytes as an object: what BigQuery has billed, and the budget at the last write."""

import json
from datetime import date

from shared.storage.lake import Lake


def spent_name(day: date) -> str:
    return f"state/spend/bigquery/{day.isoformat()}.json"


def has_bytes(lake: Lake, day: date) -> bool:
    """Whether the budget of that UTC day still has bytes. Without a readable ledger it has."""
    try:
        ledger = json.loads(lake.read(spent_name(day)) or b"{}")
        return ledger.get("budget_bytes") is None or (
            int(ledger["billed_bytes"]) < int(ledger["budget_bytes"])
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return True  # `load` says what is wrong with it
