"""Which packages there are, and what of them is compiled; all else about the distribution is in pyproject.toml."""

import os
import shutil
import sys
from importlib.util import find_spec

from setuptools import Extension, find_packages, setup

if "CC" not in os.environ and not shutil.which("cc") and find_spec("ziglang"):
    os.environ["CC"] = f"{sys.executable} -m ziglang cc -mcpu=baseline"  # a compiler that pip installs
    os.environ["LDSHARED"] = f"{os.environ['CC']} -shared"


def compiled(name):
    """A module of glowray.native. Where it cannot be built glowray does without: more slowly, with the same results."""
    return Extension(
        f"glowray.native.{name}",
        [f"glowray/native/{name}.c"],
        depends=["glowray/native/module.h", "glowray/native/texts.h"],
        extra_compile_args=["-std=c11", "-O2"],
        py_limited_api=True,
        optional=True,
    )


COMPILED = (
    "calling",
    "characters",
    "cutting",
    "finding",
    "hashing",
    "matching",
    "numbering",
    "parsing",
    "records",
    "scanning",
)

setup(
    packages=[*find_packages(include=["glowray", "glowray.*"]), "glowray_cli", "glowray_examples"],
    ext_modules=[*map(compiled, COMPILED)],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},  # one wheel a platform, for this Python and all later ones
)
