"""Checks of a machine: what the local cloud needs, with advice when it is missing."""

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from cli.checks import Check, CheckFailed, CheckNotice, check_models
from cli.version import PACKAGE
from local.cloud import attached
from local.home import PROJECT, Home, Lock, is_installed
from shared.errors import Misconfigured
from shared.rating.gemini.models import platform_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2 * 2**30
PORTS = 10
NEEDED = (
    "google-cloud-storage",
    "google-cloud-bigquery",
    "google-cloud-pubsub",
    "bqemulator",
    "functions-framework",
    "av",
)
SET_UP_AGAIN = f"Set up again: make clean setup in a clone; installed: pipx reinstall {PACKAGE}"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?:\s*;.*)?\s*\\?$", re.MULTILINE)


def run_checks(home: Home) -> list[Check]:
    """Run all checks. One that fails does not stop the others."""
    return [_checked(name, check, todo, home) for name, check, todo in CHECKS]


def _checked(name: str, check: Callable[[Home], str], todo: str, home: Home) -> Check:
    try:
        return Check(name, True, check(home), todo)
    except CheckNotice as notice:
        return Check(name, None, str(notice), notice.todo or todo)
    except CheckFailed as missing:
        return Check(name, False, str(missing), missing.todo or todo)
    except Exception as error:  # a broken library may raise anything; that is the result
        return Check(name, False, f"{type(error).__name__}: {error}", todo)


def python(home: Home) -> str:
    release = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < LEAST_PYTHON:
        raise CheckFailed(f"this is Python {release}")
    return f"{release} in {sys.prefix}"


def packages(home: Home) -> str:
    """Every package has the version that is pinned (in a clone) or one that fits (installed)."""
    return _as_declared() if is_installed() else _as_pinned()


def _as_pinned() -> str:
    pins: dict[str, set[str]] = {}
    for name, release in _PIN.findall((PROJECT / "requirements-dev.txt").read_text()):
        pins.setdefault(name, set()).add(release)  # one pin per range of Python versions
    wrong = [name for name, release in pins.items() if _installed(name) not in {*release, None}]
    absent = [name for name in NEEDED if not _installed(name)]
    if wrong or absent:
        raise CheckFailed(f"not as pinned: {', '.join([*absent, *wrong][:8])}")
    return f"{len(pins)} as pinned"


def _as_declared() -> str:
    from packaging.requirements import Requirement

    declared = [Requirement(line) for line in requires(PACKAGE) or () if "extra ==" not in line]
    wrong = [declaration.name for declaration in declared if not _is_met(declaration)]
    if wrong:
        raise CheckFailed(f"not as declared: {', '.join(sorted(set(wrong))[:8])}")
    return f"{len({declaration.name for declaration in declared})} as declared"


def _is_met(declaration: "Requirement") -> bool:
    release = _installed(declaration.name)
    return release is not None and declaration.specifier.contains(release, prereleases=True)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def system(home: Home) -> str:
    """The system is a Unix: file locks, process groups and inherited pipes need one."""
    if os.name != "posix":
        raise CheckFailed(f"{sys.platform} is not a Unix")
    return sys.platform


def loopback(home: Home) -> str:
    """Another socket can reach ports on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        with socket.create_connection(server.getsockname(), timeout=2):
            server.accept()[0].close()
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(PORTS)]
    for server_socket in sockets:
        server_socket.close()
    return f"{PORTS} free ports on 127.0.0.1"


def folder(home: Home) -> str:
    """We can write to the home, and lock files there."""
    home.prepare()
    probe = home.root / f"probe.{os.getpid()}"
    probe.write_bytes(b"x")
    probe.unlink()
    lock = Lock(home)
    try:
        free = lock.take()
        return f"{home.root}" + ("" if free else f" (in use by process {lock.holder()})")
    finally:
        lock.close()


def disk(home: Home) -> str:
    near = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(near).free
    if free < LEAST_FREE_BYTES:
        raise CheckFailed(f"{free / 2**30:.1f} GiB free at {near}")
    return f"{free / 2**30:.1f} GiB free"


def codecs(home: Home) -> str:
    """PyAV has the codecs. It brings its own FFmpeg, so no program must be installed."""
    import av

    for name, mode in (("h264", "r"), ("hevc", "r"), ("vp9", "r"), ("aac", "r"), ("libx264", "w")):
        if not _has_codec(name, mode):
            raise CheckFailed(f"PyAV {av.__version__} has no {name}")
    return f"PyAV {av.__version__} reads h264, hevc, vp9 and aac, and writes h264"


def _has_codec(name: str, mode: str) -> bool:
    from av.codec import Codec
    from av.error import FFmpegError

    try:
        Codec(name, mode)  # type: ignore[arg-type]
    except (FFmpegError, ValueError):
        return False
    return True


def bigquery(home: Home) -> str:
    import duckdb

    duckdb.connect().execute("SELECT 1")
    return f"DuckDB {duckdb.__version__}"


def key(home: Home) -> str:
    """The key file is readable. Each start writes it, so damage points at the disk."""
    if not home.key.exists():
        return "none yet; the first start creates it"
    try:
        json.loads(home.key.read_text())["token_uri"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckFailed(f"{home.key} is damaged ({error!r})") from error
    return str(home.key)


def gemini_model(home: Home) -> str:
    """The models of GEMINI_MODEL and RATERS are served for a while, and have a price."""
    from cli.verbs.rate.conditions import conditions_here

    try:
        conditions = conditions_here()
    except Misconfigured as error:
        raise CheckFailed(str(error), "Correct that variable, or unset it.") from error
    platform = platform_of(conditions.settings)
    return check_models(conditions.models, platform, datetime.now(UTC).date())


def running(home: Home) -> str:
    """Other commands can find a running `tta up`."""
    if not home.endpoints.exists():
        return "`tta up` is not running; verbs start what they need"
    if (endpoints := attached(home)) is not None:
        return f"`tta up` runs as process {endpoints.pid}"
    return f"{home.endpoints} is left from a killed `tta up`; the next command removes it"


def _checks() -> Iterator[tuple[str, Callable[[Home], str], str]]:
    yield "system", system, "Use Linux, macOS, or WSL on Windows."
    yield "python", python, "Use Python 3.11 or newer: make clean; make PYTHON=python3.12 setup"
    yield "packages", packages, SET_UP_AGAIN
    yield "loopback", loopback, "Let programs open ports on 127.0.0.1 (firewall, sandbox)."
    yield "home", folder, "Make it writable, or name another folder with --home or TTA_HOME."
    yield "disk", disk, "Free some space, or name a folder on another disk with --home."
    yield "codecs", codecs, SET_UP_AGAIN
    yield "bigquery", bigquery, f"Make {Path.home() / '.duckdb'} writable. {SET_UP_AGAIN}"
    yield "key", key, "Delete it; the next start makes another."
    yield "model", gemini_model, "Set GEMINI_MODEL to a model that is served."
    yield "endpoints", running, "Delete endpoints.json; no command needs it."


CHECKS = tuple(_checks())
