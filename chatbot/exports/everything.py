"""All that is kept of a user, as one ZIP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from allauth.account.models import EmailAddress
from channels.db import database_sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.access import facts_of, kept_conversations_of, preferences_of
from chatbot.exports.archive import Member, whole, zipped
from chatbot.exports.document import VERSION, dumped, moment
from chatbot.exports.formats import members_of
from chatbot.exports.names import folder_of, safe
from chatbot.exports.reading import conversations_in
from chatbot.exports.responses import download
from chatbot.exports.wording import Reader, zone_named
from chatbot.models import User
from chatbot.store.erasure import ERASING


def everything_download(request: HttpRequest, user: User) -> StreamingHttpResponse:
    """All that is kept of who is signed in; `?zone=` names their time zone."""
    reader = Reader(zone_named(request.GET.get("zone")))
    name = f"Colloquy {safe(user.get_username())} {timezone.now():%Y-%m-%d}.zip"
    return download(name, "application/zip", stream_everything(user, reader))


def stream_everything(user: User, reader: Reader) -> AsyncIterator[bytes]:
    """A ZIP of the account, and of each conversation with its recordings."""
    return zipped(_members(user, reader))


async def _members(user: User, reader: Reader) -> AsyncIterator[Member]:
    now = timezone.now()
    account = await database_sync_to_async(account_of)(user)
    yield Member("README.txt", now, whole(_about(user)))
    yield Member("account.json", now, whole(dumped(account)))
    kept = kept_conversations_of(user).exclude(deleted_at=ERASING)
    async for conversation in conversations_in(kept):
        parent = "conversations" if conversation.deleted_at is None else "deleted conversations"
        folder = f"{parent}/{folder_of(conversation, reader.zone)}/"
        async for member in members_of(conversation, reader, folder, ("json", "markdown")):
            yield member


def account_of(user: User) -> dict[str, Any]:
    """What is kept of a person beside what they said, by the schema of docs/export.schema.json.
    Of passwords and tokens only hashes are kept, and none of those is given out."""
    user = User.objects.get(pk=user.pk)
    preferences = preferences_of(user)
    persona = preferences.persona
    return {
        "format": "colloquy-account",
        "version": VERSION,
        "exported_at": moment(timezone.now()),
        "account": {
            "username": user.get_username(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email_addresses": _addresses_of(user),
            "joined_at": moment(user.date_joined),
            "last_sign_in_at": moment(user.last_login),
            "interface_language": user.interface_language,
            "is_staff": user.is_staff,
        },
        "preferences": {
            "persona": persona.slug if persona else None,
            **preferences.of_calls(),
            "recording_agreed_at": moment(preferences.recording_agreed_at),
        },
        "memory": [
            {"text": fact.text, "created_at": moment(fact.created_at)} for fact in facts_of(user)
        ],
        "api_tokens": [
            {
                "name": token.name,
                "begins_with": token.hint,
                "created_at": moment(token.created_at),
                "last_used_at": moment(token.last_used_at),
                "revoked_at": moment(token.revoked_at),
            }
            for token in user.api_tokens.all()
        ],
    }


def _addresses_of(user: User) -> list[dict[str, Any]]:
    known = [
        {"email": row.email, "is_verified": row.verified, "is_primary": row.primary}
        for row in EmailAddress.objects.filter(user=user).order_by("-primary", "email")
    ]
    if user.email and user.email not in {row["email"] for row in known}:
        known.append({"email": user.email, "is_verified": False, "is_primary": not known})
    return known


def _about(user: User) -> str:
    lines = [
        _("This is all that is kept of the account “%(name)s”.") % {"name": user.get_username()},
        "",
        _("account.json: your account, preferences, memory, and the names of your API tokens."),
        _("conversations: a folder for each, with its words as JSON and Markdown."),
        _("deleted conversations: those that you deleted and that are not erased yet."),
        _("recordings: in the folder of their conversation, a FLAC file for each turn."),
        "",
        _("A recording that cannot be read has a text file in its place that says so."),
    ]
    return "".join(f"{line}\n" for line in lines)
