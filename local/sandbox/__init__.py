"""A seeded library of synthetic TikTok posts, the clips they show and the truth about both."""

from local.sandbox.build import DEFAULT_ANCHOR, generate
from local.sandbox.library import Clip, Creator, Library, LibraryMissing, Post, mark

__all__ = [
    "DEFAULT_ANCHOR",
    "Clip",
    "Creator",
    "Library",
    "LibraryMissing",
    "Post",
    "generate",
    "mark",
]
