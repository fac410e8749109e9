"""A worker before the scripted service, another before the real engine, and a token for both."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from chatbot.realtime.audio import bytes_of
from tests.clients.service import serve_client
from tests.scripted import scripted_upstream, tone
from tests.services import Process, free_port, wait_for_http
from tests.workers import Workers, running_workers

ENGINE_START_S = 60
QUESTION = "What is the capital of France?"


@dataclass
class Gateway:
    """Where a client calls, and what it says there. `is_scripted`: answers are known."""

    url: str
    token: str
    workers: Workers
    speech: Path
    is_scripted: bool

    @property
    def sound(self) -> bytes:
        return self.speech.read_bytes()


@dataclass
class House:
    workers: Workers
    token: str
    scripted_port: int
    folder: Path


@pytest.fixture(scope="package")
def house(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("clients")
    scripted_port, engine_port = free_port(), free_port()
    upstreams = [f"ws://127.0.0.1:{port}/v1/realtime" for port in (scripted_port, engine_port)]
    line = [sys.executable, "-m", "chatbot.engine", "--port", str(engine_port)]
    with (
        Process(line, folder / "engine.log"),
        running_workers(folder, redis_url, upstreams) as workers,
    ):
        token = workers.command("createtoken", "admin", "--name", "stock clients")
        wait_for_http(f"http://127.0.0.1:{engine_port}/healthz", ENGINE_START_S)
        yield House(workers, token, scripted_port, folder)


@pytest.fixture(scope="package")
def spoken_question(house: House) -> Path:
    """`QUESTION` in the engine's own voice, and then silence."""
    from hibari import Hibari

    samples = np.clip(np.asarray(Hibari()(QUESTION, seed=1)), -1, 1)
    path = house.folder / "question.pcm"
    path.write_bytes((samples * 32767).astype("<i2").tobytes() + bytes(bytes_of(900)))
    return path


@pytest_asyncio.fixture
async def scripted(house: House) -> AsyncIterator[Gateway]:
    path = house.folder / "tone.pcm"
    path.write_bytes(tone(1000))
    async with scripted_upstream(serve_client, port=house.scripted_port):
        yield Gateway(house.workers.urls[0], house.token, house.workers, path, True)


@pytest.fixture
def engine(house: House, spoken_question: Path) -> Gateway:
    return Gateway(house.workers.urls[1], house.token, house.workers, spoken_question, False)


@pytest.fixture(params=["scripted", "engine"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Both, one after the other."""
    found: Gateway = request.getfixturevalue(request.param)
    return found
