"""Cautions about one content that several accounts posted."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.table.captions import CAPTION, NO_CODE, caption_code

FINGERPRINTS = ("content_hash", "sha256")
"""Columns with a fingerprint of the media file; the first that is present counts."""

STOCK_PHRASE = 0.5
"""A caption of which fewer videos have one duration is a phrase that many videos bear."""


def reposts(frame: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Contents of several accounts, by fingerprint, else by caption and duration."""
    contents, what = _contents(frame)
    if contents is None or plan.cluster is None:
        return
    accounts = frame[plan.cluster].groupby(contents).nunique()
    shared = accounts.index[accounts > 1]
    if len(shared):
        copies = contents.isin(shared)
        yield (
            f"{int(copies.sum()):,} videos of {frame.loc[copies, plan.cluster].nunique():,} "
            f"accounts show only {len(shared):,} "
            f"{'content' if len(shared) == 1 else 'contents'}, by the same {what}: they look like "
            "reposts, which count one rating several times. Keep one video of each."
        )


def _contents(frame: pd.DataFrame) -> tuple[pd.Series | None, str]:
    """A label for the content of each row (None where it is unknown), and what it is made of."""
    for name in FINGERPRINTS:
        if name in frame and frame[name].notna().any():
            return frame[name], name
    if CAPTION not in frame or "duration_s" not in frame:
        return None, ""
    captions, durations = frame[CAPTION], frame["duration_s"]
    if captions.dtype.kind != "i":  # texts are kept where the plan asks more of them
        captions = captions.map(caption_code)
    tenths = durations.mul(10).round().fillna(-1)
    labels = frame.groupby([captions, tenths]).ngroup()
    is_complete = (captions != NO_CODE) & durations.notna()
    same_caption = captions.map(captions.value_counts())
    is_of_one_video = labels.map(labels.value_counts()) > STOCK_PHRASE * same_caption
    return labels.where(is_complete & is_of_one_video), "caption and duration"
