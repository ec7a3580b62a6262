"""`python -m cli` is `tta`."""

from cli.main import run

run()
