"""`/v1/realtime`: calls of any Realtime client, by API token. I/O, and who may come in."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from chatbot import metrics, store
from chatbot.access import is_token_of_inactive_user, persona_for_model
from chatbot.consumers import BROKEN, CallConsumer
from chatbot.handover import clear_the_way
from chatbot.models import ApiToken, Persona, User
from chatbot.models import Call as CallRow
from chatbot.opening import Refused, open_for
from chatbot.realtime import api_errors
from chatbot.realtime.api_errors import BAD_TOKEN
from chatbot.realtime.events import Event, dump
from chatbot.realtime.gateway import GatewayCall
from chatbot.realtime.large_events import MAX_EVENT
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.problems import LIMIT_REACHED, Problem
from chatbot.refusals import note_socket
from chatbot.relay import new_item_id

log = logging.getLogger(__name__)

SUBPROTOCOL = "realtime"
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
TOKEN_SUBPROTOCOL = "openai-insecure-api-key."  # noqa: S105 - how a browser's client brings it

#: The service's own: it accepts, says what is wrong, and closes.
BAD_REQUEST = 4000

_NO_TOKEN = "Missing bearer or basic authentication in header"  # noqa: S105 - a sentence
_WRONG_TOKEN = "Incorrect API key provided. Make a token with `manage.py createtoken`."  # noqa: S105
_INACTIVE = "The account of this API token is not active. Ask the people who run this site."
_BETA = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
_NO_MODEL = "You must provide a model parameter: the slug of a persona, or a model's name."
_NO_CALL_ID = (
    "Calls over SIP and WebRTC are not offered, so there is no call_id to join. Leave it out."
)
_NO_TRANSCRIPTION = (
    "Transcription sessions are not offered. "
    "Leave 'intent' out: a call writes down what is said, too."
)
_WRONG_MODEL = "There is no persona of this name, and none that uses this model."
_TOO_MANY = "As many calls of yours are running as are allowed. End one of them, then call again."


class TurnedAway(Exception):
    """The socket closes after an `error`, as the service would do it."""

    def __init__(self, code: str | None, message: str, close_code: int) -> None:
        super().__init__(message)
        self.event = api_errors.error_event(code, message)
        self.close_code = close_code
        self.reason = f"{api_errors.INVALID_REQUEST}.{code or 'missing_api_key'}"


class GatewayConsumer(CallConsumer):
    """One call of a Realtime client. No cookie counts here, and no Origin is asked for."""

    async def connect(self) -> None:
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope["subprotocols"] else None)
        try:
            self.token = await database_sync_to_async(caller)(self.scope)
            await self.begin(self.token.user)
        except TurnedAway as turned:
            await self.note_refusal(None)
            metrics.PROBLEMS.labels(turned.event["error"]["code"] or "missing_api_key").inc()
            await self.show(turned.event)
            await self.close(turned.close_code, turned.reason)
        except Refused as refused:
            await self.note_refusal(self.token.user)
            await self.refuse(_as_api(refused.problem))
        except Exception:
            log.exception("a client's call could not be opened")
            await self.refuse(BROKEN)

    async def note_refusal(self, user: User | None) -> None:
        await database_sync_to_async(note_socket)(self.scope, self.asked("conversation"), user)

    async def begin(self, user: User) -> None:
        check_query(self.asked)
        model = self.asked("model") or ""
        persona = await database_sync_to_async(persona_of)(user, model)
        wished = self.asked("conversation")
        await clear_the_way(user, wished)
        opened = await database_sync_to_async(open_for)(
            user, wished, persona.slug, CallRow.Kind.API, self.token
        )
        persona = opened.conversation.persona
        call = GatewayCall(
            opened.settings,
            [turn.in_call() for turn in opened.turns],
            permissions=Permissions(
                frozenset(persona.user_settings), may_instruct=persona.api_clients_instruct
            ),
            model=model,
            models=frozenset({persona.slug, persona.model, settings.REALTIME_MODEL}),
            now=time.time(),
            first_position=opened.next_position,
            new_id=new_item_id,
        )
        for frame in call.data_for_browser():
            self.send_now(frame)
        await self.start(opened, call)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Programs send files as fast as they are read; pages cannot speak so fast."""
        if self.relay is not None:
            await self.relay.room()
        await super().receive(text_data, bytes_data)
        if self.line is not None and len(text_data or bytes_data or "") > MAX_EVENT:
            self.line.read_on()

    async def refuse(self, problem: Problem) -> None:
        metrics.PROBLEMS.labels(problem.code).inc()
        await self.say(problem)
        await self.close(problem.close_code, f"{api_errors.kind_of(problem)}.{problem.code}")

    async def say(self, problem: Problem) -> None:
        await self.show(api_errors.of_problem(problem))

    async def show(self, event: Event) -> None:
        await self.send(text_data=dump({"event_id": new_item_id("event"), **event}))


def check_query(asked: Callable[[str], str | None]) -> None:
    """What the service offers and we do not is said, and not passed over.

    Raises:
        TurnedAway: it is asked for.
    """
    if asked("call_id") is not None:
        raise TurnedAway("unsupported_call_id", _NO_CALL_ID, BAD_REQUEST)
    if asked("intent") == "transcription":
        raise TurnedAway("unsupported_intent", _NO_TRANSCRIPTION, BAD_REQUEST)


def caller(scope: Mapping[str, Any]) -> ApiToken:
    """Whose token the client brings, in its header or among its sub-protocols.

    Raises:
        TurnedAway: none, or none that is in force; or the client speaks the beta protocol.
    """
    named = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    token = _bearer(named.get(b"authorization", "")) or _offered(scope["subprotocols"])
    if not token:
        raise TurnedAway(None, _NO_TOKEN, BAD_TOKEN)
    row = store.use_token(token)
    if row is None:
        is_inactive = is_token_of_inactive_user(store.digest_of(token))
        message = _INACTIVE if is_inactive else _WRONG_TOKEN
        raise TurnedAway("invalid_api_key", message, BAD_TOKEN)
    if b"openai-beta" in named or BETA_SUBPROTOCOL in scope["subprotocols"]:
        raise TurnedAway("beta_api_shape_disabled", _BETA, BAD_REQUEST)
    return row


def persona_of(user: User, model: str) -> Persona:
    """Whom `?model=` asks for.

    Raises:
        TurnedAway: nobody.
    """
    if not model:
        raise TurnedAway("missing_model", _NO_MODEL, BAD_REQUEST)
    try:
        return persona_for_model(user, model, settings.REALTIME_MODEL)
    except Persona.DoesNotExist:
        raise TurnedAway("invalid_model", _WRONG_MODEL, BAD_REQUEST) from None


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _offered(subprotocols: list[str]) -> str:
    tokens = [word for word in subprotocols if word.startswith(TOKEN_SUBPROTOCOL)]
    return tokens[0].removeprefix(TOKEN_SUBPROTOCOL) if tokens else ""


def _as_api(problem: Problem) -> Problem:
    """Our refusals in the service's words."""
    if problem.close_code == LIMIT_REACHED:
        return Problem("rate_limit_exceeded", _TOO_MANY, LIMIT_REACHED)
    return problem
