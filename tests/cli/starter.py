"""A command that starts a program under supervision and says its process id."""

import sys
import time
from pathlib import Path

from local.process.child import Program
from local.process.children import Children


def main() -> None:
    children = Children(Path(sys.argv[1]), on_trouble=lambda sentence: None)
    child = children.start(Program("serve", "tests.cli.program", ["serve"], {}))
    child.wait_ready(time.monotonic() + 20)
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main()
