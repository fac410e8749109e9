"""System checks, probes and response headers."""

import os
import subprocess
import sys
from unittest import mock

import pytest
from django.core.checks import run_checks
from django.test import AsyncClient, Client
from pytest_django import Settings

from chatbot import health
from script.install import ROOT


def ids() -> set[str | None]:
    return {found.id for found in run_checks()}


def test_nothing_is_wrong_by_default() -> None:
    assert ids() == set()


def test_slow_frames_are_told() -> None:
    with mock.patch("autobahn.websocket.USES_NVX", new=False):
        assert ids() == {"chatbot.W001"}


def test_a_slow_event_loop_is_told() -> None:
    with mock.patch("project.loop.uvloop", new=None):
        assert ids() == {"chatbot.W002"}


def test_several_workers_need_redis(settings: Settings) -> None:
    settings.WORKERS = 2
    settings.REDIS_URL = ""
    assert ids() == {"chatbot.E001"}


def test_openai_needs_a_key(settings: Settings) -> None:
    settings.REALTIME_URL = "wss://api.openai.com/v1/realtime"
    assert ids() == {"chatbot.E002"}


def test_recordings_on_s3_need_what_talks_to_it(settings: Settings) -> None:
    settings.RECORDINGS_URL = "s3://bucket/prefix"
    (found,) = run_checks()
    assert (found.id, found.hint) == (
        "chatbot.E003",
        "Run: .venv/bin/pip install 'django-storages[s3]'",
    )


def test_settings_of_production_are_safe() -> None:
    settings = {"HTTPS": "true", "DJANGO_SETTINGS_MODULE": "project.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


async def test_a_worker_is_alive(async_client: AsyncClient) -> None:
    assert (await async_client.get("/healthz")).json() == {"status": "alive"}


@pytest.mark.django_db(transaction=True)
async def test_a_worker_is_ready_with_its_database_and_layer(async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"Database": "OK", "ChannelLayer": "OK"})


@pytest.mark.django_db(transaction=True)
async def test_a_worker_without_its_layer_is_not_ready(async_client: AsyncClient) -> None:
    layer = mock.AsyncMock(group_send=mock.AsyncMock(side_effect=ConnectionRefusedError))
    with mock.patch.object(health, "get_channel_layer", return_value=layer):
        answer = await async_client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ChannelLayer"] != "OK"


async def test_metrics_are_prometheus_text(async_client: AsyncClient) -> None:
    assert b"python_info" in (await async_client.get("/metrics")).content


@pytest.mark.django_db
def test_pages_run_only_our_own_scripts_and_only_we_hear_the_microphone(client: Client) -> None:
    headers = client.get("/accounts/login/").headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert "microphone=(self)" in headers["permissions-policy"]
    assert headers["x-frame-options"] == "DENY"
