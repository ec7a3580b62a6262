"""Krippendorff's alpha for unitizing: do raters mark the same stretches of a video?

A rater divides the time of a video into spans with the event and gaps without it. Observed
disagreement is the time that one rater of a pair marks and the other does not. Expected
disagreement is that of times drawn from all raters of the video, never twice from one span, so
long spans are not taken for many small ones. Time is continuous: gaps have no smallest part.

This is the coefficient of Krippendorff, Mathet, Bouvry & Widlöcher (2016, Qual. Quant. 50(6),
2347–2364) and of Content Analysis (2019, 12.6.4, binary). It replaces Krippendorff's definition of
1995 and 2004, which misbehaves with three raters and more. Over several videos both disagreements
are summed, so chance is that of the same video, and a long span weighs more than a short one.
"""

from collections.abc import Sequence

import numpy as np

from shared.insights.statistics.estimate import CORRELATION, Estimate, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray

Span = tuple[float, float]
"""Start and end in seconds."""
Marks = Sequence[Sequence[Span]]
"""The spans of each rater of one video; a rater without an event has none."""


def unitizing_alpha(marks_of_videos: Sequence[Sequence[tuple[Marks, float]]]) -> Estimate:
    """Alpha with its interval over videos.

    A video holds one or more comparisons, each the marks of its raters and the video's length in
    seconds: one comparison of all raters, or one for each pair. Videos without two raters, and
    those where nobody marks anything, say nothing.
    """
    pairs = np.array(
        [
            np.sum([disagreements(*comparison) for comparison in video], axis=0)
            for video in marks_of_videos
            if video
        ]
    ).reshape(-1, 2)
    pairs = pairs[pairs[:, 1] > 0]
    observed, expected = pairs[:, 0], pairs[:, 1]

    def statistic(weights: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            alpha: FloatArray = 1 - (weights @ observed) / (weights @ expected)
        return alpha

    return jackknife_estimate(statistic, len(pairs), CORRELATION)


def disagreements(marks: Marks, length_s: float) -> tuple[float, float]:
    """Observed and expected disagreement of one video, in seconds of all raters together.

    Spans are cut at the video's ends, and overlapping spans of a rater are one. Both are 0 with
    fewer than two raters. Raises ValueError where the length is not positive.
    """
    if not length_s > 0:
        raise ValueError(f"length {length_s:g} s: above 0")
    raters = len(marks)
    if raters < 2:
        return 0.0, 0.0
    units = [_merged(spans, length_s) for spans in marks]
    lengths = np.array([end - start for spans in units for start, end in spans])
    marked, total = float(lengths.sum()), raters * length_s
    # Of two times of all raters' records, one in a span and one in a gap, and not both in one span.
    expected = 2 * marked * (total - marked) / (total - float((lengths**2).sum()) / total)
    return _observed(units, raters), expected if total > marked else 0.0


def _observed(units: Sequence[Sequence[Span]], raters: int) -> float:
    """Time that one of two raters marks and the other does not, over ordered pairs, by m - 1."""
    spans = [span for of_rater in units for span in of_rater]
    ends = [(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]
    observed, marking, before = 0.0, 0, 0.0
    for at, step in sorted(ends):
        observed += (at - before) * 2 * marking * (raters - marking) / (raters - 1)
        marking, before = marking + step, at
    return observed


def _merged(spans: Sequence[Span], length_s: float) -> list[Span]:
    """Spans in order, cut to the video, without overlaps and without empty ones."""
    merged: list[Span] = []
    for start, end in sorted((max(0.0, start), min(end, length_s)) for start, end in spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
