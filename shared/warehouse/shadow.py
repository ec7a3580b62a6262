"""The dataset in which a rebuild fills its tables before they replace the live ones."""

import logging
from dataclasses import dataclass
from typing import Any

from google.api_core import exceptions

from shared.errors import Transient
from shared.warehouse.client import bigquery
from shared.warehouse.failures import translate_errors
from shared.warehouse.gateway import API_RETRY, BOUNDED
from shared.warehouse.tables import constraints, create_tables, definitions

log = logging.getLogger(__name__)

PATIENCE_S = 300.0
MOST_COPIES = 5


@dataclass(frozen=True, slots=True)
class Shadow:
    """Empty tables like those of `dataset`, in the dataset `name`.

    They have the live tables' labels and primary keys, but no foreign keys. A copy includes the
    constraints of its source, and a foreign key cannot point into another dataset
    (https://cloud.google.com/bigquery/docs/reference/rest/v2/Job, JobConfigurationTableCopy).
    Raises Transient and Misconfigured.
    """

    client: bigquery.Client
    dataset: str
    name: str
    description: str = "A rebuild at work; deleted when it is done."

    def create(self) -> None:
        with translate_errors("BigQuery"):
            shadow = bigquery.Dataset(f"{self.client.project}.{self.name}")
            shadow.location = self._location()
            shadow.description = self.description
            self.client.create_dataset(shadow, exists_ok=True, **BOUNDED)
            create_tables(self.client, self.name, foreign_keys=False, labels=self._live_labels())

    def drop(self) -> None:
        with translate_errors("BigQuery"):
            self.client.delete_dataset(
                self.name, delete_contents=True, not_found_ok=True, **BOUNDED
            )

    def replace_live(self, table: str, run: str) -> None:
        """Copy the table over the live one, once per run. Only a failed copy is repeated."""
        for attempt in range(MOST_COPIES):
            with translate_errors("BigQuery"):
                job = self._copy_job(table, f"rebuild-{run}-{table}-{attempt}")
                try:
                    job.result(retry=API_RETRY, timeout=PATIENCE_S)
                    return
                except exceptions.GoogleAPICallError as error:
                    if not job.error_result:
                        raise
                    log.warning("copy failed", extra={"table": table, "why": str(error)})
        raise Transient(f"{table} could not be copied in {MOST_COPIES} attempts")

    def describe_live(self, table: str) -> None:
        """Give the table that replaced the live one its description, labels and keys.

        A second run changes nothing.
        """
        path = f"{self.client.project}.{self.dataset}.{table}"
        with translate_errors("BigQuery"):
            shadow = self.client.get_table(self._path(table), **BOUNDED)
            live = bigquery.Table(path)  # no etag: rows may arrive meanwhile
            live.description, live.labels = shadow.description, shadow.labels
            live.table_constraints = constraints(path)
            self.client.update_table(
                live, ["description", "labels", "table_constraints"], **BOUNDED
            )

    def _path(self, table: str) -> str:
        return f"{self.client.project}.{self.name}.{table}"

    def _location(self) -> str:
        live = self.client.get_dataset(self.dataset, **BOUNDED)
        return str(live.location)

    def _live_labels(self) -> dict[str, dict[str, str]]:
        labels: dict[str, dict[str, str]] = {}
        for table in definitions():
            try:
                live = self.client.get_table(
                    f"{self.client.project}.{self.dataset}.{table}", **BOUNDED
                )
            except exceptions.NotFound:
                continue  # the rebuild creates it
            labels[table] = dict(live.labels)
        return labels

    def _copy_job(self, table: str, job_id: str) -> Any:
        location = self._location()
        try:
            return self.client.get_job(job_id, location=location, **BOUNDED)
        except exceptions.NotFound:
            pass
        config = bigquery.CopyJobConfig(
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_IF_NEEDED,
        )
        try:
            return self.client.copy_table(
                self._path(table),
                f"{self.client.project}.{self.dataset}.{table}",
                job_id=job_id,
                location=location,
                job_config=config,
                **BOUNDED,
            )
        except exceptions.Conflict:
            return self.client.get_job(job_id, location=location, **BOUNDED)
