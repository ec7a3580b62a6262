"""Facts about what `tta erase` tells before it asks, and what this machine keeps afterwards."""

from collections import Counter

import pytest

from cli.errors import UserError
from cli.verbs.erase.local_copies import clean_logs, remove_reports
from cli.verbs.erase.run import ErasureOptions, _refuse_unknown, _take_back, longest_handler_s
from cli.verbs.erase.view import refuse_remaining, show_survey, way_back
from local.endpoints import Endpoints
from local.home import Home
from local.served import served
from shared.erasure.app import SHORT_HANDLER_S, ErasureApp, ErasureRequest
from shared.erasure.erase import wait_for_stages
from shared.erasure.objects import Mention
from shared.erasure.outcome import ErasureReport, ErasureSurvey, ErasureTarget
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import FRESH_S
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0


class RecordedScreen:
    """Obeys what is needed of a screen."""

    def __init__(self):
        self.lines = []
        self.say = self.show = self.lines.append


def survey(**fields):
    plain = {
        "target": ErasureTarget(("ada.l", "6801"), ("1",), 1, {"ada.l": ("6801",)}),
        "unknown": (),
        "objects": Counter(delete=2),
        "rows": Counter(dim_user=1),
        "mentions": [Mention("metadata", "caption", f"hi @ada.l {n}") for n in range(5)],
        "by_hand": [],
        "changes": [("metadata/1.json", "delete")],
    }
    return ErasureSurvey(**(plain | fields))


def endpoints(**fields):
    return Endpoints(home="", pid=0, key="", bucket="my-lake", **fields)


def test_what_was_found_is_shown_by_field_with_three_examples():
    screen = RecordedScreen()

    show_survey(survey(), screen)

    text = "\n".join(screen.lines)
    assert "ada.l also goes by 6801" in text
    assert "caption" in text and "    5  hi @ada.l 0 · hi @ada.l 1 · hi @ada.l 2" in text
    assert "@ada.l 3" not in text and "metadata/1.json" not in text


def test_a_dry_run_shows_everything_that_would_change():
    screen = RecordedScreen()

    show_survey(survey(), screen, everything=True)

    assert "  delete   metadata/1.json" in screen.lines
    assert "  rows     dim_user: 1 keys and texts" in screen.lines


def test_a_name_that_nobody_has_is_refused_unless_it_is_in_advance():
    unknown = survey(unknown=("ada.m",))

    with pytest.raises(UserError, match=r"ada\.m.*--in-advance"):
        _refuse_unknown(unknown, ErasureOptions(is_sure=True))
    _refuse_unknown(unknown, ErasureOptions(in_advance=True))


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(7, "for 7 days"), (0, "cannot be undone"), (None, "the time of its soft delete policy")],
)
def test_a_person_is_told_how_a_mistake_is_undone(monkeypatch, days, sentence):
    monkeypatch.setattr("cli.verbs.erase.view.soft_delete_days", lambda endpoints: days)

    text = way_back(endpoints(target="prod"))

    assert sentence in text
    assert ("gcloud storage restore 'gs://my-lake/**'" in text) == (days != 0)
    assert "On this machine an erasure cannot be undone" in way_back(endpoints())


def test_nothing_is_called_gone_that_is_not():
    with pytest.raises(UserError, match=r"free pages of bigquery"):
        refuse_remaining(ErasureReport(remaining=["free pages of bigquery"]))
    with pytest.raises(UserError, match=r"config/x\.yaml yourself"):
        refuse_remaining(ErasureReport(by_hand=["config/x.yaml"]))
    refuse_remaining(ErasureReport())


def test_saved_reports_and_lines_of_logs_that_name_the_erased_go(tmp_path):
    tombstones = tombstones_in(LakeInMemory())
    tombstones.put([], ["eve", "2026"], DAY_0)
    home = Home(tmp_path)
    day = tmp_path / "reports/prod/2026-11-01"
    for folder in (day, home.logs):
        folder.mkdir(parents=True)
    (day / "report.html").write_text("<td>eve</td>")
    (day / "report.csv").write_text("video_id,creator,caption\n1,bob,best of 2026\n")
    (home.logs / "fetch.log").write_text(
        '2026-11-01 started\nprofile of @eve\n{"creator": "bob"}\n'
    )

    assert remove_reports(home, Redaction(tombstones)) == 1
    assert clean_logs(home, Redaction(tombstones)) == 1

    assert [path.name for path in day.iterdir()] == ["report.csv"]
    assert (home.logs / "fetch.log").read_text() == '2026-11-01 started\n{"creator": "bob"}\n'


def test_copies_of_erased_videos_beside_a_report_go(tmp_path):
    tombstones = tombstones_in(LakeInMemory())
    tombstones.put(["7300000000000000001"], [], DAY_0)
    videos = tmp_path / "reports/2026-11-01/videos"
    videos.mkdir(parents=True)
    for number in (1, 2):
        (videos / f"730000000000000000{number}.mp4").write_bytes(b"a clip")

    assert remove_reports(Home(tmp_path), Redaction(tombstones)) == 1

    assert [path.name for path in videos.iterdir()] == ["7300000000000000002.mp4"]


def test_an_erasure_of_a_target_waits_for_the_longest_handler(tmp_path):
    target = endpoints(target="prod")
    app = ErasureApp(
        lake=LakeInMemory(),
        rows=None,
        tombstones=None,
        pseudonym=str,
        clock=lambda: DAY_0,
        sleep=(waits := []).append,
        handler_s=longest_handler_s(target),
    )

    wait_for_stages(app)

    assert not target.is_local
    assert waits == [FRESH_S + served("load").timeout_s]
    assert longest_handler_s(endpoints()) == SHORT_HANDLER_S


class NothingInTables:
    """Obeys what is asked of rows when the tables name nobody."""

    def names_of(self, names):
        return {name: set() for name in names}

    def videos_of(self, names):
        return set()


def test_taking_back_before_the_objects_are_restored_says_what_stays():
    lake, screen = LakeInMemory(), RecordedScreen()
    screen.machine = False
    app = ErasureApp(lake, NothingInTables(), tombstones_in(lake), lambda name: name, lambda: DAY_0)
    app.tombstones.put((), ("ada.l",), DAY_0)

    _take_back(ErasureRequest(creators=("ada.l",)), app, endpoints(), screen)

    assert screen.lines[0].startswith("1 tombstones taken back.")
    assert "Restore the objects first" in screen.lines[1]
