# SPDX-License-Identifier: MIT
"""The compiled part of the Python package, by CMake. The rest is in pyproject.toml.

TESSERA_BUILD names a build folder to take it from; else it is built in build/python.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent


class CMakeBuild(build_ext):
    def build_extension(self, ext):
        folder = pathlib.Path(os.environ.get("TESSERA_BUILD", ROOT / "build/python"))
        if "TESSERA_BUILD" not in os.environ:
            subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja",
                            "-DCMAKE_BUILD_TYPE=Release", "-DTESSERA_RTL=OFF",
                            f"-DPython_EXECUTABLE={sys.executable}"], check=True)
        subprocess.run(["cmake", "--build", folder, "--target", "tessera_python"], check=True)
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        built = folder / "python/tessera" / target.name
        if not built.exists():
            sys.exit(f"setup.py: {folder} has no {target.name}: it was configured for another "
                     "Python, or without python3-dev or pybind11-dev")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built, target)


version = re.search(r"VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text("utf-8").split(
    "project(tessera", 1)[1]).group(1)
setup(version=version, ext_modules=[Extension("tessera._tessera", [])],
      cmdclass={"build_ext": CMakeBuild})
