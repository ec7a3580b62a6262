"""Fuzz one parser, guided by coverage: `python -m tests.fuzz TARGET --corpus DIR --seconds N`.

Needs atheris, which `make fuzz` brings along; that runs every target in turn. What an earlier night
found worth keeping lies in the corpus. Exit status 77 and a file `crash-…` tell of a defect.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shared", "local", "cloudevents"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--corpus", type=Path, required=True, help="folder that grows")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    target, corpus = TARGETS[options.target], options.corpus / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    bounds = [
        f"-max_total_time={options.seconds}",
        "-timeout=10",  # seconds of one input: longer is a hang
        "-rss_limit_mb=3000",
        "-max_len=200000",
        "-print_final_stats=1",
        f"-artifact_prefix={options.corpus}/{options.target}-",
    ]
    atheris.Setup([sys.argv[0], *bounds, str(corpus)], target.check)
    atheris.Fuzz()


main()
