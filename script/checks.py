"""`script/check`: format, lint, types and migrations; says what failed and goes on to the next."""

from __future__ import annotations

import subprocess
import sys

from script.install import ROOT, VENV, ScriptError, install, node, node_packages

BIN = VENV / "bin"


def commands() -> dict[str, list[str]]:
    """Each check by name."""
    python = str(BIN / "python")
    return {
        "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        "ruff check": [str(BIN / "ruff"), "check", "--quiet", "."],
        "mypy": [python, "-m", "mypy"],
        "tsc": [str(node()), "node_modules/typescript/bin/tsc", "--project", "tsconfig.json"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
        "django": [python, "manage.py", "check", "--fail-level", "WARNING"],
    }


def main() -> int:
    try:
        install("web", "engine", "dev")
        node_packages()
    except ScriptError as error:
        print(f"script/check: {error}", file=sys.stderr)
        return 1
    failed = []
    for name, command in commands().items():
        print(f"{name}...", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
