"""Failures, sorted by the one question a queue asks: is it worth trying again?"""


class Permanent(Exception):
    """Redelivery cannot help. Keep the evidence, acknowledge, move on.

    `reason` is one short stable word for machines; the sentence is for people.
    """

    def __init__(self, reason: str, sentence: str):
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


class Transient(Exception):
    """Redelivery may help. Let it escape, and the message comes back."""


class Busy(Exception):
    """Another process is at work on the same thing. What this one finished is kept."""


class Misconfigured(Exception):
    """The deploy is broken. Keep and acknowledge nothing until it is mended."""
