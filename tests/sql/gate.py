"""The analyser as a web service, which the local BigQuery asks before it runs a statement."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.sql.analyser import Analyser, Refusal
from tests.sql.engine import RefusedStatement
from tests.sql.statements import Statement


class Gate:
    """Its address for TTA_SQL_GATE, and what it was asked."""

    def __init__(self, analyser: Analyser):
        self.analyser = analyser
        self.statements: list[Statement] = []
        self.refusals: list[Refusal] = []
        self.url = ""
        self._lock = threading.Lock()

    def judge(self, line: bytes) -> str | None:
        """Why the statement is refused; None when it is accepted."""
        fields = json.loads(line)
        statement = Statement(fields["sql"], fields["origin"], fields["parameters"])
        reason = self._reason(statement)
        with self._lock:
            self.statements.append(statement)
            if reason is not None:
                self.refusals.append(Refusal(statement, reason))
        return reason

    def _reason(self, statement: Statement) -> str | None:
        try:
            self.analyser.analyse(statement)
        except RefusedStatement as error:
            return str(error)
        return None


@contextmanager
def opened(analyser: Analyser) -> Iterator[Gate]:
    """A gate on 127.0.0.1 until the block ends."""
    gate = Gate(analyser)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reason = gate.judge(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"refusal": reason}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gate.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
