"""What browsers are sent of our own scripts and styles: small, and still what they were."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.test import override_settings

from script.install import node

#: Of all our own JavaScript and CSS together that people who talk are sent, and of what the history
#: needs beside that: search, export and replay.
MAX_BYTES = 60_000
MAX_HISTORY_BYTES = 8_000
OF_HISTORY = ("days", "exports", "playlist", "replay", "search", "spokenwords", "zoned")
#: Those of the admin's pages alone.
OF_STAFF = ("overview", "review", "versions")
PARSE = """
const { SourceTextModule } = require("node:vm");
const { readFileSync } = require("node:fs");
for (const identifier of process.argv.slice(1)) {
  new SourceTextModule(readFileSync(identifier, "utf8"), { identifier });
}
"""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "project.storage.StaticFiles"},
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `collectstatic` has put everything."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES=STORAGES):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


def served(collected: Path) -> list[Path]:
    """Our own scripts and styles, under the names that pages use."""
    manifest = json.loads((collected / "staticfiles.json").read_text())["paths"]
    names = [manifest[name] for name in manifest if name.startswith("chatbot/")]
    return [collected / name for name in names if name.endswith((".js", ".css"))]


def test_all_own_scripts_and_styles_are_small(collected: Path) -> None:
    sizes = {
        file.name: file.with_name(f"{file.name}.br").stat().st_size
        for file in served(collected)
        if not file.name.startswith(OF_STAFF)
    }
    history = {name: size for name, size in sizes.items() if name.startswith(OF_HISTORY)}
    assert sum(sizes.values()) - sum(history.values()) < MAX_BYTES, sizes
    assert 0 < sum(history.values()) < MAX_HISTORY_BYTES, history


def test_files_of_other_packages_are_served_as_they_are(collected: Path) -> None:
    name = "admin/js/core.js"
    source = Path(admin.__file__).parent / "static" / name
    assert (collected / name).read_text() == source.read_text()


def test_every_module_that_is_served_is_well_formed(collected: Path) -> None:
    modules = [file for file in served(collected) if file.suffix == ".js"]
    assert modules
    words: list[str | Path] = ["--experimental-vm-modules", "--no-warnings", "--eval", PARSE, "--"]
    done = subprocess.run([node(), *words, *modules], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
