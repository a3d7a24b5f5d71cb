"""Test that ray-cluster.yaml fits Ray's own launcher, and starts no node without token authentication."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.cluster.machine import SOURCES

FILE = SOURCES / "ray-cluster.yaml"
TOKEN_FILE = "~/.ray/auth_token"
START = ("head_start_ray_commands", "worker_start_ray_commands")


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def cloud(config: dict[str, Any]) -> dict[str, Any]:
    """Return the file with its commented cloud section in place of the active one."""
    lines = FILE.read_text(encoding="utf-8").partition("# In a cloud,")[2].splitlines()
    section = [line.removeprefix("#   ") for line in lines if line.startswith("#   ")]
    return {name: value for name, value in config.items() if name != "max_workers"} | yaml.safe_load("\n".join(section))


def test_the_live_section_is_valid(config: dict[str, Any]) -> None:
    prepared = prepare_config(config)
    validate_config(prepared)
    assert prepared["provider"]["type"] == "local"
    assert prepared["max_workers"] == len(config["provider"]["worker_ips"])


def test_the_commented_cloud_section_is_valid(config: dict[str, Any]) -> None:
    prepared = prepare_config(cloud(config))
    validate_config(prepared)
    assert prepared["provider"]["type"] == "aws"
    assert prepared["available_node_types"]["worker"]["max_workers"] == 8


def test_the_token_travels_as_a_file(config: dict[str, Any]) -> None:
    assert config["file_mounts"] == {TOKEN_FILE: TOKEN_FILE}
    assert f"chmod 600 {TOKEN_FILE}" in config["setup_commands"]
    assert "RAY_AUTH_TOKEN=" not in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("kind", START)
def test_every_start_command_asks_for_the_token(
    config: dict[str, Any], tmp_path: Path, kind: str, running: bool
) -> None:
    for name, body in {
        "ray": f'echo "$RAY_AUTH_MODE|${{RAY_AUTH_TOKEN-}}|$*" >> {tmp_path}/called',
        "pgrep": f"exit {0 if running else 1}",
    }.items():
        program = tmp_path / "glowray-venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:{os.defpath}", "HOME": str(tmp_path), "RAY_HEAD_IP": "192.0.2.10"}
    for command in config[kind]:
        subprocess.run(["sh", "-c", command], check=True, env=environment)
    called = (tmp_path / "called").read_text().splitlines() if (tmp_path / "called").exists() else []
    assert len(called) == (0 if running else 1), "a node that runs is left alone"
    for call in called:
        mode, token, arguments = call.split("|")
        assert (mode, token) == ("token", "")
        assert arguments.startswith("start ") and "--disable-usage-stats" in arguments
        assert ("--address=192.0.2.10:6379" in arguments) == (kind == START[1])


def test_no_command_ends_processes_that_others_started(config: dict[str, Any]) -> None:
    prepared = prepare_config(config)
    for kind in (*START, "setup_commands", "initialization_commands"):
        assert not [command for command in prepared[kind] if "ray stop" in command or "kill" in command]
