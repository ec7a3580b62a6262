"""Every cell of the table: the documented outcome, in bounded time, twice the same."""

import threading

import pytest

from tests.hostile import HANDLERS
from tests.hostile.page import PAGE, written
from tests.hostile.table import CLASSES, OUTCOMES

SECONDS = 60
CELLS = [
    pytest.param(handler, name, id=f"{handler.name}: {name}")
    for handler in HANDLERS
    for name in CLASSES
]


@pytest.mark.parametrize(("handler", "name"), CELLS)
def test_an_input_of_this_class_ends_as_documented(handler, name, tmp_path):
    cell = handler.cells[name]
    content = cell.resolved_input()

    with handler.opened(tmp_path) as feed:
        first = within(SECONDS, lambda: feed(content))
        second = within(SECONDS, lambda: feed(content))

    assert (first.outcome, second.outcome) == (cell.outcome, cell.outcome), first.says
    assert cell.says in first.says
    assert len(first.says) < 5_000, "what is said of it is as long as the input"
    assert first.neighbours and second.neighbours


def within(seconds: float, work):
    """Run in a thread, so that a hang is a failure and not the end of the suite."""
    finished = []

    def run() -> None:
        try:
            finished.append((work(), None))
        except BaseException as error:
            finished.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert finished, f"no end within {seconds} s"
    result, error = finished[0]
    if error:
        raise error
    return result


def test_every_cell_is_filled_with_a_known_outcome():
    for handler in HANDLERS:
        assert handler.cells.keys() == CLASSES.keys(), handler.name
        assert {cell.outcome for cell in handler.cells.values()} <= OUTCOMES.keys()


def test_the_page_says_what_the_table_says():
    assert PAGE.read_text() == written(), "it has drifted: run make generate"
