"""Videos that several raters rated: rows of the star schema, and the ratings."""

import numpy as np

from shared.insights.agreement.long_table import RatingsBuilder
from tests.insights_tables import plan, rows

PLAN = plan()
PROMPTED = (
    "gemini/flash/2.0",
    "gemini/flash/2.0+wording-b",
    "gemini/pro/2.0",
    "gemini/pro/2.0+wording-b",
)


def rated_rows(n=240, creators=24, slope=0.5, seed=1):
    """Rows without a rating of their own, and the true surprise of each video."""
    videos = rows(n=n, creators=creators, slope=slope, seed=seed)
    truth = {video["video_id"]: float(video.pop("unexpectedness")) for video in videos}
    return [video | {"rating_status": "no_media"} for video in videos], truth


def ratings_of(truth, raters=PROMPTED, spread=10.0, replicates=2, share=1.0, seed=1):
    """Each rater's answers scatter around the truth by `spread`; it rated a `share` of videos."""
    draw = np.random.default_rng(seed)
    builder = RatingsBuilder()
    for rater in raters:
        for video, score in truth.items():
            if draw.random() < share:
                for replicate in range(replicates):
                    answer = round(score + spread * draw.normal())
                    builder.add(video, rater, "unexpectedness", float(answer), replicate)
    return builder.ratings()
