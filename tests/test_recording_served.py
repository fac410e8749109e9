"""Who hears a recording, and how it is handed out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from chatbot import store
from chatbot.models import AuditEntry, Recording, Turn, User
from chatbot.models.recordings import recordings_storage
from tests.people import alices_talk

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def recording(alice: User) -> Recording:
    turn = Turn.objects.filter(conversation=alices_talk(alice), role="assistant").get()
    name = f"{turn.conversation_id}/{turn.pk}-{'a1' * 16}.flac"
    stored = recordings_storage().save(name, ContentFile(SOUND))
    return store.save_recording(turn, stored, 1000, len(SOUND))


@pytest.fixture
def address(recording: Recording) -> str:
    turn = recording.turn
    return reverse("recording", args=[turn.conversation_id, turn.pk])


@pytest.fixture
def hers(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def body(response: Any) -> bytes:
    """What was sent; it comes as an iterator of a server that never waits."""
    if not isinstance(response, StreamingHttpResponse):
        return bytes(response.content)

    async def read() -> bytes:
        pieces = cast("AsyncIterator[bytes]", response.streaming_content)
        return b"".join([piece async for piece in pieces])

    return async_to_sync(read)()


def listener(name: str, *rights: str) -> User:
    person = User.objects.create_user(name, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return person


# Who


def test_its_user_hears_it(hers: Client, address: str) -> None:
    response = hers.get(address)
    assert response.status_code == 200
    assert body(response) == SOUND
    assert response["Content-Type"] == "audio/flac"
    assert response["Content-Length"] == str(len(SOUND))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-cache"
    assert not AuditEntry.objects.exists()


def test_somebody_else_hears_nothing_and_that_they_asked_is_written_down(
    client: Client, charlie: User, address: str, recording: Recording
) -> None:
    client.force_login(charlie)
    response = client.get(address)
    assert response.status_code == 404
    assert body(response) == b"There is no such recording."
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.action) == (charlie.pk, "refused")
    assert (entry.target_kind, entry.target_id) == ("turn", str(recording.turn_id))


def test_nobody_is_asked_to_sign_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response["Location"].partition("?")[0]) == (
        302,
        "/accounts/login/",
    )


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ((), 404),
        (("view_conversation", "read_transcript"), 404),
        (("listen_recording",), 200),
    ],
)
def test_staff_need_the_right_to_listen(
    client: Client, address: str, rights: tuple[str, ...], status: int
) -> None:
    client.force_login(listener("dora", *rights))
    assert client.get(address).status_code == status


def test_what_staff_hear_is_written_down_once_a_listening(
    client: Client, address: str, recording: Recording
) -> None:
    dora = listener("dora", "listen_recording")
    client.force_login(dora)
    for part in ("bytes=0-", "bytes=4096-", "bytes=-100"):
        assert client.get(address, headers={"Range": part}).status_code == 206
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.action) == (dora.pk, "listen")
    assert (entry.target_kind, entry.target_id) == ("turn", str(recording.turn_id))
    assert entry.detail == {"conversation": str(recording.turn.conversation_id)}


def test_what_its_user_has_deleted_is_heard_by_staff_alone(
    hers: Client, address: str, recording: Recording
) -> None:
    store.delete_conversation(recording.turn.conversation)
    assert hers.get(address).status_code == 404
    staff = Client()
    staff.force_login(listener("dora", "listen_recording"))
    assert staff.get(address).status_code == 200


def test_a_turn_is_found_in_its_own_conversation_only(
    hers: Client, alice: User, recording: Recording
) -> None:
    other = alices_talk(alice, "Another")
    for turn in (recording.turn_id, 0, 10**18, 10**40):
        assert hers.get(f"/history/{other.pk}/recordings/{turn}").status_code == 404


# How


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-", 0, 256_000), ("bytes=1000-1999", 1000, 2000), ("bytes=-7", 255_993, 256_000)],
)
def test_a_range_is_a_part(hers: Client, address: str, asked: str, start: int, end: int) -> None:
    response = hers.get(address, headers={"Range": asked})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/256000"
    assert response["Content-Length"] == str(end - start)
    assert body(response) == SOUND[start:end]


def test_a_range_outside_is_refused_with_the_size(hers: Client, address: str) -> None:
    response = hers.get(address, headers={"Range": "bytes=256000-"})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */256000")


def test_several_ranges_are_answered_by_all_of_it(hers: Client, address: str) -> None:
    response = hers.get(address, headers={"Range": "bytes=0-1,5-6"})
    assert (response.status_code, body(response)) == (200, SOUND)


def test_head_tells_all_but_the_sound(hers: Client, address: str) -> None:
    response = hers.head(address)
    assert (response.status_code, response["Content-Length"], body(response)) == (
        200,
        "256000",
        b"",
    )
    part = hers.head(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Length"]) == (206, "10")


def test_the_rest_is_had_only_of_the_same_file(hers: Client, address: str) -> None:
    tag = hers.head(address)["ETag"]
    changed = hers.head(address)["Last-Modified"]
    for mark, status in ((tag, 206), (changed, 206), ('"other"', 200), (f"W/{tag}", 200)):
        headers = {"Range": "bytes=5-", "If-Range": mark}
        assert hers.get(address, headers=headers).status_code == status, mark


def test_what_a_browser_has_is_not_sent_again(hers: Client, address: str) -> None:
    tag = hers.head(address)["ETag"]
    response = hers.get(address, headers={"If-None-Match": tag})
    assert (response.status_code, body(response)) == (304, b"")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(hers: Client, address: str, method: str) -> None:
    assert getattr(hers, method)(address).status_code == 405


@pytest.mark.parametrize("damage", ["missing", "half", "longer"])
def test_a_damaged_file_is_told_in_its_place(
    hers: Client, address: str, recording: Recording, damage: str
) -> None:
    file = Path(recording.file.path)
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(SOUND[:1000] if damage == "half" else SOUND * 2)
    response = hers.get(address)
    assert response.status_code == 404
    assert body(response) == b"This recording is missing or damaged."
    staff = Client()
    staff.force_login(listener("dora", "listen_recording"))
    assert staff.get(address).status_code == 404
    assert not AuditEntry.objects.filter(action="refused").exists()
