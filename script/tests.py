"""`script/test`: installs what every test needs and hands over to pytest."""

from __future__ import annotations

import os
import sys

from script.install import ROOT, VENV, ScriptError, chromium, install, node_packages, redis_server


def main() -> int:
    try:
        install("web", "engine", "dev")
        redis_server()
        node_packages()
        chromium()
    except ScriptError as error:
        print(f"script/test: {error}", file=sys.stderr)
        return 1
    os.chdir(ROOT)
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, "-m", "pytest", *sys.argv[1:]])  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    sys.exit(main())
