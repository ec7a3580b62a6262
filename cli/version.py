"""The version of this program. pyproject.toml states it."""

PACKAGE = "tiktok-analytics-pipeline"


def version() -> str:
    """The version of the clone as it is now, or of the installed package."""
    from local.home import PROJECT, is_installed

    if is_installed():
        from importlib import metadata

        return metadata.version(PACKAGE)
    # The metadata of an editable install are those of its set-up, which may be long ago.
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
