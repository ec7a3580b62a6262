"""What of a rater's name is the model, and what is the wording in which it was asked."""

_PARTS_OF_A_MODEL = 3
AS_IT_IS = "as it is"
"""The wording of a rater that has no prompt: a person, or a program that measures pixels."""


def facets(rater: str) -> tuple[str, str]:
    """Model and wording: `gemini/flash/2.0+wording-b` is `gemini/flash` asked by `2.0+wording-b`.

    A made-up rater begins with `synthetic/`, which belongs to its model. People, signals and other
    raters without a prompt are models of their own.
    """
    head, made_up = rater.removeprefix("synthetic/"), rater.startswith("synthetic/")
    parts = head.split("/")
    if len(parts) != _PARTS_OF_A_MODEL:
        return rater, AS_IT_IS
    model = "/".join(parts[:2])
    return f"synthetic/{model}" if made_up else model, parts[2]
