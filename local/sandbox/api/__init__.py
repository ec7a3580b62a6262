"""A TikTok sandbox: the Research API's wire format and media files, over a synthetic library."""

from local.sandbox.api.faults import Faults
from local.sandbox.api.research import SandboxResearchApi
from local.sandbox.api.server import TikTokServer, running

__all__ = ["Faults", "SandboxResearchApi", "TikTokServer", "running"]
