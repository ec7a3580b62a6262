"""Google's analyser, started once for these tests."""

from collections.abc import Iterator

import pytest

from tests.sql import install, statements
from tests.sql.analyser import Analyser
from tests.sql.engine import Engine, running


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    try:
        with running() as started:
            yield started
    except install.Unavailable as reason:
        if install.is_required():
            raise
        pytest.skip(str(reason))


@pytest.fixture
def analyser(engine: Engine) -> Analyser:
    """With the tables of tables.yaml; without views."""
    return Analyser(engine)


@pytest.fixture
def viewed(analyser: Analyser) -> Analyser:
    """With the views, too."""
    analyser.add_views(statements.views())
    return analyser
