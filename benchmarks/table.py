"""What a benchmark says: one figure, the bar it is held to, and the command that measures it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A ratio measured side by side in one run.

    It is to reach `bar`, or to stay below it where `is_most`; None is where it is only told.
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
        # Of one of numpy's numbers the answer would be numpy's own, which JSON does not know.
        return bool(self.measured <= self.bar if self.is_most else self.measured >= self.bar)


def show(figures: Sequence[Measurement]) -> None:
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  measured      bar")
    for figure in figures:
        bar = "" if figure.bar is None else f"{'≤' if figure.is_most else '≥'} {figure.bar:g}"
        verdict = "" if figure.bar is None else ("ok" if figure.ok else "MISSED")
        print(f"{figure.name:{width}}  {figure.measured:8.2f}  {bar:>7}  {verdict:6} {figure.note}")


def save(figures: Sequence[Measurement], path: Path = RESULTS) -> None:
    rows = [asdict(figure) | {"ok": figure.ok} for figure in figures]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
