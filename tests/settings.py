"""Settings of the tests: the project's own, on a real PostgreSQL and with nothing kept.

`DATABASE_URL` names another database. Processes that the tests start inherit these variables,
xdist's workers too, so that one PostgreSQL serves all of them.
"""

import atexit
import os
import shutil
import tempfile

from tests.services import start_postgres

if "VAR_DIR" not in os.environ:
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="colloquy-test-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
if "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = start_postgres()
for name in ("OPENAI_API_KEY", "OPENAI_API_KEY_FILE", "REALTIME_URL", "ADMIN_PASSWORD"):
    os.environ.pop(name, None)

from project.settings import *  # noqa: E402, F403
from project.settings import DATABASES, STATIC_ROOT, STORAGES, VAR_DIR  # noqa: E402

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "recordings": STORAGES["recordings"],
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A shared in-memory database locks whole tables, which the real one does not.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
STATIC_ROOT.mkdir(exist_ok=True)
