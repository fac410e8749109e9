"""Fixtures that any test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import SyncToAsync
from django.core.cache import cache
from django.db import connections
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as profiles
from pytest_django import Settings

from chatbot.models import AuditEntry, AuditPruning, Persona, User
from chatbot.models.recordings import recordings_storage
from script.install import chromium, firefox
from tests.people import default_persona
from tests.services import running_redis

#: A busy machine is no reason to fail.
profiles.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
profiles.load_profile("patient")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis: the one of `REDIS_URL`, else one of this test process."""
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
    else:
        with running_redis() as url:
            yield url


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A browser that Playwright drives by `executable_path`."""
    return chromium()


@pytest.fixture(scope="session")
def firefox_path() -> Path:
    """A browser for `tests.firefox`."""
    return firefox()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Also closes the connection that asynchronous tests leave in asgiref's own thread."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """No test inherits the language of the page that another has asked for."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def forgotten_limits() -> None:
    """No test inherits the rate limits that another has used up."""
    cache.clear()


@pytest.fixture
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs beside an event loop stays in the transaction of a synchronous test."""
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)


@pytest.fixture
def persona(db: None) -> Persona:
    """The default persona."""
    return default_persona()


@pytest.fixture
def alice(persona: Persona) -> User:
    """She owns conversations."""
    return User.objects.create_user("alice", "alice@example.org", "wonder-land-1")


@pytest.fixture
def bob(persona: Persona) -> User:
    """He is staff and may do everything in the admin."""
    return User.objects.create_superuser("bob", "bob@example.org", "builder-man-1")


@pytest.fixture
def charlie(persona: Persona) -> User:
    """He has no business with Alice's rows."""
    return User.objects.create_user("charlie", "charlie@example.org", "chocolate-1")


@pytest.fixture
def emptied_audit(transactional_db: None) -> Iterator[None]:
    """On SQLite nobody empties the audit between tests that commit, unless it lets them."""
    yield
    AuditPruning.objects.create()
    AuditEntry.objects.all().delete()


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Path:
    """Where recordings and spools of this test alone are."""
    settings.VAR_DIR = tmp_path
    folder = tmp_path / "recordings"
    for name in ("base_location", "location"):
        monkeypatch.setitem(vars(recordings_storage()), name, str(folder))
    return folder
