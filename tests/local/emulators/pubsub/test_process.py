"""The server as a process: its output, its errors, and what survives a kill."""

import signal
import subprocess

import requests

from tests.local.emulators.pubsub.pubsub_world import until
from tests.programs import python


def test_published_messages_survive_kill_9(start, world_of, tmp_path):
    server = start(tmp_path)
    world = world_of(server)
    topic = world.topic()
    subscription = world.subscription(topic)
    ids = world.publish_many(topic, 100)

    server.stop(signal.SIGKILL)

    pulled = world_of(start(tmp_path)).pull(subscription, 100)
    assert {received.message.message_id for received in pulled} == ids


def test_acknowledged_messages_stay_gone_after_kill_9(start, world_of, tmp_path):
    server = start(tmp_path)
    world = world_of(server)
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)
    world.acknowledge(subscription, world.pull(subscription))

    server.stop(signal.SIGKILL)

    assert world_of(start(tmp_path)).backlog(subscription)["undelivered"] == 0


def test_a_push_cut_off_by_kill_9_is_sent_again_at_once(start, world_of, tmp_path, endpoint):
    server = start(tmp_path)
    world = world_of(server)
    topic = world.topic()
    world.subscription(topic, ack_deadline_seconds=600, push_config={"push_endpoint": endpoint.url})
    endpoint.answer = lambda request: server.stop(signal.SIGKILL) and 200
    message_id = world.publish(topic)
    until(lambda: server.process.returncode is not None)
    endpoint.answer = lambda request: 200

    start(tmp_path)

    until(lambda: endpoint.ids() == [message_id] * 2)


def test_it_says_one_line_and_stops_on_sigterm(start, tmp_path):
    server = start(tmp_path)
    server.process.send_signal(signal.SIGTERM)

    output = server.process.stdout.read()

    assert server.process.wait(timeout=10) == 0
    assert output == ""


def test_a_second_server_on_the_same_data_is_refused(start, tmp_path):
    start(tmp_path)
    command = [*python(), "-m", "local.emulators.pubsub", "--data", str(tmp_path)]

    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert second.returncode == 1
    assert "in use by another" in second.stderr
    assert second.stdout == ""


def test_a_port_that_is_taken_is_refused(server, tmp_path):
    port = server.host.rpartition(":")[2]
    command = [
        *python(),
        "-m",
        "local.emulators.pubsub",
        "--data",
        str(tmp_path),
        "--port",
        port,
    ]

    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert second.returncode == 1
    assert f"port {port} is not free" in second.stderr


def test_the_admin_page_refuses_what_it_does_not_know(server):
    assert requests.get(server.admin + "/nothing", timeout=5).status_code == 404
    assert requests.post(server.admin + "/backlog", timeout=5).status_code == 405


def test_the_backlog_tells_how_a_subscription_stands(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish_many(topic, 3)
    world.pull(subscription)

    counts = world.backlog(subscription)

    assert counts["undelivered"] == 3
    assert counts["outstanding"] == 1
    assert counts["oldest_unacked_age_s"] > 0
    assert counts["dead_lettered"] == 0
