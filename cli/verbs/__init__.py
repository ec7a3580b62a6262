"""The verbs of `tta`: a module here is a verb; its function of the same name is what it does."""
