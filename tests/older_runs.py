"""Delete what pytest keeps of older runs: `python -m tests.older_runs FOLDER`.

pytest keeps three and does the same after the last test. Then it finds nothing to delete.
"""

import os
import sys
import time
from pathlib import Path

from _pytest.pathlib import LOCK_TIMEOUT, cleanup_numbered_dir

RUNS = 3
"""pytest's own number. The run that begins is one of them."""

if __name__ == "__main__":
    os.nice(10)
    cleanup_numbered_dir(Path(sys.argv[1]), "pytest-", RUNS, time.time() - LOCK_TIMEOUT)
