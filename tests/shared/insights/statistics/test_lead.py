"""The next value of a group, against pandas' shift."""

import numpy as np
import pandas as pd

from shared.insights.statistics.lead import next_values
from shared.insights.statistics.resampling import Groups


def test_the_next_value_is_pandas_shift_by_group():
    draw = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "creator": draw.integers(0, 9, 200),
            "time": draw.permutation(200),
            "score": draw.normal(size=200),
        }
    )
    theirs = frame.sort_values("time").groupby("creator")["score"].shift(-1).reindex(frame.index)

    ours = next_values(
        frame["score"].to_numpy(), frame["time"].to_numpy(), Groups.of(frame["creator"])
    )

    np.testing.assert_array_equal(ours, theirs.to_numpy())


def test_two_videos_at_one_moment_are_the_next_of_none_and_share_their_own_next():
    values, times = np.array([3.0, 1.0, 0.0, 2.0]), np.array([6, 5, 4, 5])

    ours = next_values(values, times, Groups.of(["a", "a", "a", "a"]))

    np.testing.assert_array_equal(ours, [np.nan, 3.0, np.nan, 3.0])
