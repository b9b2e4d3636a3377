"""Inputs that many tests need, read once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import exclusim as ex

COMMAND = Path(sys.executable).with_name("exclusim")


@pytest.fixture(scope="session")
def net() -> ex.Workload:
    return ex.workload("vgg-mini-fashion")


@pytest.fixture(scope="session")
def arch() -> ex.Arch:
    return ex.arch("edge-16x16")


@pytest.fixture(scope="session")
def command() -> Callable[..., str]:
    def run(*arguments: object, cwd: Path | None = None, code: int = 0) -> str:
        found = subprocess.run(
            [COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=500
        )
        assert found.returncode == code, found.stderr
        return found.stdout if code == 0 else found.stderr

    return run
