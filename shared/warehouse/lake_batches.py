"""Load records of the lake as `load` does, in batches. BigQuery may refuse some of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import Permanent
from shared.model import Record
from shared.warehouse.lake_records import LakeRecord
from shared.warehouse.loader import Loader, weight
from shared.warehouse.staging import Failure


@dataclass(frozen=True, slots=True)
class LakeBatches:
    """Merges records in batches of at most `batch_rows`, with at most `batch_bytes` together."""

    loader: Loader
    retry: Callable[[Callable[[], Any]], Any]
    batch_rows: int
    batch_bytes: int

    def load(self, records: Iterable[LakeRecord]) -> Iterator[tuple[int, list[Failure]]]:
        """Merge batch by batch. Gives the number of objects in it, and the bad ones."""
        for batch in self._batches(records):
            failures = [Failure.of(each.name, each.error) for each in batch if each.error]
            good = [(each.name, each.record) for each in batch if each.record]
            yield len(batch), failures + self._merge(good)

    def _batches(self, records: Iterable[LakeRecord]) -> Iterator[list[LakeRecord]]:
        batch: list[LakeRecord] = []
        size = 0
        for record in records:
            bytes_more = weight(record.record) if record.record else 0
            if batch and (len(batch) >= self.batch_rows or size + bytes_more > self.batch_bytes):
                yield batch
                batch, size = [], 0
            batch.append(record)
            size += bytes_more
        if batch:
            yield batch

    def _merge(self, batch: Sequence[tuple[str, Record]]) -> list[Failure]:
        """Merge named records. Returns those that BigQuery refuses, found by splitting."""
        if not batch:
            return []
        try:
            self.retry(lambda: self.loader.load([record for _, record in batch]))
        except Permanent as error:
            if len(batch) == 1:
                return [Failure.of(batch[0][0], error)]
            middle = len(batch) // 2
            return self._merge(batch[:middle]) + self._merge(batch[middle:])
        return []
