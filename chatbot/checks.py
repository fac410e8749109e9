"""System checks: things that work, but not well, or not together."""

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from autobahn import websocket
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning

from project import loop

Check = Callable[..., list[CheckMessage]]
Apps = Sequence[AppConfig] | None


def websocket_acceleration(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Autobahn unmasks and validates frames in C, unless it was installed or told otherwise."""
    if websocket.USES_NVX:
        return []
    return [
        Warning(
            "Autobahn's native acceleration is off: a call costs a worker twice the time.",
            hint="Unset AUTOBAHN_USE_NVX, and install autobahn from its binary wheel.",
            id="chatbot.W001",
        )
    ]


def event_loop(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """uvloop has no wheels for some systems, which do without."""
    if loop.has_uvloop() or sys.platform == "win32":
        return []
    return [
        Warning(
            "uvloop is not installed: a call costs a worker a tenth more.",
            hint="Install what requirements.txt names.",
            id="chatbot.W002",
        )
    ]


def shared_layer(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Workers hear each other through Redis only."""
    if settings.WORKERS == 1 or settings.REDIS_URL:
        return []
    return [
        Error(
            f"{settings.WORKERS} workers share no channel layer and no cache.",
            hint="Set REDIS_URL, or start with script/server, which brings a private Redis.",
            id="chatbot.E001",
        )
    ]


def openai_key(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """OpenAI refuses a call without a key only after it began."""
    if settings.OPENAI_API_KEY or "api.openai.com" not in settings.REALTIME_URL:
        return []
    return [
        Error(
            "REALTIME_URL is OpenAI's, but there is no OPENAI_API_KEY.",
            hint="Set OPENAI_API_KEY, or unset REALTIME_URL to use the engine.",
            id="chatbot.E002",
        )
    ]


def s3_storage(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Only who keeps recordings on S3 needs what talks to it."""
    if not settings.RECORDINGS_URL or (find_spec("storages") and find_spec("boto3")):
        return []
    return [
        Error(
            "RECORDINGS_URL is on S3, but django-storages is not installed.",
            hint="Run: .venv/bin/pip install 'django-storages[s3]'",
            id="chatbot.E003",
        )
    ]


CHECKS: dict[Check, str] = {
    websocket_acceleration: Tags.compatibility,
    event_loop: Tags.compatibility,
    shared_layer: Tags.caches,
    openai_key: Tags.urls,
    s3_storage: Tags.files,
}
