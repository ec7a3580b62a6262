"""`tta failed` says how many messages wait, and where it stopped counting."""

import pytest

from cli.console import Screen
from cli.verbs.failed.view import show
from shared.messaging.parked import ParkedCount
from tests.records import at


@pytest.mark.parametrize(
    ("parked", "line"),
    [
        (
            ParkedCount(2, at(2), at(9)),
            "2 parked: due from 2026-11-01 02:00 UTC to 2026-11-01 09:00",
        ),
        (ParkedCount(10_000, at_least=True), "At least 10,000 parked."),
    ],
)
def test_what_waits_is_counted(capsys, parked, line):
    show(Screen(), [], parked)

    assert line in capsys.readouterr().out
