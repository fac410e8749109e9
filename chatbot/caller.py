"""A caller without a browser: signs in over HTTP, speaks a sound in real time, hears the answer."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chatbot.realtime.audio import SAMPLE_RATE_HZ, bytes_of, ms_of
from chatbot.realtime.events import Event, dump, parse
from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn
from chatbot.wav import samples_of

FRAME_MS = 40
#: Louder than this is heard by a person (of 32767).
AUDIBLE = 400
READY_LIMIT_S = 150.0
ANSWER_LIMIT_S = 60.0
#: After the file, silence is sent for this long before we say that nobody spoke in it.
NOTHING_HEARD_S = 5.0
#: After its last sample, the end of the file's last words may still have to be noticed.
NOTICE_S = 1.0


class CallFailed(Exception):
    """The call did not come about or broke off; the message is one line for a person."""


@dataclass
class Answer:
    """One spoken answer: its item, its sound, and how long the user waited for it (seconds)."""

    item_id: str
    pcm: bytearray = field(default_factory=bytearray)
    latency_s: float | None = None


@dataclass
class Talk:
    """What a call came to. `turns` are in the order of the conversation."""

    conversation_id: str
    turns: list[Turn]
    answers: list[Answer]


def sign_in(url: str, username: str, password: str) -> str:
    """Sign in by the form of the site at `url`; returns the Cookie header that proves it.

    Raises:
        CallFailed: the site is not there, or does not take the name and password, or the account.
    """
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = urljoin(url, "/accounts/login/")
    try:
        with opener.open(page, timeout=10) as answer:
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
        form = {"login": username, "password": password}
        if found:
            form["csrfmiddlewaretoken"] = found[1]
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            page, urlencode(form).encode(), {"Referer": page}
        )
        with opener.open(request, timeout=10) as answer:
            is_inactive = urlsplit(answer.url).path == "/accounts/inactive/"
            is_limited = "Too many failed" in answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        raise CallFailed(f"{url} refused the sign-in: HTTP {error.code}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CallFailed(f"{url} cannot be reached: {reason}. Is script/server running?") from None
    cookies = {cookie.name: cookie.value for cookie in jar}
    if is_limited:
        raise CallFailed(f"{url} takes no more sign-ins for some minutes: too many have failed.")
    if is_inactive:
        raise CallFailed(f"The account of {username!r} is not active. Staff can make it so.")
    if "sessionid" not in cookies:
        raise CallFailed(f"{url} does not know the user {username!r} with this password.")
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


class Caller:
    """One call over `/ws/call/`, fed with sound that is already 24 kHz mono PCM16."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._transcript = Transcript()
        self._answers: list[Answer] = []
        self._conversation_id = ""
        self._generation = 0
        self._spoke_at = 0.0
        self._asked_at = 0.0
        self._heard_speech = asyncio.Event()
        self._has_spoken = asyncio.Event()
        self._open_turns: set[str] = set()
        self._responses: set[str] = set()
        self._waits_for_answer = False
        self._ready = asyncio.Event()
        self._changed = asyncio.Event()

    async def talk(self, pcm: bytes) -> Talk:
        """Speak `pcm` as fast as a person would, then listen until the answer is complete."""
        async with asyncio.TaskGroup() as tasks:
            listener = tasks.create_task(self._listen(), name="listen")
            await self._within(self._ready.wait(), READY_LIMIT_S, "The call was never ready.")
            speaker = tasks.create_task(self._speak(pcm), name="speak")
            length_s = ms_of(len(pcm)) / 1000
            await self._within(
                self._heard_speech.wait(), length_s + NOTHING_HEARD_S, "No speech was heard."
            )
            await self._within(self._has_spoken.wait(), length_s + 10, "The file was not sent.")
            await asyncio.sleep(NOTICE_S)
            await self._within(
                self._answered(), length_s + ANSWER_LIMIT_S, "No answer came within a minute."
            )
            await self._socket.send(dump({"type": "chat.hangup"}))
            await self._within(listener, 30, "The call did not end.")
            speaker.cancel()
        return Talk(self._conversation_id, self._transcript.turns(), self._answers)

    async def _within(self, waited: Any, limit_s: float, otherwise: str) -> None:
        try:
            await asyncio.wait_for(waited, limit_s)
        except TimeoutError:
            raise CallFailed(otherwise) from None

    async def _speak(self, pcm: bytes) -> None:
        """Send the sound and then silence, as a microphone would, in real time."""
        size = bytes_of(FRAME_MS)
        start = time.monotonic()
        number = 0
        while True:
            frame = pcm[number * size : (number + 1) * size].ljust(size, b"\0")
            last = last_audible(frame)
            if last is not None:
                self._spoke_at = start + number * FRAME_MS / 1000 + last / SAMPLE_RATE_HZ
            number += 1
            if number * size >= len(pcm):
                self._has_spoken.set()
            await asyncio.sleep(max(0.0, start + number * FRAME_MS / 1000 - time.monotonic()))
            try:
                await self._socket.send(frame)
            except ConnectionClosed:
                return  # the listener tells why

    async def _answered(self) -> None:
        while self._waits_for_answer or self._open_turns or self._responses:
            self._changed.clear()
            await self._changed.wait()

    async def _listen(self) -> None:
        problem = ""
        try:
            async for frame in self._socket:
                if isinstance(frame, bytes):
                    self._hear(frame)
                    continue
                event = parse(frame)
                if event["type"] == "chat.error":
                    problem = event["message"]
                    if not event["fatal"] and self._responses:
                        self._waits_for_answer = False
                await self._notice(event)
        except ConnectionClosed as closed:
            problem = problem or f"The call broke off (code {closed.code})."
        if self._socket.close_code != 1000:
            raise CallFailed(problem or f"The call ended with code {self._socket.close_code}.")

    async def _notice(self, event: Event) -> None:
        kind = event["type"]
        self._transcript.apply(event, time.time())
        if kind == "chat.call.started":
            self._conversation_id = event["conversation"]["id"]
        elif kind == "chat.status" and event["state"] == "ready":
            self._ready.set()
        elif kind == "chat.audio":
            self._generation = event["generation"]
            self._answers.append(Answer(event["item_id"]))
        elif kind == "input_audio_buffer.speech_started":
            self._heard_speech.set()
            self._open_turns.add(event["item_id"])
            self._waits_for_answer = True
        elif kind == "chat.paused":
            await self._pause()
        elif kind == "chat.resumed":
            self._waits_for_answer = False
        elif kind == "conversation.item.deleted":
            self._open_turns.discard(event["item_id"])
        elif kind == "input_audio_buffer.speech_stopped":
            self._asked_at = self._spoke_at
        elif kind.startswith("conversation.item.input_audio_transcription."):
            self._transcribed(event)
        elif kind == "response.created":
            self._responses.add(event["response"]["id"])
        elif kind == "response.output_audio.done":
            await self._report(event["item_id"], "ended")
        elif kind == "response.done":
            self._responses.discard(event["response"]["id"])
            self._waits_for_answer = event["response"]["status"] == "cancelled"
        self._changed.set()

    def _transcribed(self, event: Event) -> None:
        if not event["type"].endswith(".delta"):
            self._open_turns.discard(event["item_id"])
        if event["type"].endswith(".completed") and not event["transcript"].strip():
            self._waits_for_answer = False

    def _hear(self, frame: bytes) -> None:
        answer = self._answers[-1]
        first = first_audible(frame)
        if answer.latency_s is None and first is not None:
            heard_at = time.monotonic() + first / SAMPLE_RATE_HZ
            answer.latency_s = heard_at - self._asked_at
        answer.pcm += frame

    async def _pause(self) -> None:
        """What has come of the answer is taken for heard."""
        if self._answers and self._responses:
            await self._report(self._answers[-1].item_id, "paused")

    async def _report(self, item_id: str, state: str) -> None:
        pcm = next((a.pcm for a in reversed(self._answers) if a.item_id == item_id), b"")
        event = {
            "type": "chat.playback",
            "generation": self._generation,
            "item_id": item_id,
            "content_index": 0,
            "played_ms": ms_of(len(pcm)),
            "state": state,
        }
        await self._socket.send(dump(event))


async def call(url: str, cookie: str, pcm: bytes, conversation_id: str | None = None) -> Talk:
    """Hold one call with the site at `url`: speak `pcm`, hear the answer, hang up.

    Raises:
        CallFailed: it could not be held to its end.
    """
    site = urlsplit(url)
    scheme = "wss" if site.scheme == "https" else "ws"
    query = "?" + urlencode({"conversation": conversation_id}) if conversation_id else ""
    try:
        async with connect(
            f"{scheme}://{site.netloc}/ws/call/{query}",
            additional_headers={"Cookie": cookie},
            origin=f"{site.scheme}://{site.netloc}",  # type: ignore[arg-type]
            compression=None,
            proxy=None,
        ) as socket:
            return await Caller(socket).talk(pcm)
    except* CallFailed as failures:
        raise CallFailed(str(failures.exceptions[0])) from None
    except* (OSError, InvalidHandshake, ConnectionClosed) as failures:
        raise CallFailed(f"The call could not be held: {failures.exceptions[0]}.") from None


def first_audible(pcm: bytes) -> int | None:
    """The index of the first sample that a person would hear."""
    return next((i for i, sample in enumerate(samples_of(pcm)) if abs(sample) > AUDIBLE), None)


def last_audible(pcm: bytes) -> int | None:
    """The index of the last sample that a person would hear."""
    samples = samples_of(pcm)
    loud = (i for i in range(len(samples) - 1, -1, -1) if abs(samples[i]) > AUDIBLE)
    return next(loud, None)
