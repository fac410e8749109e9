"""One conversation as a file, to its owner and nobody else."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from chatbot import exports
from chatbot.exports import sound
from chatbot.models import AuditEntry, Conversation, Recording, Turn, User
from tests.exporting import chunks_of, downloaded, unzipped, validate
from tests.people import alices_talk

pytestmark = [pytest.mark.every_database, pytest.mark.usefixtures("kept_connection")]

NOBODYS = "2b2cb3a8-5c0f-4f0a-9a3e-0d5f7c1e8a11"
FLAC = b"fLaC" + bytes(70_000)


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def talk(alice: User) -> Conversation:
    return alices_talk(alice)


@pytest.fixture(autouse=True)
def recordings(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings of the test alone."""
    monkeypatch.setattr(Recording._meta.get_field("file").storage, "_location", str(tmp_path))


def export(client: Client, talk: Conversation | str, format: str, **wishes: object) -> str:
    key = talk if isinstance(talk, str) else talk.pk
    return downloaded(client, f"/history/{key}/export/{format}", **wishes)[0].decode()


def add_turn(talk: Conversation, position: int, **columns: object) -> Turn:
    facts = {"role": "user", "modality": "audio", "status": "completed", **columns}
    started_at = talk.created_at + timedelta(seconds=10 * position)
    made = {"item_id": f"item_{position}", "position": position, "started_at": started_at}
    return Turn.objects.create(conversation=talk, **{**made, **facts})


def record(turn: Turn, data: bytes = FLAC, size: int | None = None) -> Recording:
    row = Recording(turn=turn, duration_ms=900, size=len(data) if size is None else size)
    row.file.save("x", ContentFile(data), save=True)
    return row


def test_text_has_a_line_for_each_turn(page: Client, talk: Conversation) -> None:
    add_turn(
        talk, 3, role="tool", tool_name="get_time", tool_arguments='{"a": 1}', text="noon\nhere"
    )
    text = export(page, talk, "text")
    assert text.startswith("The sea\n=======\nPersona: Assistant\nStarted: ")
    assert "You: Tell me a story about the sea.\n" in text
    assert "Assistant: Once there [not heard: was a lighthouse.] (Interrupted)\n" in text
    assert "You: (The words could not be recognised.)\n" in text
    assert 'Tool get_time {"a": 1}: noon\n    here\n' in text


def test_times_are_in_the_readers_zone(page: Client, talk: Conversation) -> None:
    began = timezone.now().replace(month=7, hour=23, minute=5, second=7)
    Turn.objects.filter(position=0).update(started_at=began)
    address = f"/history/{talk.pk}/export/text?zone="
    assert "[23:05:07] You" in downloaded(page, address + "nonsense/../x")[0].decode()
    there = downloaded(page, address + "Asia/Tokyo")[0].decode()
    assert "[08:05:07] You" in there
    assert "Time zone: Asia/Tokyo\n" in there


def test_markdown_shows_words_as_they_were_said(page: Client, talk: Conversation) -> None:
    Conversation.objects.update(title="A *sea* # <b>")
    add_turn(talk, 3, text="# no\n1. <script>alert(1)</script> *a* `b`\n- c | d")
    add_turn(talk, 4, role="tool", tool_name="look", tool_arguments="{}", text="```\n<b>")
    text = export(page, talk, "markdown")
    assert text.startswith("# A \\*sea\\* \\# \\<b\\>\n")
    assert "\\# no  \n1\\. \\<script\\>alert(1)\\</script\\> \\*a\\* \\`b\\`  \n\\- c \\| d" in text
    assert "Once there ~~was a lighthouse.~~\n\n*Interrupted*" in text
    assert "````\n```\n<b>\n````" in text


def test_webvtt_has_a_cue_for_each_turn_and_a_note_for_each_tool(
    page: Client, talk: Conversation
) -> None:
    add_turn(talk, 3, text="a --> b\n\n<i> & c")
    add_turn(talk, 4, role="tool", tool_name="look", tool_arguments='"--->"', text="x\n\ny")
    add_turn(talk, 5, text="earlier", started_at=talk.created_at)
    text = export(page, talk, "webvtt")
    blocks = text.split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert "00:00:00.000 --> 00:00:02.000\n<v You>Tell me a story about the sea." in blocks
    assert "00:00:10.000 --> 00:00:11.000\n<v Assistant>Once there …" in blocks
    assert "NOTE 00:00:20.000 You: The words could not be recognised." in blocks
    assert "00:00:30.000 --> 00:00:31.000\n<v You>a --&gt; b\n&lt;i&gt; &amp; c" in blocks
    assert 'NOTE 00:00:40.000 Tool look\n"->"\nx\ny' in blocks
    starts = re.findall(r"^(\S+) --> (\S+)$", text, re.MULTILINE)
    assert [start for start, _end in starts] == sorted(start for start, _end in starts)
    assert all(start < end for start, end in starts)


def test_json_is_as_its_schema_says(page: Client, talk: Conversation) -> None:
    add_turn(talk, 3, role="tool", tool_name="look", tool_arguments="{}", text="\u2028 é")
    record(talk.turns.get(position=0))
    exported = validate(json.loads(export(page, talk, "json")))
    assert exported["conversation"]["title"] == "The sea"
    assert len(exported["calls"]) == 1
    first, second, third, tool = exported["turns"]
    assert first["recording"] == {"duration_ms": 900, "size": len(FLAC)}
    assert (second["text"], second["heard_text"]) == ("Once there was a lighthouse.", "Once there")
    assert third["status"] == "failed"
    assert tool["tool"] == {"name": "look", "arguments": "{}"}
    assert tool["text"] == "\u2028 é"
    assert "user" not in exported["conversation"]
    assert "cost" not in exported["conversation"]


def test_a_zip_holds_all_formats_and_recordings(page: Client, talk: Conversation) -> None:
    record(talk.turns.get(position=1))
    data, _name = downloaded(page, f"/history/{talk.pk}/export/zip")
    files = unzipped(data)
    assert list(files) == [
        "conversation.json", "conversation.md", "conversation.txt", "conversation.vtt",
        "recordings/00001-assistant.flac",
    ]  # fmt: skip
    assert files["recordings/00001-assistant.flac"] == FLAC
    turn = validate(json.loads(files["conversation.json"]))["turns"][1]
    assert files[turn["recording"]["file"]] == FLAC


def test_a_broken_recording_says_so_in_its_place(page: Client, talk: Conversation) -> None:
    missing, other = (record(turn) for turn in talk.turns.filter(position__lt=2))
    missing.file.delete(save=False)
    Recording.objects.filter(pk=missing.pk).update(size=len(FLAC))
    Recording.objects.filter(pk=other.pk).update(size=5)
    record(talk.turns.get(position=2), b"no FLAC")
    last = record(add_turn(talk, 3, text="Whole."))
    files = unzipped(downloaded(page, f"/history/{talk.pk}/export/zip")[0])
    said = "This recording is missing or damaged, so it is not here.\n"
    for name in ("00000-user", "00001-assistant", "00002-user"):
        assert files[f"recordings/{name}.flac.txt"].decode() == said
        assert f"recordings/{name}.flac" not in files
    assert files["recordings/00003-user.flac"] == FLAC
    assert last.size == len(FLAC)


def test_a_recording_that_breaks_off_says_so_beside_it(
    page: Client, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(talk.turns.get(position=0))

    class Breaking:
        def __init__(self) -> None:
            self.chunks = [FLAC[: sound.CHUNK_BYTES]]

        def read(self, size: int) -> bytes:
            if self.chunks:
                return self.chunks.pop()
            raise OSError("gone")

        def close(self) -> None:
            pass

    storage = Recording._meta.get_field("file").storage
    monkeypatch.setattr(storage, "open", lambda *args: Breaking())
    files = unzipped(downloaded(page, f"/history/{talk.pk}/export/zip")[0])
    assert files["recordings/00000-user.flac"] == FLAC[: sound.CHUNK_BYTES]
    assert "breaks off" in files["recordings/00000-user.flac.txt"].decode()


@pytest.mark.parametrize("format", exports.FORMATS)
def test_a_conversation_without_a_turn_is_a_file_too(
    page: Client, alice: User, talk: Conversation, format: str
) -> None:
    empty = Conversation.objects.create(user=alice, persona=talk.persona)
    data, name = downloaded(page, f"/history/{empty.pk}/export/{format}")
    assert data
    assert "New conversation" in name


def test_a_turn_that_goes_on_is_exported_as_far_as_it_is(page: Client, talk: Conversation) -> None:
    add_turn(talk, 3, role="assistant", status="in_progress", text="And then", heard_text="And")
    assert "And then (Being said now; this is what was said so far.)" in export(page, talk, "text")
    assert validate(json.loads(export(page, talk, "json")))["turns"][3]["status"] == "in_progress"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Usted: Tell me", "Asistente: Once there", "Herramienta look"]),
        ("de", ["Sie: Tell me", "Assistent: Once there", "Werkzeug look"]),
    ],
)
def test_labels_are_in_the_readers_language(
    page: Client, talk: Conversation, language: str, words: list[str]
) -> None:
    add_turn(talk, 3, role="tool", tool_name="look", tool_arguments="{}", text="x")
    text = export(page, talk, "text", headers={"Accept-Language": language})
    assert [word for word in words if word not in text] == []
    cues = export(page, talk, "webvtt", headers={"Accept-Language": language})
    assert f"<v {words[0].partition(':')[0]}>" in cues


@pytest.mark.parametrize("format", exports.FORMATS)
def test_nobody_exports_somebody_elses(
    client: Client, talk: Conversation, bob: User, charlie: User, format: str
) -> None:
    address = f"/history/{talk.pk}/export/{format}"
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    for other in (bob, charlie):
        client.force_login(other)
        assert client.get(address).status_code == 404
        assert client.get(f"/history/{NOBODYS}/export/{format}").status_code == 404
    refused = AuditEntry.objects.filter(action="refused", target_id=str(talk.pk))
    assert [entry.actor_name for entry in refused.order_by("pk")] == ["", "bob", "charlie"]
    assert AuditEntry.objects.count() == 3


def test_other_formats_and_methods_are_not_there(page: Client, talk: Conversation) -> None:
    assert page.get(f"/history/{talk.pk}/export/docx").status_code == 404
    assert page.post(f"/history/{talk.pk}/export/text").status_code == 405
    Conversation.objects.update(deleted_at=timezone.now())
    assert page.get(f"/history/{talk.pk}/export/text").status_code == 404
    assert not AuditEntry.objects.exists()


def test_the_page_of_a_conversation_offers_each_format(page: Client, talk: Conversation) -> None:
    shown = page.get(f"/history/{talk.pk}/").content.decode()
    for name in exports.FORMATS:
        assert f'href="/history/{talk.pk}/export/{name}"' in shown


@pytest.mark.parametrize("format", exports.FORMATS)
def test_a_long_conversation_comes_in_chunks(page: Client, talk: Conversation, format: str) -> None:
    began = talk.created_at
    Turn.objects.bulk_create(
        Turn(
            conversation=talk, item_id=f"long_{n}", position=3 + n // 2, role="user",
            modality="audio", status="completed", text=f"Word number {n}.",
            started_at=began + timedelta(seconds=n),
        )
        for n in range(1500)
    )  # fmt: skip
    chunks = chunks_of(page.get(f"/history/{talk.pk}/export/{format}"))
    assert len(chunks) >= 8
    data = b"".join(chunks)
    text = unzipped(data)["conversation.txt"].decode() if format == "zip" else data.decode()
    assert list(map(int, re.findall(r"Word number (\d+)\.", text))) == list(range(1500))
