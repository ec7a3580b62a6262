"""Writes down every statement that this process hands to BigQuery's client.

The local BigQuery writes down what reaches it (`local/emulators/statements.py`), whichever process
asks. This adds what a test sends elsewhere: to a stand-in that answers 413, say, or to nobody.
`make test` says by TTA_SQL_RECORD where the lines go.
"""

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from tests.sql.install import ROOT

WAREHOUSE = ROOT / "shared" / "warehouse"
DOORS = (Path(__file__), WAREHOUSE / "gateway.py", WAREHOUSE / "ask.py")
"""Every statement passes here, so they say nothing of who sends it."""


def watch(environment: Mapping[str, str] = os.environ) -> None:
    """From now on write statements down, if somebody wants them."""
    folder = environment.get("TTA_SQL_RECORD")
    if not folder:
        return
    from local.emulators.statements import Recorder
    from shared.warehouse.client import bigquery

    recorder = Recorder(Path(folder))
    query = bigquery.Client.query

    def witnessed(client: Any, sql: str, *positional: Any, **options: Any) -> Any:
        config = options.get("job_config") or (positional[0] if positional else None)
        recorder.write(_line(sql, config, origin_of(inspect.currentframe())))
        return query(client, sql, *positional, **options)

    bigquery.Client.query = witnessed


def _line(sql: str, config: Any, origin: str) -> dict[str, Any]:
    from local.emulators.statements import type_of

    parameters = config.to_api_repr()["query"].get("queryParameters", ()) if config else ()
    parameters = {entry["name"]: type_of(entry["parameterType"]) for entry in parameters}
    return {"sql": sql, "parameters": parameters, "origin": origin, "accepted": None}


def origin_of(frame: FrameType | None) -> str:
    """The line of this project, product or test, that asks."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path not in DOORS and path.is_relative_to(ROOT) and ".venv" not in path.parts:
            return f"{path.relative_to(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown"
