"""Every reason for which a video has no file has a sentence."""

import re
from pathlib import Path

import pytest

from shared.tiktok.media import media
from shared.tiktok.reasons import REASONS, media_reason

WRITTEN = re.compile(
    r"""(?:MediaOutcome\("no_media",|DownloadRefused\(|ServerUnreachable\()\s*"(\w+)\""""
)


def test_every_reason_that_the_code_gives_has_its_sentence():
    sources = [path.read_text() for path in Path(media.__file__).parent.glob("*.py")]
    given = {reason for source in sources for reason in WRITTEN.findall(source)}

    assert len(given) >= 12
    assert given - REASONS.keys() == set()


@pytest.mark.parametrize(
    ("reason", "helps", "meaning"),
    [
        ("http_503", True, "the server answered HTTP 503, an error of its own"),
        ("http_418", False, "the server answered HTTP 418 and refuses the file"),
        ("http_429", True, "the server wants fewer requests"),
        ("new_reason", True, "new reason"),
    ],
)
def test_statuses_and_unknown_reasons_are_told_too(reason, helps, meaning):
    assert (media_reason(reason).helps, media_reason(reason).meaning) == (helps, meaning)
