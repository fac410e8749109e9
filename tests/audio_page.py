"""A page that holds nothing but the audio modules of the real one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from script.install import ROOT


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def audio_page(folder: Path) -> Iterator[str]:
    """Its address; it is built in an empty `folder`, under the names of production."""
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": "project.storage.StaticFiles"}}
    with override_settings(STORAGES=storages, STATIC_ROOT=folder / "static"):
        call_command("collectstatic", interactive=False, verbosity=0)
    shutil.copytree(ROOT / "tests" / "e2e" / "audio", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests" / "js" / "speech", folder / "speech")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
