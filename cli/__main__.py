"""`python -m cli` is `tta`, and so is the installed program."""

import sys


def run() -> None:
    """Run `tta`. A Ctrl-C is one also while the program is imported."""
    try:
        from cli.main import run as run_program
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    run_program()


if __name__ == "__main__":
    run()
