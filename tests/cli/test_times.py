"""`--since` takes a span or a time."""

from datetime import timedelta

import pytest

from cli.errors import WRONG_USE, UserError
from cli.times import moment
from tests.records import DAY_0


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        (" 7d ", timedelta(days=7)),
        ("1w", timedelta(weeks=1)),
        ("2026-10-31", timedelta(days=1)),
        ("2026-10-31T23:00Z", timedelta(hours=1)),
        ("2026-10-31T23:00:00+01:00", timedelta(hours=2)),
    ],
)
def test_a_span_counts_back_and_a_time_is_in_utc(text, ago):
    assert moment(text, DAY_0) == DAY_0 - ago


@pytest.mark.parametrize("text", ["", "soon", "2", "-2h", "2 fortnights", "2026-13-01", "999999w"])
def test_what_is_neither_is_wrong_use(text):
    with pytest.raises(UserError) as refused:
        moment(text, DAY_0)

    assert refused.value.status == WRONG_USE
