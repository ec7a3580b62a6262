"""What a specification curve says, in a sentence."""

from collections.abc import Iterable

from shared.insights.number_words import ALPHA
from shared.insights.specifications import ESTIMATORS, WITHIN


def signs_text(results: Iterable[tuple[str, float, float | None]]) -> str:
    """How many analyses of each estimator say more and fewer at .05, and what it means if both do.

    `results` are estimator, estimate and p of each analysis.
    """
    counts = {estimator: [0, 0, 0] for estimator in ESTIMATORS}
    for estimator, estimate, p in results:
        sign = 0 if p is None or p >= ALPHA else 1 if estimate > 0 else 2
        counts[estimator][sign] += 1
    sentences = [
        f"{estimator}, {more} of {more + fewer + none} say more and {fewer} fewer"
        for estimator, (none, more, fewer) in counts.items()
        if none + more + fewer
    ]
    if not sentences:
        return ""
    text = f"At p < .05: {'; '.join(sentences)}."
    more, fewer = (sum(each[sign] for each in counts.values()) for sign in (1, 2))
    if more and fewer:
        return f"{text} The signs differ. {POOLED}"
    is_only_pooled = more + fewer > 0 == sum(counts[WITHIN][1:])
    return f"{text} Only pooled analyses claim something. {POOLED}" if is_only_pooled else text


POOLED = (
    "Pooled analyses also compare creators with each other, so whatever differs between creators "
    "moves them. The headline compares videos of one creator."
)
