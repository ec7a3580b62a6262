"""Hostile input, each class of it at each place that it reaches."""

from tests.hostile import (
    arguments,
    business,
    curves,
    files,
    gemini,
    lines,
    media,
    messages,
    sources,
)

HANDLERS = (
    media.media,
    messages.events,
    messages.records,
    sources.tiktok,
    business.curves,
    sources.media_servers,
    sources.manifests,
    lines.lines,
    curves.curve_rows,
    gemini.gemini,
    gemini.descriptions,
    files.collections,
    files.plans,
    files.rubric,
    files.faults,
    arguments.arguments,
)
