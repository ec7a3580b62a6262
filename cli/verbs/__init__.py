"""The verbs of `tta`: a folder here is a verb; `command.py` in it has the function of that name."""
