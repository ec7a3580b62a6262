"""A TikTok sandbox: the Research API's wire format and media files, over a synthetic library."""

from local.tiktok.faults import Faults
from local.tiktok.research import ResearchApi
from local.tiktok.server import TikTokServer, running

__all__ = ["Faults", "ResearchApi", "TikTokServer", "running"]
