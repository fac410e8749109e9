"""The only way to somebody's rows: one function per noun, each with the user it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    DurationField,
    ExpressionWrapper,
    F,
    Manager,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatbot.models import (
    CALL_LEASE,
    ApiToken,
    Call,
    Conversation,
    Fact,
    Persona,
    Preferences,
    Recording,
    User,
)
from chatbot.realtime.choices import with_choices
from chatbot.realtime.session import SessionSettings

#: For this long a user can have a deleted conversation back.
DELETED_KEPT = timedelta(days=30)


def may_sign_in(user: User) -> bool:
    """The user's row is there still, and active."""
    return User.objects.filter(pk=user.pk, is_active=True).exists()


def conversations_of(user: User) -> QuerySet[Conversation]:
    """The user's own conversations, newest first; nobody else's, whoever asks, and none that
    the user has deleted."""
    return Conversation.objects.filter(user=user, deleted_at=None).select_related("persona")


def deleted_conversations_of(user: User) -> QuerySet[Conversation]:
    """Those that the user has deleted and can still have back, last deleted first."""
    kept = Conversation.objects.filter(user=user, deleted_at__gt=timezone.now() - DELETED_KEPT)
    return kept.select_related("persona").order_by("-deleted_at")


def kept_conversations_of(user: User) -> QuerySet[Conversation]:
    """All of the user's own conversations that are not erased, deleted ones too."""
    return Conversation.objects.filter(user=user)


def recordings_of(user: User) -> QuerySet[Recording]:
    """All recordings of the user's own conversations."""
    return Recording.objects.filter(turn__conversation__in=kept_conversations_of(user))


def spoken_conversations_of(user: User) -> QuerySet[Conversation]:
    """Those of the user's conversations in which something was said."""
    return spoken(conversations_of(user))


def spoken(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Those in which something was said; the others are calls that came to nothing."""
    return conversations.filter(turn_count__gt=0)


def conversation_for(user: User, conversation_id: str | UUID) -> Conversation:
    """One of the user's own conversations.

    Raises:
        Conversation.DoesNotExist: no such id, no id at all, somebody else's, or a deleted one.
    """
    return conversations_of(user).get(pk=_key(conversation_id))


def any_conversation(conversation_id: str | UUID) -> Conversation:
    """A conversation of whosever, deleted or not: for staff whose right to it is checked.

    Raises:
        Conversation.DoesNotExist: no such id, or no id at all.
    """
    return Conversation.objects.select_related("user", "persona").get(pk=_key(conversation_id))


def deleted_conversation_for(user: User, conversation_id: str | UUID) -> Conversation:
    """One of the user's own conversations that can be had back.

    Raises:
        Conversation.DoesNotExist: no such id, somebody else's, not deleted, or too long ago.
    """
    return deleted_conversations_of(user).get(pk=_key(conversation_id))


def _key(conversation_id: str | UUID) -> UUID:
    try:
        return UUID(str(conversation_id))
    except ValueError:
        raise Conversation.DoesNotExist from None


def personas_for(user: User) -> QuerySet[Persona]:
    """Those with whom the user may begin a conversation."""
    return Persona.objects.filter(Q(is_listed=True) | Q(is_default=True))


def persona_for(user: User, slug: str | None) -> Persona:
    """The persona of that slug; without one the one that the user prefers, else the default.

    Staff who may see personas can try one that is not listed.

    Raises:
        Persona.DoesNotExist: no such persona, or none to begin a conversation with.
    """
    if slug:
        return _persona_of(user, slug)
    personas = personas_for(user)
    preferred = preferences_of(user).persona
    if preferred and (preferred.is_listed or preferred.is_default):
        return preferred
    return personas.get(is_default=True)


def _persona_of(user: User, slug: str) -> Persona:
    # No database is asked for what no slug has, such as NUL.
    is_slug = all(each.isalnum() or each in "-_" for each in slug)
    found = personas_for(user).filter(slug=slug).first() if is_slug else None
    if found is None and is_slug and user.is_staff and user.has_perm("chatbot.view_persona"):
        found = Persona.objects.filter(slug=slug).first()
    if found is None:
        raise Persona.DoesNotExist
    return found


def preferences_of(user: User) -> Preferences:
    """What the user has chosen for their calls; a fresh row, not saved, where that is nothing."""
    rows = Preferences.objects.select_related("persona")
    return rows.filter(user=user).first() or Preferences(user=user)


def settings_of(call: Call) -> SessionSettings:
    """What the call begins with: the persona's settings and, on a page, its user's choices."""
    persona = call.conversation.persona
    settings = persona.session_settings()
    if call.kind == Call.Kind.API:
        return settings
    chosen = preferences_of(call.conversation.user).of_calls()
    return with_choices(settings, chosen, persona.user_settings)


def persona_for_model(user: User, name: str, common_model: str) -> Persona:
    """Whom an API client means: the persona of that slug, else the one with that model.

    `common_model` is the model of all personas where the operator has set one; the default
    persona answers to it.

    Raises:
        Persona.DoesNotExist: nobody.
    """
    personas = personas_for(user)
    if found := personas.filter(slug=name).first():
        return found
    if common_model and name == common_model:
        return personas.get(is_default=True)
    found = personas.filter(model=name).order_by("-is_default", "pk").first()
    if found is None:
        raise Persona.DoesNotExist
    return found


def token_for(digest: str) -> ApiToken | None:
    """The API token of that SHA-256, if it is in force and its user may sign in."""
    in_force = ApiToken.objects.filter(revoked_at=None, user__is_active=True)
    return in_force.filter(digest=digest).select_related("user").first()


def is_token_of_inactive_user(digest: str) -> bool:
    """The API token of that SHA-256 would be in force, but its user may not sign in."""
    asleep = ApiToken.objects.filter(revoked_at=None, user__is_active=False)
    return asleep.filter(digest=digest).exists()


def with_length(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Adds `length`: how long its calls lasted in all (None without calls).

    A sub-query, so that further joins (a search, a filter) count nothing twice.
    """
    lasted = ExpressionWrapper(
        Coalesce(F("ended_at"), F("last_seen_at")) - F("started_at"), output_field=DurationField()
    )
    calls = _of_conversation(Call.objects).annotate(total=Sum(lasted)).values("total")
    return conversations.annotate(length=Subquery(calls))


def agrees_to_recording(user_id: int) -> bool:
    """Whether the user's calls may be recorded."""
    agreed = Preferences.objects.filter(user=user_id, recording_agreed_at__isnull=False)
    return agreed.exists()


def recording_for(
    user: User, conversation_id: UUID, turn_id: int, *, may_listen: bool
) -> Recording:
    """The sound of a turn of one of the user's own conversations, or of anybody's for who
    `may_listen` to that.

    Raises:
        Recording.DoesNotExist: there is none, or it is somebody else's.
    """
    recordings = Recording.objects.filter(turn=turn_id, turn__conversation=conversation_id)
    if not may_listen:
        recordings = recordings.filter(turn__conversation__in=conversations_of(user))
    return recordings.select_related("turn__conversation").get()


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
        .filter(conversation__deleted_at=None)
        .select_related("conversation__persona", "conversation__user")
        .order_by("-started_at")
        .first()
    )


def live_calls_of(user: User) -> QuerySet[Call]:
    """The calls of the user's that run now, on whatever worker."""
    alive = timezone.now() - CALL_LEASE
    return Call.objects.filter(conversation__user=user, ended_at=None, last_seen_at__gt=alive)


def live_calls_in(user: User, conversation_id: str | None) -> QuerySet[Call]:
    """The calls that run now in one of the user's own conversations; none in anybody else's."""
    alive = timezone.now() - CALL_LEASE
    return _calls_in(user, conversation_id).filter(ended_at=None, last_seen_at__gt=alive)


def call_for(user: User, conversation_id: str | None, call_id: str | None) -> Call | None:
    """A call of one of the user's own conversations; None for any other id."""
    key = _uuid(call_id)
    return _calls_in(user, conversation_id).filter(pk=key).first() if key else None


def _calls_in(user: User, conversation_id: str | None) -> QuerySet[Call]:
    key = _uuid(conversation_id)
    own = conversations_of(user).filter(pk=key) if key else Conversation.objects.none()
    return Call.objects.filter(conversation__in=own)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
