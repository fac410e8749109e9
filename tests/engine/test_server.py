"""The shell: HTTP answers, frames, threads and vanishing clients, with models that are fakes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from chatbot.engine.loading import Loader
from chatbot.engine.server import Engine
from chatbot.realtime.audio import to_base64
from tests.engine.calls import Call, calling, eventually
from tests.engine.fakes import FakeModels, loud, quiet


class HandLoader(Loader):
    """Loads when and what a test says."""

    def __init__(self, fakes: FakeModels | None) -> None:
        super().__init__(threads=1)
        self.fakes = fakes

    def load(self) -> None:
        if self.fakes is None:
            self.status, self.message = "broken", "No model file."
        else:
            self.status, self.models = "ready", self.fakes.models()


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()


@pytest.fixture
async def url(fakes: FakeModels) -> AsyncIterator[str]:
    async with Engine(HandLoader(fakes), "127.0.0.1", 0) as engine:
        await engine.load()
        yield f"ws://127.0.0.1:{engine.port}"


async def get(port: int, path: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of a plain request."""

    def fetch() -> tuple[int, dict[str, str], Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, dict(answer.headers), json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), json.loads(error.read())

    return await asyncio.to_thread(fetch)


async def refused(port: int, path: str = "/v1/realtime") -> Any:
    """The answer to a handshake that is not let in."""
    with pytest.raises(InvalidStatus) as raised:
        async with connect(f"ws://127.0.0.1:{port}{path}"):
            pass
    return raised.value.response


async def test_while_it_loads_it_says_so(fakes: FakeModels) -> None:
    async with Engine(HandLoader(fakes), "127.0.0.1", 0) as engine:
        status, _, body = await get(engine.port, "/healthz")
        assert (status, body["status"], body["models"]) == (503, "loading", {})
        response = await refused(engine.port)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "1"
        assert json.loads(response.body)["error"]["code"] == "engine_loading"
        await engine.load()
        status, _, body = await get(engine.port, "/healthz")
        assert (status, body["status"], body["models"]) == (200, "ready", {"all": "fake"})


async def test_when_it_cannot_load_it_says_why() -> None:
    async with Engine(HandLoader(None), "127.0.0.1", 0) as engine:
        await engine.load()
        status, _, body = await get(engine.port, "/healthz")
        assert (status, body["status"], body["message"]) == (503, "broken", "No model file.")
        response = await refused(engine.port)
        assert json.loads(response.body)["error"]["code"] == "engine_broken"


async def test_it_listens_on_a_socket_that_somebody_else_keeps(fakes: FakeModels) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port = kept.getsockname()[1]
        for _ in range(2):
            async with Engine(HandLoader(fakes), "", 0, os.dup(kept.fileno())) as engine:
                assert engine.port == port
                assert (await get(port, "/healthz"))[2]["pid"] == os.getpid()


async def test_other_paths_are_not_found(url: str) -> None:
    port = int(url.rpartition(":")[2])
    assert (await refused(port, "/v2/realtime")).status_code == 404
    assert (await get(port, "/"))[0] == 404


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, None), (["realtime", "openai-insecure-api-key.x"], "realtime"), (["other"], None)],
)
async def test_the_subprotocol_is_chosen_if_offered(
    url: str, offered: Any, chosen: str | None
) -> None:
    async with connect(f"{url}/v1/realtime", subprotocols=offered) as websocket:
        assert websocket.subprotocol == chosen
        assert json.loads(await websocket.recv())["type"] == "session.created"


async def test_speech_is_answered(url: str) -> None:
    async with calling(url) as call:
        await call.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        await call.say(quiet(500) + loud(500) + quiet(700))
        done = await call.until("response.done")
        assert done["response"]["status"] == "completed"
        transcript = done["response"]["output"][0]["content"][0]["transcript"]
        assert transcript.strip() == "Sentence 1 of it. Sentence 2 of it."
        completed = call.all("conversation.item.input_audio_transcription.completed")
        assert completed[0]["transcript"] == "What is it?"
        assert len(call.audio()) == 4800


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\0\0", "invalid_event"),
        ("{", "invalid_json"),
        ("5", "missing_required_parameter"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter"),
        ('{"type": "input_audio_buffer.append", "audio": "%"}', "invalid_value"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "invalid_value"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_value"),
    ],
)
async def test_a_bad_frame_is_an_error_and_the_session_goes_on(
    url: str, frame: str | bytes, code: str
) -> None:
    async with calling(url) as call:
        await call.websocket.send(frame)
        assert (await call.until("error"))["error"]["code"] == code
        await call.say(loud(500) + quiet(700))
        await call.until("response.done")


async def test_minutes_of_sound_in_one_frame_hold_nobody_up(url: str) -> None:
    async with calling(url) as first, calling(url) as second:
        sound = to_base64(quiet(120_000))
        await first.send("input_audio_buffer.append", audio=sound)
        await second.say(loud(500) + quiet(700))
        await second.until("response.done")
        await first.say(loud(500) + quiet(700))
        started = await first.until("input_audio_buffer.speech_started")
        assert started["audio_start_ms"] == pytest.approx(119_700, abs=40)


async def test_speaking_stops_the_answer(url: str, fakes: FakeModels) -> None:
    fakes.language.sentences = 1_000_000
    async with calling(url) as call:
        await call.say(loud(500) + quiet(700))
        await call.until("response.output_audio.delta")
        await call.say(loud(200))
        done = await call.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await eventually(fakes.language.stopped.is_set)


async def test_a_client_that_vanishes_stops_its_answer(url: str, fakes: FakeModels) -> None:
    fakes.language.sentences = 1_000_000
    async with calling(url) as call:
        await call.say(loud(500) + quiet(700))
        await call.until("response.created")
        await eventually(lambda: fakes.language.running.acquire(blocking=False))
        call.websocket.transport.abort()
        await eventually(fakes.language.stopped.is_set)


async def test_a_client_that_does_not_read_is_dropped(
    url: str, fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.engine.connection.MOST_WAITING", 500)
    fakes.language.sentences = 1_000_000
    async with connect(f"{url}/v1/realtime", max_queue=1, close_timeout=0.1) as websocket:
        call = Call(websocket)
        await call.say(loud(500) + quiet(700))
        await eventually(fakes.language.stopped.is_set)


async def test_a_model_that_breaks_fails_the_turn_and_not_the_call(
    url: str, fakes: FakeModels, caplog: pytest.LogCaptureFixture
) -> None:
    async with calling(url) as call:
        await call.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        fakes.recognizer.error = RuntimeError("secret words")
        await call.say(loud(500) + quiet(700))
        failed = await call.until("conversation.item.input_audio_transcription.failed")
        assert "secret" not in json.dumps(failed)
        assert "secret" not in caplog.text
        fakes.recognizer.error = None
        await call.say(loud(500) + quiet(700))
        await call.until("response.done")


async def test_the_hour_ends_with_the_services_words(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.engine.connection.SESSION_SECONDS", 0.2)
    async with calling(url) as call:
        assert (await call.until("error"))["error"]["code"] == "session_expired"
        await call.websocket.wait_closed()
        assert call.websocket.close_code == 1001
