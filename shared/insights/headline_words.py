"""What the headline compares and leaves out, in words."""

from shared.insights.headline import Headline, Scope

DROPPED = {
    "alone": "left out: a single video of its creator or week",
    "no_counts": "left out: its creator or week has no count above 0",
    "separated": "left out: the other columns already explain its count of 0",
}

COMPARED: dict[Scope, str] = {
    "creators": "Each creator’s videos are compared with each other.",
    "accounts": (
        "The videos of each account are compared with each other, with a trend and the weekday in "
        "the model. Neighbouring videos may be alike, so they count as one block."
    ),
    "account": (
        "The videos of this account are compared with each other, with a trend and the weekday in "
        "the model. Neighbouring videos may be alike, so they count as one block."
    ),
    "videos": "The plan names no creators, so videos of different creators are compared.",
}


def basis(headline: Headline) -> dict[str, str]:
    """What is compared with what, by subject."""
    sentences = {"compared": COMPARED[headline.scope], "age": _age(headline)}
    if headline.scope in ("account", "accounts"):
        return sentences
    return sentences | {"weeks": _weeks(headline), "interval": _interval(headline)}


def _age(headline: Headline) -> str:
    is_mean = headline.question.scale == "mean"
    if headline.equal_age_days is not None:
        values = "Values" if is_mean else "Counts"
        return f"{values} are those {headline.equal_age_days:g} days after each post."
    if is_mean:
        return "Values are the latest ones, over all views of a video so far."
    return "Counts are the latest ones, so older videos had longer to gather them."


def _weeks(headline: Headline) -> str:
    if headline.periods:
        return f"Videos of the same weeks are compared ({headline.periods} periods)."
    return "Calendar weeks are not in the model."


def _interval(headline: Headline) -> str:
    if headline.scope == "videos":
        return "The interval treats videos as independent, so it is too short."
    if headline.sounds_in_model:
        return (
            "Videos with the same sound are compared. The interval holds for other creators who "
            "use these sounds."
        )
    if headline.sounds is None:
        return "The interval holds for other creators like these, not only for other videos."
    return (
        "Creators share sounds, so the interval is the wider of two: one for other creators, one "
        "for other sounds."
    )
