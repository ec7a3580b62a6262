"""Pub/Sub on one machine: the real gRPC API over a SQLite file, push with OIDC included.

`python -m local.emulators.pubsub --port N --admin-port N --data DIR` serves it; official
clients reach it unchanged through PUBSUB_EMULATOR_HOST.
"""
