"""The stand-in: `python -m tests.stand_ins.gemini --port N [--script FILE.json]`, for tests."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.stand_ins.gemini.server import StandIn
from tests.stand_ins.gemini.service import Service


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the first line on stdout says the port."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        gemini = _stand_in(options)
    except (ValueError, TypeError, AttributeError, OSError) as error:
        sys.stderr.write(f"Gemini stand-in not started: {error}\n")
        return 2
    threading.Thread(target=gemini.serve_forever, args=(0.1,), daemon=True).start()
    sys.stdout.write(json.dumps({"ready": True, "port": gemini.port, "url": gemini.url}) + "\n")
    sys.stdout.flush()
    stop.wait()
    gemini.stop()
    return 0


def _stand_in(options: argparse.Namespace) -> StandIn:
    service = Service(restless=options.restless)
    if options.script:
        service.configure(json.loads(options.script.read_text()))
    return StandIn(service, port=options.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.stand_ins.gemini", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--script", type=Path, help="JSON, as POST /_script takes it")
    parser.add_argument(
        "--restless", action="store_true", help="a clip asked again gets a slightly other answer"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
