"""Measuring where only `script/server` has run."""

import subprocess
import sys

import pytest

from script.install import ROOT


@pytest.mark.parametrize("name", ["page", "relay", "interruption", "review"])
def test_without_the_packages_of_the_tests_they_say_what_to_run(name: str) -> None:
    program = (
        "import runpy, sys; sys.modules['httpx'] = None; "
        f"runpy.run_module('benchmarks.{name}', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (
        1,
        "Measuring needs the packages of the tests: run script/test once.\n",
    )
