"""What a drawn sample would say if people rated it: the interval to expect beforehand."""

from shared.insights.agreement.ratings import Ratings
from shared.insights.number_words import ratio_text
from shared.insights.result import Insights
from shared.insights.sampling.headline_draw import NotDrawable, expected_widths

VIDEOS = 60


def drawn_width_sentence(insights: Insights, ratings: Ratings | None) -> str | None:
    """“If people rated 60 videos …”; None where no sample can be drawn for the primary question."""
    answer, primary = insights.headline, insights.plan.primary
    if answer is None or primary is None:
        return None
    try:
        widths = expected_widths(answer, primary.predictor, ratings, VIDEOS)
    except NotDrawable:
        return None
    width = next((each for each in widths if each.videos == VIDEOS), None)
    if width is None:
        return None
    return (
        f"If people rated {VIDEOS} videos drawn by tta rate-kit --sample {VIDEOS}, the 95 % "
        "interval of the ratio for one standard deviation of their ratings would reach about "
        f"× or ÷ {ratio_text(width.factor)} to each side; with people alone, "
        f"{ratio_text(width.people_alone)}."
    )
