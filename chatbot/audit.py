"""Writes down who did what with another's words: rows that only grow, and none of them a word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from chatbot.addresses import address_of
from chatbot.models import AuditEntry, User

Action = AuditEntry.Action


def record(
    request: HttpRequest,
    action: AuditEntry.Action,
    target_kind: str,
    target_id: str | int | UUID = "",
    **detail: Any,
) -> None:
    """The request's user did this to that. `detail` is JSON without spoken words."""
    user = request.user
    write(
        user if isinstance(user, User) else None,
        action,
        target_kind,
        target_id,
        address=address_of(request),
        **detail,
    )


def record_each(
    request: HttpRequest,
    action: AuditEntry.Action,
    target_kind: str,
    target_ids: Iterable[str | int | UUID],
    **detail: Any,
) -> None:
    """As `record`, of many: an entry for each."""
    user = request.user
    write_each(
        user if isinstance(user, User) else None,
        action,
        target_kind,
        target_ids,
        address=address_of(request),
        **detail,
    )


def write(
    user: User | None,
    action: AuditEntry.Action,
    target_kind: str,
    target_id: str | int | UUID = "",
    *,
    address: str | None = None,
    **detail: Any,
) -> None:
    """As `record`, where there is no request: a socket, a command (with no user)."""
    write_each(user, action, target_kind, [target_id], address=address, **detail)


def write_each(
    user: User | None,
    action: AuditEntry.Action,
    target_kind: str,
    target_ids: Iterable[str | int | UUID],
    *,
    address: str | None = None,
    **detail: Any,
) -> None:
    """As `write`, of many: an entry for each."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor_id=user.pk if user else None,
            actor_name=user.get_username() if user else "",
            action=action,
            target_kind=target_kind,
            target_id=str(target_id)[:64],
            detail=detail,
            address=address or None,
        )
        for target_id in target_ids
    )
