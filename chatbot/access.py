"""The only way to somebody's rows: one function per noun, each with the user it is for."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Manager,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatbot.models import CALL_LEASE, ApiToken, Call, Conversation, Fact, Persona, Turn, User


def conversations_of(user: User) -> QuerySet[Conversation]:
    """The user's own conversations, newest first; nobody else's, whoever asks."""
    return Conversation.objects.filter(user=user).select_related("persona")


def spoken_conversations_of(user: User) -> QuerySet[Conversation]:
    """Those of the user's conversations in which something was said."""
    said = Turn.objects.filter(conversation=OuterRef("pk"))
    return conversations_of(user).filter(Exists(said))


def conversation_for(user: User, conversation_id: str | UUID) -> Conversation:
    """One of the user's own conversations.

    Raises:
        Conversation.DoesNotExist: no such id, no id at all, or somebody else's.
    """
    try:
        key = UUID(str(conversation_id))
    except ValueError:
        raise Conversation.DoesNotExist from None
    return conversations_of(user).get(pk=key)


def persona_for(user: User, slug: str | None) -> Persona:
    """The persona of that slug, or the default one without a slug.

    Raises:
        Persona.DoesNotExist: no such persona.
    """
    if slug:
        return Persona.objects.get(slug=slug)
    return Persona.objects.get(is_default=True)


def persona_for_model(user: User, name: str, common_model: str) -> Persona:
    """Whom an API client means: the persona of that slug, else the one with that model.

    `common_model` is the model of all personas where the operator has set one; the default
    persona answers to it.

    Raises:
        Persona.DoesNotExist: nobody.
    """
    if found := Persona.objects.filter(slug=name).first():
        return found
    if common_model and name == common_model:
        return persona_for(user, None)
    found = Persona.objects.filter(model=name).order_by("-is_default", "pk").first()
    if found is None:
        raise Persona.DoesNotExist
    return found


def token_for(digest: str) -> ApiToken | None:
    """The API token of that SHA-256, if it is in force and its user may sign in."""
    in_force = ApiToken.objects.filter(revoked_at=None, user__is_active=True)
    return in_force.filter(digest=digest).select_related("user").first()


def with_length(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Adds `turn_count`, and `length`: how long its calls lasted in all (None without calls).

    Sub-queries, so that further joins (a search, a filter) count nothing twice.
    """
    lasted = ExpressionWrapper(
        Coalesce(F("ended_at"), F("last_seen_at")) - F("started_at"), output_field=DurationField()
    )
    calls = _of_conversation(Call.objects).annotate(total=Sum(lasted)).values("total")
    turns = _of_conversation(Turn.objects).annotate(total=Count("pk")).values("total")
    return conversations.annotate(turn_count=Coalesce(Subquery(turns), 0), length=Subquery(calls))


def turns_saying(user: User, words: list[str]) -> QuerySet[Turn]:
    """What was said in the user's own conversations with any of the words, most of them first."""
    said = reduce(or_, (Q(text__icontains=word) for word in words))
    count: Any = sum(Case(When(text__icontains=word, then=1), default=0) for word in words)
    own = Turn.objects.filter(conversation__user=user).exclude(role=Turn.Role.TOOL)
    found = own.filter(said).annotate(words=count).select_related("conversation")
    return found.order_by("-words", "-started_at")


def facts_of(user: User) -> QuerySet[Fact]:
    """What the user wants remembered, newest first."""
    return Fact.objects.filter(user=user)


def fact_for(user: User, fact_id: int) -> Fact:
    """One of the user's own facts.

    Raises:
        Fact.DoesNotExist: no such id, or somebody else's.
    """
    return facts_of(user).get(pk=fact_id)


def _of_conversation(rows: Manager[Any]) -> QuerySet[Any, Any]:
    """Rows of the outer query's conversation, grouped by it."""
    return rows.filter(conversation=OuterRef("pk")).order_by().values("conversation")


def live_call_of(user: User) -> Call | None:
    """The newest call of the user's that is running now, on whatever worker."""
    alive = timezone.now() - CALL_LEASE
    return (
        Call.objects.filter(conversation__user=user, ended_at=None, last_seen_at__gt=alive)
        .select_related("conversation__persona")
        .order_by("-started_at")
        .first()
    )
