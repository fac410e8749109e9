"""One conversation of the demo: its calls, its turns, what they used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from chatbot.demo.batch import Batch
from chatbot.demo.topics import Exchange, Tool, Topic
from chatbot.demo.used import Meter
from chatbot.demo.words import passage_of
from chatbot.models import Call, Conversation, Passage, Turn
from chatbot.realtime.transcript import NOT_RECOGNISED
from chatbot.realtime.turns import heard_part
from chatbot.search import whole_of
from chatbot.store import title_from

SPOKEN_MS_FOR_EACH_CHARACTER = 62
NOT_HEARD = "The words could not be recognised."
NO_ANSWER = "The voice service reported a problem. If the answer does not come, say it again."
#: Close code, reason, and how often.
ENDS = (
    (1000, "user", 700), (1000, "ended", 60), (1001, "going away", 80), (1006, "", 50),
    (4408, "idle", 45), (4409, "taken over", 25), (1012, "worker_restarting", 15),
    (1013, "upstream_unavailable", 8), (1011, "worker died", 5), (4401, "signed out", 12),
)  # fmt: skip
WORKERS = tuple(f"demo-{host}:{pid}" for host in "ab" for pid in (311, 312, 313))


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversation to be held: who, with whom, when (epoch seconds), how many exchanges long."""

    user: int
    persona: int
    began: float
    exchanges: int
    is_live: bool = False
    deleted_at: float | None = None
    is_held: bool = False


@dataclass(slots=True)
class Talk:
    """Holds conversations and writes them into `batch`. `version_at` gives the version of a persona
    and the model in force at a time; `said` are the passages of the conversation so far."""

    rng: Random
    now: float
    batch: Batch
    keys: Iterator[int]
    version_at: Callable[[int, float], tuple[int, str]]
    conversation: UUID = field(init=False)
    call: UUID = field(init=False)
    meter: Meter = field(init=False)
    clock: float = field(init=False)
    position: int = field(init=False)
    title: str = field(init=False)
    said: list[str] = field(init=False)
    has_failures: bool = field(init=False)
    is_typed: bool = field(init=False)
    slots: dict[str, str] = field(init=False)

    def hold(self, plan: Plan, topic: Topic, common: Topic) -> tuple[UUID, datetime]:
        """One conversation, in one call or several; its id, and when it ended."""
        rng = self.rng
        self.conversation = new_id(rng)
        self.position = 0
        self.title = ""
        self.said = []
        self.has_failures = False
        self.is_typed = rng.random() < 0.12
        self.slots = {**common.choose(rng), **topic.choose(rng)}
        self.clock = plan.began
        left = plan.exchanges
        while True:
            share = left if left < 4 or rng.random() < 0.75 else rng.randint(2, left - 1)
            left -= share
            is_last = left == 0 or plan.is_live or self.clock > self.now - 7200
            self._call(plan, topic, common, share, is_live=plan.is_live and is_last)
            if is_last:
                break
            self.clock = min(self.clock + rng.expovariate(1 / 40_000), self.now - 3600)
        self._keep(plan)
        return self.conversation, moment(min(self.clock, self.now))

    def _keep(self, plan: Plan) -> None:
        self.batch.rows[Conversation].append(
            (
                self.conversation,
                plan.user,
                plan.persona,
                self.title,
                moment(plan.began),
                moment(min(self.clock, self.now)),
                None if plan.deleted_at is None else moment(max(plan.deleted_at, self.clock)),
                self.position,
                self.has_failures,
                plan.is_held,
            )
        )
        whole = whole_of(self.title, self.said)
        self.batch.rows[Passage].append((self.conversation, None, whole))

    def _call(
        self, plan: Plan, topic: Topic, common: Topic, exchanges: int, *, is_live: bool
    ) -> None:
        rng = self.rng
        began = self.clock
        self.call = new_id(rng)
        version, model = self.version_at(plan.persona, began)
        self.meter = Meter(self.call, plan.persona, model, self.batch)
        self.clock += 0.4 + 2 * rng.random()
        for _ in range(exchanges):
            if self.clock > self.now:
                break
            if rng.random() < 0.5:
                self.slots.update(topic.choose(rng))
            if rng.random() < 0.22:
                self.slots.update(common.choose(rng))
                self._exchange(rng.choice(common.exchanges))
            else:
                self._exchange(rng.choice(topic.exchanges))
            self.clock += 0.6 + rng.expovariate(0.25)
        code, reason, _ = rng.choices(ENDS, [often for *_, often in ENDS])[0]
        ended = moment(min(self.clock, self.now))
        self.batch.rows[Call].append(
            (
                self.call,
                self.conversation,
                Call.Kind.API if rng.random() < 0.05 else Call.Kind.PAGE,
                None,
                version,
                1 + (rng.random() < 0.04),
                rng.choice(WORKERS),
                moment(began),
                moment(self.now + 900) if is_live else ended,
                None if is_live else ended,
                None if is_live else code,
                "" if is_live else reason,
            )
        )

    def _exchange(self, exchange: Exchange) -> None:
        question = self._said(exchange.questions)
        if self.rng.random() < 0.004:
            error = NOT_RECOGNISED if self.rng.random() < 0.3 else NOT_HEARD
            self._turn("user", "audio", "failed", "", error=error)
            self.has_failures = True
            return
        self._ask(question)
        if exchange.tool:
            self._use(exchange.tool)
        self._answer([self._said(variants) for variants in exchange.answer])

    def _said(self, variants: tuple[str, ...]) -> str:
        chosen = variants[int(self.rng.random() * len(variants))].format_map(self.slots)
        return chosen[0].upper() + chosen[1:]

    def _ask(self, question: str) -> None:
        is_typed = self.is_typed or self.rng.random() < 0.04
        self.title = self.title or title_from(question)
        took_s = 0.2 if is_typed else len(question) * SPOKEN_MS_FOR_EACH_CHARACTER / 1000 + 0.5
        item = self._turn(
            "user", "text" if is_typed else "audio", "completed", question,
            words=passage_of([question]), took_s=took_s,
        )  # fmt: skip
        self.meter.asked(item, moment(self.clock), took_s, is_typed=is_typed)

    def _use(self, tool: Tool) -> None:
        arguments = tool.arguments.format_map(self.slots)
        self._turn(
            "tool", "text", "completed", tool.result.format_map(self.slots),
            took_s=0.05 + self.rng.expovariate(4), tool=(tool.name, arguments),
        )  # fmt: skip

    def _answer(self, sentences: list[str]) -> None:
        rng = self.rng
        text = " ".join(sentences)
        audio_ms = len(text) * SPOKEN_MS_FOR_EACH_CHARACTER
        chance = rng.random()
        status, heard_ms, heard_text, error = "completed", None, None, ""
        if chance < 0.11:
            status, heard_ms = "interrupted", int(audio_ms * rng.random() ** 0.7)
            heard_text = heard_part(text, heard_ms, audio_ms)
        elif chance < 0.114:
            status, text, error, audio_ms = "failed", "", NO_ANSWER, 0
            self.has_failures = True
        elif chance < 0.117:
            status = "incomplete"
        words = passage_of(sentences) if text else ""
        latency_ms = None if status == "failed" else self._latency_ms()
        took_s = (audio_ms if heard_ms is None else heard_ms) / 1000
        item = self._turn(
            "assistant", "audio", status, text, error=error, words=words, took_s=took_s,
            heard=(heard_text, heard_ms), latency_ms=latency_ms,
        )  # fmt: skip
        self.meter.answered(item, moment(self.clock), audio_ms / 1000, len(text))

    def _latency_ms(self) -> int:
        """Around 0.7 s; more in the evening, and much more for a week of trouble in the autumn."""
        begun = datetime.fromtimestamp(self.clock, UTC)
        evening = 1.25 if 17 <= begun.hour <= 21 else 1.0
        trouble = 1.8 if begun.isocalendar().week == 41 else 1.0
        return int(self.rng.lognormvariate(6.45, 0.38) * evening * trouble)

    def _turn(
        self, role: str, modality: str, status: str, text: str, *,
        error: str = "", words: str = "", took_s: float = 0.0,
        heard: tuple[str | None, int | None] = (None, None), latency_ms: int | None = None,
        tool: tuple[str, str] = ("", ""),
    ) -> str:  # fmt: skip
        """Write a turn that begins now, and let it pass; its item."""
        key = next(self.keys)
        item = f"item_{self.rng.getrandbits(72):018x}"
        began = self.clock
        first_audio = None if latency_ms is None else moment(began + 0.1)
        self.clock = began + (latency_ms or 0) / 1000 + took_s
        self.batch.rows[Turn].append(
            (
                key, self.conversation, self.call, item, self.position, role, modality, status,
                text, heard[0], heard[1], error, moment(began), first_audio, moment(self.clock),
                latency_ms, *tool,
            )
        )  # fmt: skip
        if words:
            self.batch.rows[Passage].append((self.conversation, key, words))
            self.said.append(words)
        self.position += 1
        return item


def moment(seconds: float) -> datetime:
    """Epoch seconds as the rows have them."""
    return datetime.fromtimestamp(seconds, UTC)


def new_id(rng: Random) -> UUID:
    """Random as any, and the same for the same seed."""
    return UUID(int=rng.getrandbits(128), version=4)
