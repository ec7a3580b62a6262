"""Make the sandbox library from a shell: `python -m local.sandbox --out DIR`."""

import argparse
import json
import sys
from pathlib import Path

from local.sandbox import POSTS, generate


def main(argv: list[str] | None = None) -> int:
    """Generate (or find) a library and print one JSON line about it."""
    args = _arguments(argv)
    try:
        library = generate(args.out, args.seed, args.posts)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The library was not made: {error}\n")
        return 2
    sys.stdout.write(json.dumps(library.summary()) + "\n")
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.sandbox", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to write to")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same library (default 7)")
    parser.add_argument(
        "--posts", type=int, default=POSTS, help=f"number of posts (default {POSTS})"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
