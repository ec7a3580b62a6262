"""The part of the build that pyproject.toml cannot say: a wheel has no file of an earlier build."""

import shutil

from setuptools import setup
from setuptools.command.build_py import build_py


class FreshBuild(build_py):
    """Empty build/lib first. Setuptools keeps deleted modules there, and a verb is a folder."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": FreshBuild})
