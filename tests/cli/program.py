"""A program to supervise: `python -m tests.cli.program MODE [FILE]`.

serve: ready, then waits. silent: never ready. broken: says why and ends. deaf: ready, and
ignores SIGTERM. parent: ready, with a worker of its own that ignores SIGTERM. brief: ready,
ends at once. chatty: prints, then is ready.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    mode = sys.argv[1]
    if mode == "broken":
        sys.stderr.write("the port is taken\n")
        return 3
    if mode in ("deaf", "worker"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "parent":
        worker = subprocess.Popen([sys.executable, "-m", "tests.cli.program", "worker"])
        Path(sys.argv[2]).write_text(str(worker.pid))
    if mode == "chatty":
        sys.stdout.write("getting up\n")
    if mode != "silent":
        sys.stdout.write(json.dumps({"ready": True, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
    if mode == "brief":
        return 7
    time.sleep(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
