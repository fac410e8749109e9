"""Whatever sounds the user makes over answers, in whatever order things happen: who is answered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.realtime.audio import bytes_of, to_base64
from tests.realtime.test_call import Harness, played

Event = dict[str, Any]
TRANSCRIPTION = "conversation.item.input_audio_transcription"
OUTCOMES = ("words", "words", "nothing", "failed", "missing")


class Service(Harness):
    """A call whose upstream does as the service does, and whose page as ours does.

    What the call sends is taken in order, but when the test says so.
    """

    def __init__(self) -> None:
        self.waiting: list[Event] = []
        super().__init__()
        self.speaking: str | None = None
        self.untold: list[str] = []
        self.running: str | None = None
        self.responses: list[str] = []
        self.made_of: dict[str, int] = {}
        self.heard_by: dict[str, set[str]] = {}
        self.outcome_of: dict[str, str] = {}
        self.conversation: list[str] = []

    def drain(self) -> None:
        super().drain()
        self.waiting += self.to_upstream
        self.to_upstream = []

    # The upstream

    def start(self) -> None:
        if self.speaking is None:
            self.speaking = f"u{len(self.outcome_of)}"
            self.outcome_of[self.speaking] = "missing"
            self.upstream({"type": "input_audio_buffer.speech_started", "item_id": self.speaking})

    def stop(self) -> None:
        if self.speaking is None:
            return
        item, self.speaking = self.speaking, None
        self.conversation.append(item)
        self.untold.append(item)
        self.upstream({"type": "input_audio_buffer.speech_stopped", "item_id": item})
        previous = self.conversation[-2] if len(self.conversation) > 1 else None
        place = {"item_id": item, "previous_item_id": previous}
        self.upstream({"type": "input_audio_buffer.committed", **place})
        if self.running is None:
            self.respond()
        else:
            self.refuse(None)

    def transcribe(self, outcome: str) -> None:
        if not self.untold:
            return
        item = self.untold.pop(0)
        self.outcome_of[item] = outcome
        if outcome == "failed":
            self.upstream({"type": f"{TRANSCRIPTION}.failed", "item_id": item, "error": {}})
        elif outcome != "missing":
            text = "Stop it." if outcome == "words" else ""
            completed = {"type": f"{TRANSCRIPTION}.completed", "item_id": item}
            self.upstream({**completed, "transcript": text})

    def respond(self) -> None:
        self.running = f"r{len(self.responses)}"
        self.responses.append(self.running)
        self.made_of[self.running] = 0
        self.heard_by[self.running] = set(self.conversation)
        self.upstream({"type": "response.created", "response": {"id": self.running}})
        item = {"id": f"a{self.running}", "type": "message", "role": "assistant"}
        about = {"response_id": self.running, "item": {**item, "status": "in_progress"}}
        self.upstream({"type": "response.output_item.added", **about})
        self.upstream({"type": "conversation.item.added", "item": about["item"]})

    def refuse(self, event_id: str | None) -> None:
        code = "conversation_already_has_active_response"
        self.upstream({"type": "error", "error": {"code": code, "event_id": event_id}})

    def make(self) -> None:
        """Some sound of the answer."""
        if self.running is None:
            return
        self.made_of[self.running] += 400
        at = {"response_id": self.running, "item_id": f"a{self.running}", "content_index": 0}
        self.upstream({"type": "response.output_audio_transcript.delta", "delta": "one ", **at})
        delta = to_base64(bytes(bytes_of(400)))
        self.upstream({"type": "response.output_audio.delta", "delta": delta, **at})

    def finish(self, status: str = "completed") -> None:
        if self.running is None:
            return
        if status == "completed" and not self.made_of[self.running]:
            self.make()
        response, self.running = self.running, None
        item = {"id": f"a{response}", "type": "message", "role": "assistant", "status": status}
        self.upstream({"type": "conversation.item.done", "item": item})
        done = {"id": response, "status": status, "output": [item], "usage": None}
        self.upstream({"type": "response.done", "response": done})

    def read(self) -> None:
        """The oldest event that the call has sent."""
        if not self.waiting:
            return
        event = self.waiting.pop(0)
        if event["type"] == "response.create":
            if self.running is None:
                self.respond()
            else:
                self.refuse(event["event_id"])
        elif event["type"] == "response.cancel" and self.running == event["response_id"]:
            self.finish("cancelled")
        elif event["type"] == "conversation.item.delete":
            self.upstream({"type": "conversation.item.deleted", "item_id": event["item_id"]})

    # The page and the clock

    def play(self) -> None:
        """The newest answer is played to its end, as far as it is there."""
        headers = self.told("chat.audio")
        if headers and not self.is_paused:
            header = headers[-1]
            made = self.made_of[header["response_id"]]
            item, generation = header["item_id"], header["generation"]
            is_done = header["response_id"] != self.running
            state = "ended" if is_done else "playing"
            self.browser(played(made, state, generation, item))

    def report(self) -> None:
        headers = self.told("chat.audio")
        if headers and self.is_paused:
            header = headers[-1]
            self.browser(played(200, "paused", header["generation"], header["item_id"]))

    def wait(self) -> None:
        self.now += 0.7
        self.call.tick(self.now)
        self.drain()

    @property
    def decisions(self) -> list[str]:
        kinds = ("chat.paused", "chat.resumed", "chat.interrupted")
        events = [e for e in self.to_browser if isinstance(e, dict) and e["type"] in kinds]
        # The second word on a cut says where it was.
        return [
            e["type"]
            for n, e in enumerate(events)
            if not (
                e["type"] == "chat.interrupted"
                and n
                and events[n - 1]["type"] == "chat.interrupted"
                and e["generation"] == events[n - 1]["generation"]
            )
        ]

    @property
    def is_paused(self) -> bool:
        return self.decisions[-1:] == ["chat.paused"]

    def come_to_rest(self) -> None:
        """Everybody finishes what they were doing."""
        self.stop()
        for _ in range(20):
            while self.waiting:
                self.read()
            self.make()
            self.finish()
            self.play()
            self.wait()


ACTIONS: dict[str, Callable[[Service], None]] = {
    "start": Service.start,
    "stop": Service.stop,
    "make": Service.make,
    "finish": Service.finish,
    "read": Service.read,
    "play": Service.play,
    "report": Service.report,
    "wait": Service.wait,
    **{outcome: lambda s, o=outcome: s.transcribe(o) for outcome in set(OUTCOMES)},  # type: ignore[misc]
}

actions = st.lists(st.sampled_from([*sorted(ACTIONS), "read", "make"]), max_size=40)
quiet_actions = st.lists(
    st.sampled_from(sorted(set(ACTIONS) - {"words", "missing", "wait"})), max_size=40
)


def held(steps: list[str]) -> Service:
    """A call in which an answer begins, these things happen, and all come to rest."""
    service = Service()
    service.start()
    service.stop()
    service.transcribe("words")
    service.make()
    for step in steps:
        ACTIONS[step](service)
    service.come_to_rest()
    return service


@settings(deadline=None)
@given(actions)
def test_every_pause_ends_once(steps: list[str]) -> None:
    service = held(steps)
    for before, after in pairwise(["", *service.decisions]):
        assert (before, after) != ("chat.paused", "chat.paused")
        assert after != "chat.resumed" or before == "chat.paused"
    assert not service.is_paused


@settings(deadline=None)
@given(actions)
def test_all_words_are_answered_and_nobody_complains(steps: list[str]) -> None:
    service = held(steps)
    words = {item for item, outcome in service.outcome_of.items() if outcome == "words"}
    answered = set().union(*(service.heard_by[response] for response in service.responses))
    assert words <= answered
    assert service.told("chat.error") == []
    last_words = max((service.conversation.index(item) for item in words), default=-1)
    shown = {header["response_id"] for header in service.told("chat.audio")}
    assert any(service.conversation[last_words] in service.heard_by[response] for response in shown)


@settings(deadline=None)
@given(quiet_actions)
def test_no_noise_ends_an_answer_or_is_answered(steps: list[str]) -> None:
    service = held(steps)
    assert "chat.interrupted" not in service.decisions
    shown = [header["response_id"] for header in service.told("chat.audio")]
    assert set(service.responses[:1]) == set(shown[:1])


@settings(deadline=None)
@given(actions)
def test_no_noise_leaves_a_turn(steps: list[str]) -> None:
    service = held(steps)
    service.call.hang_up(1000, "user", service.now)
    service.drain()
    noises = {item for item, outcome in service.outcome_of.items() if outcome == "nothing"}
    assert not noises & {turn.item_id for turn in service.saved()}
