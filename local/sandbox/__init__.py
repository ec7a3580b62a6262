"""A seeded library of synthetic TikTok posts, the clips they show and the truth about both."""

from local.sandbox.build import DEFAULT_ANCHOR, POSTS, generate
from local.sandbox.library import Library, LibraryMissing, Post, RenderedClip, SandboxCreator, mark

__all__ = [
    "DEFAULT_ANCHOR",
    "POSTS",
    "Library",
    "LibraryMissing",
    "Post",
    "RenderedClip",
    "SandboxCreator",
    "generate",
    "mark",
]
