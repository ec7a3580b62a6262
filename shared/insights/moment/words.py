"""What an estimate of the moment says, in sentences."""

from collections.abc import Iterator, Mapping

from shared.insights.moment.result import HazardRatio, MomentResult, OnsetError
from shared.insights.number_words import ALPHA, p_value, ratio_text

MOMENTS: Mapping[str, str] = {
    "surprise": "the surprise begins",
    "suspense": "the suspense begins",
    "payoff": "the suspense ends",
}

REASONS: Mapping[str, str] = {
    "no_onset": "no moment is marked",
    "too_few_points": "fewer than five points",
    "not_a_share": "numbers that are not shares",
    "negative_share": "a negative share",
    "too_few_viewers": "too few viewers",
    "longer_than_the_video": "a curve longer than the video",
    "onset_outside_the_video": "a moment outside the video",
    "nothing_before_the_onset": "no second before the moment is known",
    "nothing_in_the_window": "no second after the moment is known",
    "nobody_leaves": "nobody leaves",
    "second_reading": "a second curve of one video",
    "rising_shares": "shares that rise",
    "missing_seconds": "missing seconds",
    "viewers_unknown": "an unknown number of viewers",
    "creator_unknown": "an unknown creator",
}
"""Why a video is left out, or flagged. A reason that is not here is shown by its name."""

CAUSE = (
    "What is constant in a video and what is usual at a second are held equal. What else happens "
    "at that moment, such as a joke or a beat, is not, so the moment need not be the cause."
)
"""What the design holds constant, and what it cannot: nobody draws lots for the onset."""

SIGNALS: Mapping[str, str] = {"cuts": "cuts", "motion": "motion", "loudness": "loudness"}


def moment_sentences(result: MomentResult) -> dict[str, str]:
    """The answer, how sure it is, what would overturn it, and what to keep in mind, by subject."""
    sentences = {"answer": answer(result)}
    if result.effect is not None:
        sentences |= {"basis": basis(result), "sure": certainty(result)}
    overturning = result.overturn.sentences if result.overturn else ()
    numbered = {"overturn": overturning, "left out": left_out_sentences(result)}
    for subject, texts in (numbered | {"note": result.notes}).items():
        sentences |= {f"{subject} {number}": text for number, text in enumerate(texts, 1)}
    more = {
        "cause": CAUSE if result.effect is not None else "",
        "onsets": onset_sentence(result.onset_error),
        "neighbours": neighbour_sentence(result),
    }
    return sentences | {subject: text for subject, text in more.items() if text}


def answer(result: MomentResult) -> str:
    """The first sentence: how many fewer viewers leave, or why nobody knows."""
    when = f"{_window(result)} {MOMENTS[result.event]}"
    effect = result.effect
    if effect is None:
        reason = result.note or "no estimate exists"
        return f"Can’t tell whether viewers stay {when}: {reason}.{_next_step(result)}"
    numbers = f"(hazard ratio {ratio_text(effect.ratio)}, 95 % interval {_interval(effect)})"
    if effect.low <= 1 <= effect.high:
        return (
            f"No difference was found: {when}, between {_change(effect.low)} and "
            f"{_change(effect.high)} viewers may leave per second {numbers}."
        )
    return (
        f"{_sentence_case(when)}, {_change(effect.ratio)} viewers leave per second than is usual "
        f"for that video and that second {numbers}."
    )


def _next_step(result: MomentResult) -> str:
    """What to do where curves have no moment; empty where that is not the reason."""
    if result.videos or "no_onset" not in result.left_out:
        return ""
    return " Rate the videos with tta rate, so that their moments are known."


def basis(result: MomentResult) -> str:
    """Videos, viewers and creators behind the answer, and what was held equal."""
    creators = f" of {_counted(result.creators, 'creator')}" if result.creators else ""
    apart = (
        "Videos of one creator count as related"
        if result.cluster == "creator"
        else "Creators are few: each video stands for itself, and the answer is of them alone"
    )
    signals = _listed([SIGNALS.get(name, name) for name in result.covariates])
    equal = (
        f" {_sentence_case(signals)} of each second {_is(signals)} held equal." if signals else ""
    )
    return (
        f"It rests on {_counted(result.videos, 'video')}{creators} with "
        f"{_viewers(result)} at the start. {apart}.{equal}"
    )


def _viewers(result: MomentResult) -> str:
    unknown = len(result.flags.get("viewers_unknown", ()))
    if unknown and unknown == result.videos:
        return "an unknown number of viewers"
    more = f" (and those of {_counted(unknown, 'video')} that nobody counted)" if unknown else ""
    return f"{_counted(result.viewers, 'viewer')}{more}"


def certainty(result: MomentResult) -> str:
    """The p of the effect, of placebos, and of the seconds before the moment."""
    assert result.effect is not None
    sentences = [f"How sure: {p_value(result.effect.p)}."]
    if result.placebo_p is not None:
        sentences.append(_placebo(result))
    if result.leads is not None:
        sentences.append(_leads(result))
    return " ".join(sentences)


def _placebo(result: MomentResult) -> str:
    p = result.placebo_p
    assert p is not None
    ending = "" if p < ALPHA else ", so chance may explain it"
    return (
        f"With the moments of other videos in their place ({result.placebos:,} times) it has "
        f"{p_value(p)}{ending}."
    )


def _leads(result: MomentResult) -> str:
    leads = result.leads
    assert leads is not None
    if leads.p < ALPHA:
        return (
            f"But viewers leave otherwise before the moment, too ({p_value(leads.p)}), so the "
            "moment alone does not explain it."
        )
    return f"In the seconds before the moment no other leaving was found ({p_value(leads.p)})."


def onset_sentence(error: OnsetError) -> str:
    """How far the marked moments may lie from the true ones; empty where nobody knows."""
    if error.source == "unknown":
        return ""
    who = "as stated"
    if error.source == "agreement":
        who = f"by {_counted(error.pairs, 'pair')} of raters of the same video"
    sentence = f"The marked moments err by {error.sd_s:.1f} s ({who}); the estimate allows for it."
    if error.far_pairs:
        sentence += (
            f" In {_counted(error.far_pairs, 'pair')} raters mean another moment altogether; that "
            "makes the effect look smaller than it is."
        )
    return sentence


def neighbour_sentence(result: MomentResult) -> str:
    """The comparison by eye, and why nobody should make it; empty where it has no figure."""
    naive = result.neighbours
    if naive is None or naive.ratio is None:
        return ""
    return (
        f"Not an answer: against the seconds just before it, leaving is {ratio_text(naive.ratio)} "
        f"times as frequent ({p_value(naive.p)}). Leaving falls along every video, so this "
        "comparison finds an effect in most studies that have none."
    )


def left_out_sentences(result: MomentResult) -> Iterator[str]:
    """A sentence for the videos that are left out, and one for those that are flagged."""
    for title, videos in (("Left out", result.left_out), ("Used, with remarks", result.flags)):
        if videos:
            parts = (f"{len(ids):,} ({REASONS.get(name, name)})" for name, ids in videos.items())
            yield f"{title}: {', '.join(parts)}."


def unread_sentence(unread: int) -> str:
    """How many curves there are beyond those that were read; empty where there is none."""
    if not unread:
        return ""
    return f"{_counted(unread, 'more video')} with a curve: a random part of all curves was read."


def _window(result: MomentResult) -> str:
    start, end = result.window_s
    if start == 0:
        return f"in the {_counted_seconds(end)} after"
    return f"from {start:g} to {end:g} s after"


def _counted_seconds(seconds: float) -> str:
    return "second" if seconds == 1 else f"{seconds:g} seconds"


def _interval(effect: HazardRatio) -> str:
    return f"{ratio_text(effect.low)} to {ratio_text(effect.high)}"


def _change(ratio: float) -> str:
    """`18 % fewer`, or `3.2 % more`."""
    percent = 100 * abs(ratio - 1)
    digits = 0 if percent >= 9.5 else 1
    return f"{percent:.{digits}f} % {'fewer' if ratio < 1 else 'more'}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _listed(words: list[str]) -> str:
    *most, last = words or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _is(signals: str) -> str:
    return "are" if " and " in signals or signals == "cuts" else "is"


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
