"""`script/test`: installs what every test needs and hands over to pytest."""

from __future__ import annotations

import os
import sys

from script.install import (
    ROOT,
    VENV,
    ScriptError,
    chromium,
    firefox,
    install,
    node_packages,
    redis_server,
)


def main() -> int:
    try:
        install("web", "engine", "dev")
        redis_server()
        node_packages()
        chromium()
        firefox()
    except ScriptError as error:
        print(f"script/test: {error}", file=sys.stderr)
        return 1
    os.chdir(ROOT)
    python = str(VENV / "bin" / "python")
    # Tests that load the machine or share something name a group, which one process runs in turn.
    parallel = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadgroup", "--durations=15"]
    os.execv(python, [python, "-m", "pytest", *parallel, *sys.argv[1:]])  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    sys.exit(main())
