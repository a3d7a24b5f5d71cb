"""Which packages there are; everything else about the distribution is in pyproject.toml."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["glowray", "glowray.*"]), "glowray_cli", "glowray_examples"])
