"""What the shipped Loader sends for a batch, written down instead of run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.warehouse_cost.references import Reads, reads_of
from shared.model import Record
from shared.warehouse.loader import Loader

DATASET = "warehouse"


@dataclass(frozen=True, slots=True)
class SentStatement:
    """One statement with the values of its parameters."""

    reads: Reads
    parameters: Mapping[str, Any]


class RecordingClient:
    """Stands where BigQuery's client does, and answers each statement with no rows."""

    project = "project"
    location = "EU"

    def __init__(self) -> None:
        self.statements: list[SentStatement] = []

    def query(self, sql: str, *, job_config: Any, **options: Any) -> "_NoRows":
        parameters = {
            parameter.name: getattr(parameter, "values", None) or getattr(parameter, "value", [])
            for parameter in job_config.query_parameters
        }
        self.statements.append(SentStatement(reads_of(sql), parameters))
        return _NoRows()


class _NoRows:
    """A job that is done, and its rows."""

    num_dml_affected_rows = 0

    def result(self, **options: Any) -> "_NoRows":
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class RecordedLoader:
    """A Loader that has been at work for a while, so it knows the languages that there are."""

    def __init__(self, earlier: Sequence[Record]):
        self._client = RecordingClient()
        self._loader = Loader(self._client, DATASET, ["gemini/", "signals/"])
        self._loader.load(earlier)

    def sent_for(self, records: Sequence[Record]) -> list[SentStatement]:
        """The statements of one batch."""
        self._client.statements.clear()
        self._loader.load(records)
        return list(self._client.statements)
