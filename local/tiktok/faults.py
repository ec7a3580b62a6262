"""Faults on demand: a queue for each endpoint, consumed one per request, then seeded chance."""

import random
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

ENDPOINTS = ("token", "query", "user", "media")
# What one fault may hold, and its type. `status` answers in place of the endpoint; the others
# (delay_s, and for media truncate, reset_after, bytes_per_s, content_type) let it answer, badly.
_FAULT_KEYS: Mapping[str, tuple[type, ...]] = {
    "status": (int,),
    "code": (str,),
    "message": (str,),
    "html": (bool,),  # an HTML page, as a proxy in front of the API sends it
    "retry_after_s": (int,),
    "delay_s": (int, float),
    "truncate": (int,),  # media: close after this many bytes of the promised length
    "reset_after": (int,),  # reset the connection after this many bytes of the body
    "bytes_per_s": (int,),  # media: no faster than this
    "content_type": (str,),  # media: declare this type
}
_CODES = {400: "invalid_params", 401: "access_token_invalid", 429: "rate_limit_exceeded"}
_MEDIA_CHANCES = {
    "truncate": {"truncate": 1000},
    "reset": {"reset_after": 1000},
    "slow": {"bytes_per_s": 65_536},
}
Fault = Mapping[str, Any]


class BadFaults(Exception):
    """The description of faults is malformed; nothing was changed."""


class Faults:
    """What goes wrong next; with a seed, chance repeats itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Fault]] = {endpoint: deque() for endpoint in ENDPOINTS}
        self._rates: dict[str, dict[str, float]] = {"rate": {}, "media_rate": {}}
        self._random = random.Random(1)

    def change(self, wanted: object) -> None:
        """Take over queues, rates and seed from a JSON object. Raises BadFaults.

        {"query": [{"status": 429}, {"status": 504, "html": true}], "media": [{"truncate": 100}],
         "rate": {"500": 0.05}, "media_rate": {"reset": 0.1, "503": 0.1}, "seed": 1}
        """
        if not isinstance(wanted, dict):
            raise BadFaults("faults must be a JSON object")
        if unknown := sorted(set(wanted) - {*ENDPOINTS, *self._rates, "seed"}):
            raise BadFaults(f"unknown fault setting: {unknown[0]}")
        queues = {key: _queue(key, wanted[key]) for key in ENDPOINTS if key in wanted}
        rates = {key: _chances(key, wanted[key]) for key in self._rates if key in wanted}
        seed = wanted.get("seed")
        if seed is not None and not isinstance(seed, int):
            raise BadFaults("seed must be a whole number")
        with self._lock:
            self._queues.update(queues)
            self._rates.update(rates)
            if seed is not None:
                self._random = random.Random(seed)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            for queue in self._queues.values():
                queue.clear()
            self._rates = {"rate": {}, "media_rate": {}}

    def next(self, endpoint: str) -> Fault:
        """The fault for one request; empty when it shall be answered properly."""
        with self._lock:
            if self._queues[endpoint]:
                return self._queues[endpoint].popleft()
            if endpoint == "token":
                return {}
            return self._by_chance("media_rate" if endpoint == "media" else "rate")

    def state(self) -> dict[str, Any]:
        """What is still to come."""
        with self._lock:
            queues = {endpoint: list(queue) for endpoint, queue in self._queues.items()}
            return {**queues, **{key: dict(rate) for key, rate in self._rates.items()}}

    def _by_chance(self, key: str) -> Fault:
        draw = self._random.random()
        for name, chance in self._rates[key].items():
            draw -= chance
            if draw < 0:
                return _MEDIA_CHANCES.get(name) or _of_status(int(name))
        return {}


def code_for(status: int) -> str:
    """The API's error code for a status, where a fault names none."""
    return _CODES.get(status, "internal_error")


def _of_status(status: int) -> Fault:
    return {"status": status, "html": True} if status == 504 else {"status": status}


def _queue(endpoint: str, listed: object) -> deque[Fault]:
    if not isinstance(listed, list):
        raise BadFaults(f"{endpoint} must be a list of faults")
    for fault in listed:
        if not isinstance(fault, dict):
            raise BadFaults(f"a fault of {endpoint} must be an object")
        for key, value in fault.items():
            _check(endpoint, key, value)
    return deque(listed)


def _check(endpoint: str, key: str, value: object) -> None:
    if key not in _FAULT_KEYS:
        raise BadFaults(f"unknown key in a fault of {endpoint}: {key}")
    kinds = _FAULT_KEYS[key]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise BadFaults(f"{key} of a fault of {endpoint} has the wrong type")
    if key == "status" and not 400 <= int(str(value)) <= 599:
        raise BadFaults("status of a fault must be 400 to 599")
    if (isinstance(value, int | float) and value < 0) or (key == "bytes_per_s" and value == 0):
        raise BadFaults(f"{key} of a fault must be positive")


def _chances(key: str, wanted: object) -> dict[str, float]:
    if not isinstance(wanted, dict):
        raise BadFaults(f"{key} must be an object of chances")
    for name, chance in wanted.items():
        known = (key == "media_rate" and name in _MEDIA_CHANCES) or (
            name.isascii() and name.isdigit() and 400 <= int(name) <= 599
        )
        if not known:
            raise BadFaults(f"{key}: {name} is neither a status nor a known fault")
        if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0 <= chance <= 1:
            raise BadFaults(f"{key}: the chance of {name} must be 0 to 1")
    if sum(wanted.values()) > 1:
        raise BadFaults(f"{key}: chances add up to more than 1")
    return dict(wanted)
