"""The tests of the JavaScript in tests/js/, run by Node.js."""

import subprocess

from script.install import ROOT, node


def test_javascript() -> None:
    files = sorted((ROOT / "tests" / "js").glob("**/*.test.js"))
    assert files
    done = subprocess.run(
        [node(), "--test", *files], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
