"""A served Pub/Sub, official clients to it, and endpoints it can push to."""

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from google.cloud import pubsub_v1

from tests.programs import python

PROJECT = "a-project"
_numbers = itertools.count()


class Server:
    """`python -m local.emulators.pubsub` in its own process."""

    def __init__(self, data, *arguments):
        command = [*python(), "-m", "local.emulators.pubsub", "--data", str(data), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        ready = json.loads(self.process.stdout.readline())
        self.host = f"127.0.0.1:{ready['port']}"
        self.admin = f"http://127.0.0.1:{ready['admin_port']}"

    def stop(self, how=signal.SIGTERM):
        """End it. A killed relay ends before its program, which holds the output until its end."""
        self.process.send_signal(how)
        self.process.communicate(timeout=10)
        return self.process.returncode

    def get(self, page):
        return requests.get(self.admin + page, timeout=5).json()


class World:
    """Official clients, and a topic with its subscriptions under names of their own."""

    def __init__(self, server):
        self.server = server
        os.environ["PUBSUB_EMULATOR_HOST"] = server.host
        try:
            self.publisher = pubsub_v1.PublisherClient()
            self.subscriber = pubsub_v1.SubscriberClient()
        finally:
            del os.environ["PUBSUB_EMULATOR_HOST"]

    def close(self):
        self.publisher.stop()
        self.subscriber.close()
        self.publisher.transport.close()

    def topic(self):
        name = f"projects/{PROJECT}/topics/topic-{next(_numbers)}"
        self.publisher.create_topic(name=name)
        return name

    def subscription(self, topic, **config):
        name = f"projects/{PROJECT}/subscriptions/subscription-{next(_numbers)}"
        self.subscriber.create_subscription(request={"name": name, "topic": topic, **config})
        return name

    def publish(self, topic, data=b"x", **attributes):
        return self.publisher.publish(topic, data, **attributes).result(timeout=5)

    def publish_many(self, topic, count):
        futures = [self.publisher.publish(topic, b"%d" % number) for number in range(count)]
        return {future.result(timeout=5) for future in futures}

    def pull(self, subscription, count=1):
        """Exactly `count` messages; fails after 10 s with fewer."""
        got = []
        until(lambda: len(got) >= count or got.extend(self._pull(subscription, count - len(got))))
        return got

    def nothing_is_due(self, subscription):
        return not self._pull(subscription, 1, return_immediately=True)

    def acknowledge(self, subscription, messages):
        ids = [message.ack_id for message in messages]
        self.subscriber.acknowledge(subscription=subscription, ack_ids=ids)

    def backlog(self, subscription):
        return self.server.get("/backlog")[subscription]

    def _pull(self, subscription, count, **more):
        request = {"subscription": subscription, "max_messages": count, **more}
        return list(self.subscriber.pull(request=request, timeout=5).received_messages)


class Endpoint:
    """A push endpoint that remembers what came and answers what `answer` says."""

    def __init__(self, port=0):
        self.requests = []
        self.answer = lambda request: 200
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                request = (dict(self.headers), json.loads(self.rfile.read(length)))
                endpoint.requests.append(request)
                self.send_response(endpoint.answer(request))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class HttpServer(ThreadingHTTPServer):
            request_queue_size = 1024
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._http = HttpServer(("127.0.0.1", port), Handler)
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}/?topic=t"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def ids(self):
        return [body["message"]["messageId"] for _, body in self.requests]

    def close(self):
        self._http.shutdown()
        self._http.server_close()


def until(condition, seconds=10):
    """Wait for a condition, polling; fail when it does not come."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return result
