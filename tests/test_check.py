"""script/check: one test for each of its checks, so that pytest counts them."""

import subprocess

import pytest

from script.checks import commands
from script.install import ROOT

COMMANDS = commands()


@pytest.mark.xdist_group("checks")
@pytest.mark.parametrize("name", COMMANDS)
def test_check(name: str) -> None:
    done = subprocess.run(COMMANDS[name], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
