"""Serve the local Pub/Sub until SIGTERM; one JSON line on stdout says when it is ready."""

import argparse
import asyncio
import json
import logging
import resource
import signal
import sys
from pathlib import Path

from local.data_errors import UnusableData
from local.emulators.pubsub.database import DataInUse
from local.emulators.pubsub.server import Options, serving
from local.faults import BadFaultPlan


def main() -> int:
    options = _options()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    _allow_many_connections()
    try:
        asyncio.run(_serve(options))
    except (DataInUse, BadFaultPlan, OSError, ValueError) as error:
        print(f"local.emulators.pubsub: {error}", file=sys.stderr)  # noqa: T201 (told to a person)
        return 1
    except UnusableData as error:
        print(error, file=sys.stderr)  # noqa: T201 (told to a person)
        return error.status
    return 0


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(options) as (port, admin_port):
        ready = {"ready": True, "port": port, "admin_port": admin_port}
        print(json.dumps(ready), flush=True)  # noqa: T201 (the ready line)
        await stop.wait()


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.pubsub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="gRPC port (0: any free one)")
    parser.add_argument("--admin-port", type=int, default=0, help="HTTP port of the admin page")
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps messages")
    parser.add_argument("--key", type=Path, help="service-account key that signs push tokens")
    parser.add_argument(
        "--push-concurrency", type=_concurrency, default=512, help="1 to 1000, per subscription"
    )
    parser.add_argument("--faults", type=Path, help="a plan of what shall go wrong (YAML)")
    parser.add_argument("--logs", type=Path, help="folder in which faults are logged")
    return Options(**vars(parser.parse_args()))


def _concurrency(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be between 1 and 1000")
    return value


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = 65536 if most == resource.RLIM_INFINITY else min(most, 65536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


if __name__ == "__main__":
    sys.exit(main())
