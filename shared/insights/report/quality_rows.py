"""What was read, dropped, flagged and missing, and every sentence of a report, as rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from shared.insights.report.analysis import Analysis
from shared.insights.report.missing_data import MissingData, VideoCounts
from shared.insights.wording import SAYS, answer, in_steps
from shared.known_breaks import break_sentences

Row = dict[str, Any]


def quality_rows(
    found: Analysis | None, lacking: MissingData | None, there: VideoCounts, videos: Sequence[Row]
) -> list[Row]:
    """All of them, in the order of the report; `finding` names each."""
    rows = [*_answers(found, lacking), *_rows(there, found), *_flags(videos)]
    if found:
        rows += [*_dropped(found), *_months(found), *_precision(found), *_cautions(found, videos)]
    for place, row in enumerate(rows):
        row["place"] = place
        row["finding"] = f"{row['part']}/{row['subject']}"
    return rows


def _answers(found: Analysis | None, lacking: MissingData | None) -> Iterator[Row]:
    """The answer, sentence by sentence of the paragraph."""
    if lacking:
        yield _said("answer", "missing", lacking.what)
        yield _said("answer", "next", lacking.do)
    if found:
        yield _said("answer", "finding", answer(found.insights).removesuffix(SAYS).rstrip())
        if steps := in_steps(found.insights):
            yield _said("answer", "steps", steps)
        yield _said("answer", "meaning", SAYS)


def _rows(there: VideoCounts, found: Analysis | None) -> Iterator[Row]:
    kept = len(found.gate.frame) if found else 0
    for subject, count in (
        ("videos known", there.videos),
        ("rated", there.rated),
        ("with the primary KPI", there.counted),
        ("rated and with the primary KPI", there.both),
        ("kept for the analysis", kept),
        ("synthetic", there.synthetic),
        ("ratings made up by a test, not used", there.made_up),
    ):
        yield _counted("rows", subject, count, there.videos)
    for status, count in sorted(there.statuses.items()):
        yield _counted("status", status, count, there.videos)


def _flags(videos: Sequence[Row]) -> Iterator[Row]:
    for part, column in (("rating flag", "rating_flags"), ("counts flag", "metrics_flags")):
        counts = Counter(flag for row in videos for flag in row.get(column) or ())
        for flag, count in sorted(counts.items()):
            yield _counted("flagged", f"{flag} ({part})", count, len(videos))


def _dropped(found: Analysis) -> Iterator[Row]:
    for rule, count in found.gate.dropped.items():
        yield _counted("dropped", rule, count, found.gate.rows)
    for name, count in found.gate.missing.items():
        yield _counted("missing", name, count, len(found.gate.frame))


def _months(found: Analysis) -> Iterator[Row]:
    for month, (rows, impossible) in found.gate.months.items():
        yield _counted("month", month, impossible, rows)


def _precision(found: Analysis) -> Iterator[Row]:
    insights = found.insights
    power = insights.strength.power
    if power:
        yield _valued("precision", "design effect", power["design_effect"])
        yield _valued("precision", "independent videos worth", power["n_effective"])
        yield _valued("precision", "smallest ρ found with a power of .80", power["smallest_rho"])
        for one in power["of"]:
            name = f"videos needed to find ρ = {one['rho']:.2f} with a power of .80"
            yield _valued("precision", name, float(one["n_needed"]))
    most = insights.strength.influence
    # Creators are not named: what is erased elsewhere must not stay here.
    for rank, one in enumerate(most["largest"] if most else (), 1):
        name = f"ρ without the creator of influence no. {rank}"
        yield _valued("influence", name, one["estimate_without"]) | {"count": one["n"]}


def _cautions(analysis: Analysis, videos: Sequence[Row]) -> Iterator[Row]:
    """What the analysis warns of, and known breaks that the videos it rests on span."""
    analysed = (videos[position] for position in analysis.gate.frame.index)
    dated = ((row.get("source"), row.get("listed_at"), row.get("collected_at")) for row in analysed)
    breaks = break_sentences(dated)
    for number, sentence in enumerate(dict.fromkeys((*analysis.insights.warnings, *breaks)), 1):
        yield _said("caution", str(number), sentence)


def _said(part: str, subject: str, sentence: str) -> Row:
    return {"part": part, "subject": subject, "sentence": sentence}


def _counted(part: str, subject: str, count: int, total: int) -> Row:
    return {"part": part, "subject": subject, "count": count, "total": total}


def _valued(part: str, subject: str, value: float | None) -> Row:
    return {"part": part, "subject": subject, "value": value}
