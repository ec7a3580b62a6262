"""The command `python -m local.emulators.gcs`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from local.data_errors import UnusableData
from local.emulators.gcs.service import DirectoryInUse, Service


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 1 when the port or the directory is taken."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        service = Service(options.data, options.port, options.pubsub)
    except (DirectoryInUse, OSError) as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    except UnusableData as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    service.start()
    sys.stdout.write(json.dumps({"ready": True, "port": service.port}) + "\n")
    sys.stdout.flush()
    stop.wait()
    service.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.gcs", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="directory for everything stored")
    parser.add_argument("--pubsub", metavar="HOST:PORT", help="where notifications are published")
    parser.add_argument("--verbose", action="store_true", help="log every request to stderr")
    return parser


if __name__ == "__main__":
    sys.exit(main())
