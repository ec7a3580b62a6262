"""Whether BigQuery bills a batch for its own partitions alone, as the loader relies on."""

from typing import Any

from cli.checks import CheckFailed
from cli.verbs.doctor.project.deployment import Deployment
from cli.verbs.doctor.project.google_apis import GoogleApis
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.statements import merge_statement

NO_DAY = "1972-12-31"
"""A partition that no id has (shared/warehouse/partitions.py)."""


def partitions(deployment: Deployment, google: GoogleApis) -> str:
    """A dry run of the loader's last statement for a day without videos would read nothing.

    A dry run costs nothing and changes nothing. Its bytes are those of the partitions that are left
    (https://cloud.google.com/bigquery/docs/estimate-costs).
    """
    if not deployment.is_deployed:
        return "come with the deployment"
    stored = _stored_bytes(deployment, google)
    read = _bytes_of_a_dry_run(deployment, google)
    if read > stored / 2 > 0:
        todo = "See docs/reference/cost.md before you load much."
        raise CheckFailed(f"a batch reads {read:,} bytes whatever its days", todo)
    return f"a batch reads its own days, of {stored:,} bytes"


def _stored_bytes(deployment: Deployment, google: GoogleApis) -> int:
    path = f"bigquery/v2/projects/{deployment.project}/datasets/{deployment.dataset}/tables"
    return int(google.get("bigquery", f"{path}/{FACT_TABLE}").get("numBytes", 0))


def _bytes_of_a_dry_run(deployment: Deployment, google: GoogleApis) -> int:
    query: dict[str, Any] = {
        "query": merge_statement(FACT_TABLE),
        "useLegacySql": False,
        "parameterMode": "NAMED",
        "queryParameters": [
            _array("id_days", "DATE", [NO_DAY]),
            _array("video_ids", "STRING", []),
            _array("primary_raters", "STRING", []),
        ],
        "defaultDataset": {"projectId": deployment.project, "datasetId": deployment.dataset},
    }
    content = {"configuration": {"dryRun": True, "query": query}}
    job = google.post("bigquery", f"bigquery/v2/projects/{deployment.project}/jobs", content)
    return int(job["statistics"]["totalBytesProcessed"])


def _array(name: str, kind: str, values: list[str]) -> dict[str, Any]:
    """https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter"""
    return {
        "name": name,
        "parameterType": {"type": "ARRAY", "arrayType": {"type": kind}},
        "parameterValue": {"arrayValues": [{"value": value} for value in values]},
    }
