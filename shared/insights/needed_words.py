"""How many videos a finding would take, in a sentence."""

from shared.insights.needed_videos import RatioPower
from shared.insights.number_words import ratio_text

USEFUL_RATIO = 1.1
LARGEST_RATIO = 100.0
MOST_VIDEOS = 10_000_000
"""Beyond these, the sentence says only that it takes more."""


def needed_sentence(power: RatioPower | None, over: str) -> str:
    """What the sample could have found, and how many videos a useful ratio needs.

    `over` names the sample: `240 videos of 24 creators`.
    """
    if power is None:
        return f"These {over} say little: the interval does not tell how many it would take."
    smallest = power.smallest_ratio
    if smallest <= USEFUL_RATIO:
        return (
            f"These {over} could have shown a ratio of {ratio_text(smallest)} or more, so they are "
            f"enough for a ratio of {USEFUL_RATIO:.2f}."
        )
    is_huge = smallest > LARGEST_RATIO
    least = f"more than {LARGEST_RATIO:g}" if is_huge else f"{smallest:.2f} or more"
    count = about_videos(dict(power.needed)[USEFUL_RATIO])
    return (
        f"These {over} could have shown a ratio of {least}; a ratio of {USEFUL_RATIO:.2f} takes "
        f"{count} videos like these."
    )


def about_videos(count: int) -> str:
    """Two digits are more than such a forecast knows."""
    if count > MOST_VIDEOS:
        return f"more than {MOST_VIDEOS:,}"
    return f"about {int(float(f'{count:.2g}')):,}"
