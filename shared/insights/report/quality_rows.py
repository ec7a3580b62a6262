"""Rows of insight_quality: counts of videos read, dropped and flagged, and all sentences."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import exp
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.caution import each_changes
from shared.insights.cautions.raters import mixed_raters
from shared.insights.for_whom_words import for_whom_lines
from shared.insights.method_words import methods_paragraph
from shared.insights.moment.result import MomentResult
from shared.insights.multiverse.words import raters_sentences
from shared.insights.overturn_words import overturn_sentences
from shared.insights.predictor_steps import step_of
from shared.insights.report.analysis import Analysis
from shared.insights.report.headline_rows import headline_rows
from shared.insights.report.missing_data import MissingData, VideoCounts
from shared.insights.report.moment_rows import moment_findings
from shared.insights.report.planted import PlantedEffect
from shared.insights.result import Insights
from shared.insights.verdict_words import verdict_sentences
from shared.insights.wording import LARGEST_LOG_RATIO, pooled, sentences
from shared.known_breaks import break_sentences

Row = dict[str, Any]
VIDEOS_NEEDED = "videos needed to find a ratio of"


def quality_rows(
    analysis: Analysis | None,
    missing: MissingData | None,
    counts: VideoCounts,
    videos: Sequence[Row],
    agreement: Mapping[str, Mapping[str, Any]] | None = None,
    planted: PlantedEffect | None = None,
    moment: MomentResult | None = None,
) -> list[Row]:
    """All rows, in the order of the report; `finding` names each row.

    `agreement` is what `validate` found by dimension, `moment` who leaves after the surprise.
    """
    rows = [
        *_verdict(analysis, missing),
        *_answers(analysis, missing, planted),
        *_rows(counts, analysis),
        *_flags(videos),
    ]
    if analysis:
        rows += [
            *_methods(analysis, agreement),
            *headline_rows(analysis.insights),
            *_for_whom(analysis),
            *(*_dropped(analysis), *_months(analysis), *_precision(analysis)),
            *_cautions(analysis, videos),
            *_overturn(analysis),
            *_raters(analysis),
            *_drawn(analysis),
        ]
    rows += moment_findings(moment)
    for position, row in enumerate(rows):
        row["place"] = position
        row["finding"] = f"{row['part']}/{row['subject']}"
    return rows


def _verdict(analysis: Analysis | None, missing: MissingData | None) -> Iterator[Row]:
    """The first screen in sentences."""
    if missing:
        yield _sentence("verdict", "short", f"Can’t tell yet. {missing.reason}")
        yield _sentence("verdict", "sure", "Not at all: these videos answer nothing either way.")
        yield _sentence("verdict", "next", missing.next_step)
    if analysis:
        for subject, text in verdict_sentences(analysis.insights).items():
            yield _sentence("verdict", subject, text)


def _methods(
    analysis: Analysis, agreement: Mapping[str, Mapping[str, Any]] | None
) -> Iterator[Row]:
    if text := methods_paragraph(analysis.insights, agreement):
        yield _sentence("methods", "apa", text)


def _answers(
    analysis: Analysis | None, missing: MissingData | None, planted: PlantedEffect | None
) -> Iterator[Row]:
    """The sentences of the answer, in their order."""
    if missing:
        yield _sentence("answer", "missing", missing.reason)
        yield _sentence("answer", "next", missing.next_step)
    if analysis:
        for subject, text in sentences(analysis.insights).items():
            yield _sentence("answer", subject, text)
            if subject == "finding" and planted and (truth := planted.sentence(analysis.insights)):
                yield _sentence("answer", "planted", truth)
        if second := pooled(analysis.insights):
            yield _sentence("answer", "pooled", second)


def _for_whom(analysis: Analysis) -> Iterator[Row]:
    for number, sentence in enumerate(for_whom_lines(analysis.insights), 1):
        yield _sentence("for_whom", str(number), sentence)


def _overturn(analysis: Analysis) -> Iterator[Row]:
    for subject, text in overturn_sentences(analysis.insights):
        yield _sentence("overturn", subject, text)


def _raters(analysis: Analysis) -> Iterator[Row]:
    """What all raters together say, where several rated the videos."""
    if analysis.raters is not None:
        for subject, text in raters_sentences(analysis.raters).items():
            yield _sentence("raters", subject, text)


def _drawn(analysis: Analysis) -> Iterator[Row]:
    if analysis.drawn_width:
        yield _sentence("drawn", "width", analysis.drawn_width)


def _rows(counts: VideoCounts, analysis: Analysis | None) -> Iterator[Row]:
    analysed = len(analysis.gate.frame) if analysis else 0
    for subject, count in (
        ("videos known", counts.videos),
        ("rated", counts.rated),
        ("with the primary KPI", counts.counted),
        ("rated and with the primary KPI", counts.both),
        ("kept for the analysis", analysed),
        ("synthetic", counts.synthetic),
        *((f"{kind}, set aside", count) for kind, count in counts.kind.document().items()),
        ("ratings made up by a test, not used", counts.made_up),
    ):
        yield _counted("rows", subject, count, counts.videos)
    for status, count in sorted(counts.statuses.items()):
        yield _counted("status", status, count, counts.videos)


def _flags(videos: Sequence[Row]) -> Iterator[Row]:
    for part, column in (("rating flag", "rating_flags"), ("counts flag", "metrics_flags")):
        counts = Counter(flag for row in videos for flag in row.get(column) or ())
        for flag, count in sorted(counts.items()):
            yield _counted("flagged", f"{flag} ({part})", count, len(videos))


def _dropped(analysis: Analysis) -> Iterator[Row]:
    for rule, count in analysis.gate.dropped.items():
        yield _counted("dropped", rule, count, analysis.gate.rows)
    for name, count in analysis.gate.missing.items():
        yield _counted("missing", name, count, len(analysis.gate.frame))


def _months(analysis: Analysis) -> Iterator[Row]:
    for month, (rows, impossible) in analysis.gate.months.items():
        yield _counted("month", month, impossible, rows)


def _precision(analysis: Analysis) -> Iterator[Row]:
    insights = analysis.insights
    if insights.power is not None:
        name = "smallest ratio within creators found with a power of .80"
        yield _valued("precision", name, insights.power.smallest_ratio)
        for ratio, needed in insights.power.needed:
            name = f"{VIDEOS_NEEDED} {ratio:.2f} within creators with a power of .80"
            yield _valued("precision", name, float(needed))
    power = insights.robustness.power
    if power:
        yield _valued("precision", "design effect of pooled ranks", power["design_effect"])
        yield _valued("precision", "independent videos worth", power["n_effective"])
        name = "smallest pooled ρ found with a power of .80"
        yield _valued("precision", name, power["smallest_rho"])
        for target in power["of"]:
            name = f"videos for a pooled ρ of {target['rho']:.2f} with a power of .80"
            yield _valued("precision", name, float(target["n_needed"]))
    yield from _influence(insights)


def _influence(insights: Insights) -> Iterator[Row]:
    """Ratios for a step. Creators have no names here: an erased one would stay in a report."""
    influence, primary = insights.robustness.influence, insights.primary
    if influence is None or primary is None:
        return
    step = step_of(insights.gate.frame[primary.predictor], primary.predictor).size
    for rank, without in enumerate(influence.creators, 1):
        log_ratio = None if without.estimate is None else step * without.estimate
        is_usable = log_ratio is not None and abs(log_ratio) <= LARGEST_LOG_RATIO
        name = f"ratio for one step without the creator of influence no. {rank}"
        ratio = exp(log_ratio) if log_ratio is not None and is_usable else None
        yield _valued("influence", name, ratio) | {"count": without.n}


def _cautions(analysis: Analysis, videos: Sequence[Row]) -> Iterator[Row]:
    """Warnings of the analysis by what they change, and known breaks of the source.

    The subject begins with what a caution changes: `answer`, `certainty` or `figures`.
    """
    analysed = [videos[position] for position in analysis.gate.frame.index]
    dated = ((row.get("source"), row.get("listed_at"), row.get("collected_at")) for row in analysed)
    cautions = analysis.insights.cautions
    seen = {caution.sentence for caution in cautions}
    breaks = [sentence for sentence in break_sentences(dated) if sentence not in seen]
    of_answer = [caution for caution in cautions if caution.changes == "answer"]
    of_source = each_changes("answer", (*breaks, *_raters_beside_the_plan(analysis, analysed)))
    ranked = (*of_answer, *of_source, *cautions[len(of_answer) :])
    for number, caution in enumerate(dict.fromkeys(ranked), 1):
        yield _sentence("caution", f"{caution.changes} {number}", caution.sentence)


def _raters_beside_the_plan(analysis: Analysis, analysed: Sequence[Row]) -> Iterator[str]:
    """Cautions about mixed raters and rubrics, where the plan does not read who rated."""
    columns = ("rater", "config_hash", "rubric_version", "rated_at")
    if not {"rater", "rubric_version"} <= {*analysis.gate.frame.columns}:
        rows = [{name: row.get(name) for name in columns} for row in analysed]
        yield from mixed_raters(pd.DataFrame(rows, columns=columns))


def _sentence(part: str, subject: str, sentence: str) -> Row:
    return {"part": part, "subject": subject, "sentence": sentence}


def _counted(part: str, subject: str, count: int, total: int) -> Row:
    return {"part": part, "subject": subject, "count": count, "total": total}


def _valued(part: str, subject: str, value: float | None) -> Row:
    return {"part": part, "subject": subject, "value": value}
