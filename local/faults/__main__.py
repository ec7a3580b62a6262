"""Serve the proxies of a plan: `python -m local.faults --plan FILE --route POINT=PORT:TARGET …`."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.faults.dice import LOG, Dice, FaultLog
from local.faults.kinds import PROXIED
from local.faults.plan import BadFaultPlan, read_plan
from local.faults.proxy import Proxy
from local.faults.wire import ProxyTarget

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Route:
    """The port at which a point answers, and the port behind it."""

    at: str
    port: int
    target: int

    @classmethod
    def read(cls, text: str) -> "Route":
        at, _, ports = text.partition("=")
        port, _, target = ports.partition(":")
        if at not in PROXIED or not (port.isdecimal() and target.isdecimal()):
            raise argparse.ArgumentTypeError(f"{text!r} is not POINT=PORT:TARGET")
        return cls(at, int(port), int(target))


def main() -> int:
    """Exit status 0 after SIGTERM, 1 for a bad plan or a port that is taken."""
    options = _options()
    try:
        asyncio.run(_serve(options))
    except (BadFaultPlan, OSError) as error:
        sys.stderr.write(f"local.faults: {error}\n")
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    plan, log = read_plan(options.plan), FaultLog(options.logs / LOG)
    for route in options.route:
        target, dice = ProxyTarget(HOST, route.target), Dice(route.at, plan, log)
        await Proxy(target, dice, killing(route.at, options.logs)).start(HOST, route.port)
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    await stop.wait()


def killing(name: str, logs: Path) -> Callable[[], None]:
    """Kills the process group of a program; the supervisor then starts the program again."""

    def kill() -> None:
        with suppress(OSError, ValueError):
            os.killpg(int((logs / f"{name}.pid").read_text()), signal.SIGKILL)

    return kill


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.faults", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="the plan of faults (YAML)")
    parser.add_argument("--logs", type=Path, required=True, help="folder of logs and process ids")
    parser.add_argument(
        "--route",
        type=Route.read,
        action="append",
        default=[],
        metavar="POINT=PORT:TARGET",
        help="serve a point on a port of 127.0.0.1, in front of another",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
