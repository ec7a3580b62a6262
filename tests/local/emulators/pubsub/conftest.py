"""One server for most tests, and ways to have one's own."""

import signal

import pytest

from tests.local.emulators.pubsub.pubsub_world import Endpoint, Server, World


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("pubsub"))
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="session")
def world(server):
    world = World(server)
    yield world
    world.close()


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def start():
    """Start servers of one's own; what still runs at the end is stopped."""
    started = []

    def start(data, *arguments):
        started.append(Server(data, *arguments))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)


@pytest.fixture
def world_of():
    """Clients to a server of one's own."""
    worlds = []

    def world_of(server):
        worlds.append(World(server))
        return worlds[-1]

    yield world_of
    for world in worlds:
        world.close()
