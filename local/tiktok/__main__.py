"""Serve the TikTok sandbox: `python -m local.tiktok --port N --library DIR [--faults JSON]`."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from local.sandbox.library import Library, LibraryMissing
from local.tiktok.faults import BadFaults
from local.tiktok.research import DAILY_QUOTA, ResearchApi
from local.tiktok.server import TikTokServer


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the first line on stdout says the port."""
    args = _arguments(argv)
    try:
        server = _server(args)
    except (LibraryMissing, BadFaults, ValueError, OSError) as error:
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
    api = ResearchApi(
        library,
        quota=args.quota,
        client_key=args.client_key,
        client_secret=args.client_secret,
        token_life_s=args.token_life_s,
    )
    server = TikTokServer(library, api, port=args.port, quiet=args.quiet)
    if args.faults:
        server.change(json.loads(args.faults))
    return server


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.tiktok", description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="made by local.sandbox")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free port")
    parser.add_argument("--faults", help="JSON, as POST /admin/faults takes it")
    parser.add_argument("--quota", type=int, default=DAILY_QUOTA, help="queries per UTC day")
    parser.add_argument("--client-key", default="sandbox")
    parser.add_argument("--client-secret", default="sandbox")
    parser.add_argument("--token-life-s", type=int, default=7200)
    parser.add_argument("--quiet", action="store_true", help="no request log on stderr")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
