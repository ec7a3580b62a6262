"""Collect the tests once, for all processes of the suite.

Each process would make the same ten thousand items: 3 s of CPU in every one of them. Here the
process that they are forks of makes them, and the session of each fork begins with them. It still
selects and sorts them by itself.
"""

from pathlib import Path

from _pytest import fixtures, runner
from _pytest.config import Config
from _pytest.fixtures import FixtureManager
from _pytest.main import Session
from _pytest.reports import CollectReport

collected: list[tuple[Session, FixtureManager]] = []
"""The session that was collected before the forks, if there is one, and what fixtures it found."""


class Outcomes:
    """Whether every module could be collected, and none skipped itself."""

    are_good = True

    def pytest_collectreport(self, report: CollectReport) -> None:
        self.are_good &= report.passed


def collect_for_forks(config: Config) -> bool:
    """Make the items of all tests below the arguments of a configuration.

    False if a module fails or skips itself. Then processes must be started that collect: they
    report it.
    """
    session, outcomes = Session.from_config(config), Outcomes()
    config.pluginmanager.register(outcomes)
    fixtures.pytest_sessionstart(session)
    runner.pytest_sessionstart(session)
    manager = session._fixturemanager
    conftests = dict(manager._pending_conftests)
    folders = session.perform_collect(genitems=False)  # what sorts items sees the folders
    manager._pending_conftests.update(conftests)  # it has forgotten them
    for folder in folders:
        session.items.extend(session.genitems(folder))
    if outcomes.are_good:
        collected.append((session, manager))
    return outcomes.are_good


def are_all_wanted(config: Config) -> bool:
    """Whether a run asks for all tests of some folders. It may select among the items."""
    return all(Path(path).is_dir() for path in config.args) and not any(
        config.getoption(name, None) for name in ("ignore", "ignore_glob", "pyargs")
    )


def begin(config: Config) -> Session:
    """A session for the configuration: the collected one, if there is one."""
    if not collected:
        return Session._create(config=config)
    ((session, _),) = collected
    assert [*map(Path, config.args)] == [*map(Path, session.config.args)]  # `tests/cli/`, too
    session.trace = config.trace.root.get("collection")
    for node in {node for item in session.items for node in item.listchain()}:
        node.config = config
    config.pluginmanager.register(session, name="session")
    return session


def take_over(session: Session) -> bool | None:
    """Give a session the items that were collected. None if it has to collect them."""
    if not collected:
        return None
    config = session.config
    for folder in sorted({item.path.parent for item in session.items}):
        config.pluginmanager._loadconftestmodules(
            folder,
            config.getoption("importmode"),
            config.rootpath,
            consider_namespace_packages=False,
        )
    _, session._fixturemanager = collected.pop()
    session._fixturemanager.config = config
    items = {"session": session, "config": config, "items": session.items}
    config.hook.pytest_collection_modifyitems(**items)
    config.hook.pytest_collection_finish(session=session)
    session.testscollected = len(session.items)
    return True
