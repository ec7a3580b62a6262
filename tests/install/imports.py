"""Import every module of an installed `tta`. It runs in an environment that holds nothing else."""

import importlib
import pkgutil

NEEDS_EXTRA = {"shared.tiktok.media.ytdlp"}


def main() -> None:
    for title in ("cli", "local", "shared"):
        package = importlib.import_module(title)
        for module in pkgutil.walk_packages(package.__path__, f"{title}."):
            if module.name not in NEEDS_EXTRA and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


if __name__ == "__main__":
    main()
