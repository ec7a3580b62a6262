"""What a file is by its first bytes, whatever it calls itself."""

import pytest

from shared.inputs.media_type import FLV, GIF, MP4, QUICKTIME, THREE_GP, WEBM, media_type

FTYP = b"\x00\x00\x00\x18ftyp"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (FTYP + b"isom", MP4),
        (FTYP + b"mp42", MP4),
        (FTYP + b"qt  ", QUICKTIME),
        (b"\x00\x00\x00\x08wide\x00\x00", QUICKTIME),
        (FTYP + b"3gp4", THREE_GP),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", WEBM),
        (b"FLV\x01\x05", FLV),
        (b"GIF89a", GIF),
    ],
)
def test_a_video_is_known_by_its_first_bytes(head, kind):
    assert media_type(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00",
        FTYP + b"M4A ",
        FTYP + b"heic",
        FTYP + b"avif",
        b"\xff\xd8\xff\xe0",
        b"<html>",
        b"RIFF\0\0\0\0WAVE",
        b"G" * 4096,
    ],
)
def test_what_is_no_video_is_none(head):
    assert media_type(head) is None
