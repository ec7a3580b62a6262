"""Cautions about raters that are mixed in one sample."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]


def mixed_raters(frame: pd.DataFrame) -> Iterator[str]:
    if "rater" in frame and frame["rater"].nunique() > 1:
        yield (
            f"Ratings of {frame['rater'].nunique()} raters are mixed; their scores need not mean "
            "the same. Filter by rater."
        )
