"""The TikTok sandbox: `python -m local.sandbox.api --port N --library DIR [--faults FILE]`."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from local.faults import BadFaultPlan, FaultPlan, read_plan
from local.faults.dice import LOG, FaultLog
from local.sandbox.api.business import SandboxBusinessApi
from local.sandbox.api.display import SandboxDisplayApi
from local.sandbox.api.faults import Faults
from local.sandbox.api.research import DAILY_QUOTA, SandboxResearchApi
from local.sandbox.api.server import TikTokServer
from local.sandbox.library import Library, LibraryMissing


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the first line on stdout says the port."""
    args = _arguments(argv)
    try:
        server = _server(args)
    except (LibraryMissing, BadFaultPlan, ValueError, OSError) as error:
        sys.stderr.write(f"tiktok sandbox not started: {error}\n")
        return 2
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(
        target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.1}
    ).start()
    sys.stdout.write(json.dumps({"ready": True, "port": server.port, "url": server.url}) + "\n")
    sys.stdout.flush()
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0


def _server(args: argparse.Namespace) -> TikTokServer:
    library = Library.load(args.library)
    api = SandboxResearchApi(
        library,
        quota=args.quota,
        client_key=args.client_key,
        client_secret=args.client_secret,
        token_life_s=args.token_life_s,
    )
    plan = read_plan(args.faults) if args.faults else FaultPlan()
    faults = Faults(plan, FaultLog(args.logs / LOG if args.logs else None))
    display = SandboxDisplayApi(
        api.shown,
        client_key=args.client_key,
        client_secret=args.client_secret,
        access_life_s=args.token_life_s,
    )
    business = SandboxBusinessApi(api.shown)
    return TikTokServer(
        library,
        api,
        faults,
        display=display,
        business=business,
        port=args.port,
        quiet=args.quiet,
    )


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.sandbox.api", description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="made by local.sandbox")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free port")
    parser.add_argument("--faults", type=Path, help="a plan of what shall go wrong (YAML)")
    parser.add_argument("--logs", type=Path, help="folder in which faults are logged")
    parser.add_argument("--quota", type=int, default=DAILY_QUOTA, help="queries per UTC day")
    parser.add_argument("--client-key", default="sandbox")
    parser.add_argument("--client-secret", default="sandbox")
    parser.add_argument("--token-life-s", type=int, default=7200)
    parser.add_argument("--quiet", action="store_true", help="no request log on stderr")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
