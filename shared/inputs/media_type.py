"""The type of a file by its first bytes. A declared content type is not evidence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaType:
    """`mime` as Gemini names it (Agent Platform docs, video requirements); `extension` of ours."""

    mime: str
    extension: str


MP4 = MediaType("video/mp4", "mp4")
QUICKTIME = MediaType("video/quicktime", "mov")
WEBM = MediaType("video/webm", "webm")
MATROSKA = MediaType("video/x-matroska", "mkv")
THREE_GP = MediaType("video/3gpp", "3gp")
FLV = MediaType("video/x-flv", "flv")
AVI = MediaType("video/x-msvideo", "avi")
MPEG_TS = MediaType("video/mp2t", "ts")
GIF = MediaType("image/gif", "gif")

HEAD_BYTES = 4096
_TS_PACKET = 188
# Brands of files that only hold sound or still pictures (mp4ra.org).
_NO_VIDEO = frozenset(
    b"M4A |M4B |M4P |heic|heix|heim|heis|hevc|hevx|mif1|msf1|avif|avis|jxl |crx ".split(b"|")
)


def media_type(head: bytes) -> MediaType | None:
    """Type of a video file by its first HEAD_BYTES, or None if it is not a known video type.

    ISO 14496-12 (ftyp brands), Matroska EBML header, RIFF, FLV and MPEG-TS sync bytes.
    An MP4 with sound alone shows that by its brand (M4A) or not at all.
    """
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _iso_type(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else MATROSKA
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return AVI
    if head.startswith(b"FLV\x01"):
        return FLV
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    return MPEG_TS if _starts_packets(head) else None


def _starts_packets(head: bytes) -> bool:
    """Whether sync bytes are 188 apart, and the adaptation field control is not the reserved 00."""
    starts = head[: 3 * _TS_PACKET : _TS_PACKET]
    return len(head) > 2 * _TS_PACKET and starts == b"GGG" and bool(head[3] & 0x30)


def _iso_type(head: bytes) -> MediaType | None:
    if head[4:8] != b"ftyp":
        return QUICKTIME  # a classic QuickTime file starts without a brand
    brand = head[8:12]
    if brand in _NO_VIDEO:
        return None
    if brand == b"qt  ":
        return QUICKTIME
    return THREE_GP if brand.startswith((b"3gp", b"3g2")) else MP4
