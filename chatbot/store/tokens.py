"""API tokens. A token itself is never kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatbot.access import token_for
from chatbot.models import (
    ApiToken,
    Call,
    User,
)
from chatbot.realtime.api_errors import BAD_TOKEN
from chatbot.store.calls import TOKEN_REVOKED, end_running

TOKEN_PREFIX = "clq_"  # noqa: S105 - what every token begins with
TOKEN_HINT_CHARACTERS = 8
#: The last use of a token is written at most this often.
TOKEN_USE_WRITTEN = timedelta(minutes=1)


def create_token(user: User, name: str) -> str:
    """A new API token of the user's. It is returned this once; only its SHA-256 is kept.

    Raises:
        ValueError: the name is empty or too long.
    """
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= longest:
        raise ValueError(f"The name of a token has 1 to {longest} characters.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        name=name.strip(),
        digest=digest_of(token),
        hint=token[:TOKEN_HINT_CHARACTERS],
    )
    return token


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def use_token(token: str) -> ApiToken | None:
    """The row of a token with its user, if it is in force; it was used now."""
    row = token_for(digest_of(token))
    if row is None:
        return None
    now = timezone.now()
    unwritten = Q(last_used_at=None) | Q(last_used_at__lt=now - TOKEN_USE_WRITTEN)
    ApiToken.objects.filter(unwritten, pk=row.pk).update(last_used_at=now)
    return row


@transaction.atomic
def revoke_tokens(tokens: Iterable[ApiToken]) -> tuple[int, list[UUID]]:
    """These tokens open no more calls. Returns how many were in force, and the calls that this has
    ended, whose workers are still to be told."""
    keys = [token.pk for token in tokens]
    in_force = ApiToken.objects.filter(pk__in=keys, revoked_at=None)
    count = in_force.update(revoked_at=timezone.now())
    return count, end_running(Call.objects.filter(token__in=keys), BAD_TOKEN, TOKEN_REVOKED)
