"""Hostile input, each class of it at each place that it reaches."""

from tests.hostile import arguments, files, gemini, manifests, media, messages

HANDLERS = (
    media.media,
    messages.events,
    messages.records,
    gemini.gemini,
    manifests.manifests,
    files.collections,
    files.plans,
    files.rubric,
    files.faults,
    arguments.arguments,
)
