"""The tests marked `every_database`, which ran on PostgreSQL by now, on SQLite."""

import subprocess
import sys
from pathlib import Path

import pytest

from script.install import ROOT


@pytest.mark.xdist_group("checks")
def test_sqlite_does_as_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        ["env", f"DATABASE_URL=sqlite:///{tmp_path}/db.sqlite3", *command, "-m", "every_database"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
