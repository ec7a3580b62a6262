"""A measurement with its bar and its command, and the table of all measurements."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A ratio measured side by side in one run.

    It must reach `bar`, or stay at or below it where `is_most`. None means no bar.
    """

    name: str
    measured: float
    bar: float | None
    command: str
    note: str = ""
    is_most: bool = False

    @property
    def ok(self) -> bool:
        if self.bar is None:
            return True
        # A comparison of numpy numbers gives numpy's bool, which JSON cannot write.
        return bool(self.measured <= self.bar if self.is_most else self.measured >= self.bar)


def show(measurements: Sequence[Measurement]) -> None:
    width = max(len(measurement.name) for measurement in measurements)
    print(f"{'':{width}}  measured      bar")
    for row in measurements:
        bar = "" if row.bar is None else f"{'≤' if row.is_most else '≥'} {row.bar:g}"
        verdict = "" if row.bar is None else ("ok" if row.ok else "MISSED")
        print(f"{row.name:{width}}  {row.measured:8.2f}  {bar:>7}  {verdict:6} {row.note}")


def save(measurements: Sequence[Measurement], path: Path = RESULTS) -> None:
    rows = [asdict(measurement) | {"ok": measurement.ok} for measurement in measurements]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
