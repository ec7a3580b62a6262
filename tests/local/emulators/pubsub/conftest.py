"""One server for most tests, and fixtures for separate servers."""

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
    """Start separate servers; the end of the test stops them."""
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
    """Clients to a separate server."""
    worlds = []

    def world_of(server):
        worlds.append(World(server))
        return worlds[-1]

    yield world_of
    for world in worlds:
        world.close()
