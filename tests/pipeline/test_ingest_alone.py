"""Without `tta up` a command starts what it needs, finishes it, and stops it; others wait."""

import json
import subprocess
import time
from pathlib import Path

from local.home import PROJECT, Home, lock_of
from tests.pipeline.conftest import run_tta
from tests.programs import python


def is_in_use(home: Path) -> bool:
    with lock_of(Home.at(home)) as lock:
        return not lock.take()


def test_a_query_waits_for_an_ingest_on_the_same_home_and_sees_what_it_loaded(clip, tmp_path):
    video, home = clip(tmp_path / "own.mp4", "21"), tmp_path / "home"
    command = [*python(), "-m", "cli", "ingest", str(video), "--home", str(home)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as ingest:
        deadline = time.monotonic() + 30
        while not is_in_use(home):
            assert time.monotonic() < deadline, "ingest never took the home"
            time.sleep(0.05)

        query = run_tta(home, "query", "SELECT rating_status FROM fact_video_analytics", "--json")

        assert ingest.wait(60) == 0
    assert query.returncode == 0, query.stderr
    assert "waiting for it" in query.stderr
    assert json.loads(query.stdout) == [{"rating_status": "rated"}]
    assert not is_in_use(home)
