"""Many conversations as a table or as lines, for staff: with what each of them may see."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from openpyxl import load_workbook

from chatbot import exports
from chatbot.exports import reading, spreadsheet
from chatbot.exports.comma import cell_text
from chatbot.exports.spreadsheet import MAX_TEXT, column_name, text_xml
from chatbot.models import AuditEntry, Call, Conversation, Review, Tag, Turn, Usage, User
from chatbot.rights import Right
from tests.exporting import body_of, collected, validate
from tests.people import alices_talk

pytestmark = [pytest.mark.every_database, pytest.mark.usefixtures("kept_connection")]

EVIL = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    """Of Alice's, newest first; the second has never been spoken in."""
    talks = [alices_talk(alice, title) for title in ("Früher, 昔", "", EVIL)]
    for hours, talk in enumerate(reversed(talks)):
        talk.created_at -= timedelta(hours=hours)
        talk.save()
    talks[1].turns.all().delete()
    Conversation.objects.filter(pk=talks[1].pk).update(turn_count=0)
    Turn.objects.filter(conversation=talks[2], position=0).update(text="@cmd\r\nline two")
    review = Review.objects.create(conversation=talks[2], state="needs_action", rating=2)
    review.tags.add(Tag.objects.create(name="odd"), Tag.objects.create(name="+1"))
    call = Call.objects.get(conversation=talks[2])
    Usage.objects.create(call=call, kind="response", source_id="a", model="m", cost_usd="0.25")
    Usage.objects.create(call=call, kind="response", source_id="b", model="m")
    return talks[::-1]


def exported(format: str, *, cost: bool = True, words: bool = True) -> bytes:
    return collected(
        exports.stream_conversations(
            Conversation.objects.all(), format, with_cost=cost, with_words=words
        )
    )


def table(format: str, **seen: bool) -> list[dict[str, Any]]:
    data = exported(format, **seen)
    if format == "csv":
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    sheet = load_workbook(io.BytesIO(data))["Turns"]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_csv_has_a_row_for_each_turn(talks: list[Conversation]) -> None:
    rows = table("csv")
    assert [row["conversation"] for row in rows] == [
        str(talk.pk) for talk in talks for _turn in range(talk.turns.count() or 1)
    ]
    first = rows[0]
    assert (first["user"], first["persona"], first["review_state"]) == (
        "alice", "Assistant", "needs_action",
    )  # fmt: skip
    assert (first["rating"], first["is_flagged"], first["tags"]) == ("2", "false", "'+1, odd")
    assert first["started_at"].endswith("Z")
    assert rows[1]["heard_text"] == "Once there"
    assert rows[3]["turn_count"] == "0"
    assert rows[3]["position"] == rows[3]["text"] == ""
    assert rows[4]["title"] == "Früher, 昔"


def test_cost_is_in_the_first_row_of_a_conversation_alone(talks: list[Conversation]) -> None:
    rows = table("csv")
    assert [(row["cost_usd"], row["costs_unknown"]) for row in rows[:4]] == [
        ("0.25", "1"), ("", ""), ("", ""), ("0", "0"),
    ]  # fmt: skip


def test_no_cell_of_a_csv_is_a_formula(talks: list[Conversation]) -> None:
    rows = table("csv")
    assert rows[0]["title"] == f"'{EVIL}"
    assert rows[0]["text"] == "'@cmd\r\nline two"
    for sign in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"):  # noqa: RUF001
        assert cell_text(f"{sign}1") == f"'{sign}1"
    assert cell_text("1-1") == "1-1"
    assert cell_text(-5) == "-5"


def test_xlsx_reads_back_with_types_and_without_formulas(talks: list[Conversation]) -> None:
    sheet = load_workbook(io.BytesIO(exported("xlsx")))["Turns"]
    header = [cell.value for cell in sheet[1]]
    cells = dict(zip(header, sheet[2], strict=True))
    assert cells["title"].value == EVIL
    assert cells["title"].data_type == "s"
    assert cells["title"].quotePrefix
    assert cells["text"].value == "@cmd\nline two"
    assert cells["cost_usd"].value == 0.25
    assert cells["is_flagged"].value is False
    began = talks[0].created_at.replace(tzinfo=None)
    assert abs(cells["conversation_started_at"].value - began) < timedelta(milliseconds=2)
    assert cells["conversation_started_at"].is_date
    rows = table("xlsx")
    assert len(rows) == 7
    assert rows[4]["title"] == "Früher, 昔"
    assert rows[3]["position"] is None


def test_xlsx_goes_on_in_another_sheet(
    talks: list[Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 3)
    book = load_workbook(io.BytesIO(exported("xlsx")))
    assert book.sheetnames == ["Turns", "Turns 2", "Turns 3", "Turns 4"]
    rows = [list(sheet.values) for sheet in book]
    assert [len(sheet) for sheet in rows] == [3, 3, 3, 2]
    assert len({sheet[0] for sheet in rows}) == 1


def test_xlsx_takes_any_text() -> None:
    assert text_xml("a\0b\x1f<&>\r\n_x0041_") == "a\ufffdb\ufffd&lt;&amp;&gt;\n_x005F_x0041_"
    cut = text_xml("\N{GRINNING FACE}" * MAX_TEXT)
    assert cut.endswith("(cut)")
    assert len(cut.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert text_xml("x" * MAX_TEXT) == "x" * MAX_TEXT
    assert [column_name(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_json_lines_are_as_the_schema_says(talks: list[Conversation]) -> None:
    Turn.objects.filter(position=1).update(text="a\u2028b\u0085c\nd")
    text = exported("jsonl").decode()
    lines = [validate(json.loads(line)) for line in text.splitlines()]
    assert [line["conversation"]["id"] for line in lines] == [str(talk.pk) for talk in talks]
    assert lines[0]["conversation"]["cost"] == {"usd": "0.25", "unknown": 1}
    assert lines[0]["conversation"]["review"]["tags"] == ["+1", "odd"]
    assert lines[0]["turns"][1]["text"] == "a\u2028b\u0085c\nd"
    assert len(lines[0]["calls"]) == 1


@pytest.mark.parametrize("format", exports.BULK_FORMATS)
def test_words_and_cost_are_left_out_for_who_may_not_see_them(
    talks: list[Conversation], format: str
) -> None:
    Turn.objects.update(tool_arguments="sea")
    data = exported(format, cost=False, words=False)
    if format == "jsonl":
        lines = [validate(json.loads(line)) for line in data.decode().splitlines()]
        assert "cost" not in lines[0]["conversation"]
        assert "title" not in lines[0]["conversation"]
        assert "text" not in lines[0]["turns"][0]
        assert "sea" not in data.decode()
        return
    rows = table(format, cost=False, words=False)
    hidden = {"title", "text", "heard_text", "tool_arguments", "cost_usd", "costs_unknown"}
    assert not hidden & set(rows[0])
    assert rows[0]["role"] == "user"
    assert "sea" not in str(rows)


@pytest.mark.parametrize("format", exports.BULK_FORMATS)
def test_no_turn_is_lost_or_doubled_at_the_seams_of_chunks(
    alice: User, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr(reading, "TURNS", 4)
    monkeypatch.setattr(reading, "CONVERSATIONS", 2)
    monkeypatch.setattr(reading, "IDS", 3)
    talk = alices_talk(alice)
    same = [talk, *(alices_talk(alice) for _n in range(6))]
    Conversation.objects.update(created_at=talk.created_at)
    Turn.objects.bulk_create(
        Turn(
            conversation=same[3], item_id=f"more_{n}", position=2, role="user", modality="text",
            status="completed", text=f"More {n}.", started_at=talk.created_at,
        )
        for n in range(9)
    )  # fmt: skip
    Conversation.objects.filter(pk=same[3].pk).update(turn_count=12)
    if format == "jsonl":
        lines = [validate(json.loads(line)) for line in exported(format).decode().splitlines()]
        said = [turn["id"] for line in lines for turn in line["turns"]]
        assert len({line["conversation"]["id"] for line in lines}) == len(lines) == 7
    else:
        rows = table(format)
        said = [row["text"] or "" for row in rows]
        assert len({(row["conversation"], row["position"], row["text"]) for row in rows}) == 30
    assert len(said) == 30


def staff(*rights: Right) -> User:
    user = User.objects.create_user("dora", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def download(user: User, format: str = "csv") -> Any:
    request = RequestFactory().post("/admin/")
    request.user = user
    return exports.conversations_download(request, Conversation.objects.all(), format)


def test_each_exported_conversation_is_in_the_audit(talks: list[Conversation], bob: User) -> None:
    answer = download(bob)
    assert answer["Content-Disposition"].startswith('attachment; filename="conversations 20')
    assert not AuditEntry.objects.exists()
    assert EVIL.replace('"', '""') in body_of(answer).decode()
    entries = AuditEntry.objects.all()
    assert {entry.target_id for entry in entries} == {str(talk.pk) for talk in talks}
    assert {(entry.action, entry.actor_name) for entry in entries} == {("export", "bob")}
    assert entries[0].detail == {"format": "csv", "words": True}


def test_staff_see_words_and_cost_by_their_rights(talks: list[Conversation]) -> None:
    dora = staff(Right.LIST, Right.EXPORT)
    header = body_of(download(dora)).decode().partition("\r\n")[0].split(",")
    assert not {"text", "title", "cost_usd"} & set(header)
    assert AuditEntry.objects.all()[0].detail == {"format": "csv", "words": False}
    dora.user_permissions.add(Permission.objects.get(codename=Right.SEE_COST))
    line = body_of(download(User.objects.get(pk=dora.pk))).decode().partition("\r\n")[0]
    assert "cost_usd" in line
    assert "text" not in line


def test_without_the_right_nothing_is_exported_and_the_audit_says_so(
    talks: list[Conversation],
) -> None:
    with pytest.raises(PermissionDenied):
        download(staff(Right.LIST, Right.READ))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name) == ("refused", "dora")


@pytest.mark.parametrize("format", exports.FORMATS)
def test_one_conversation_for_staff_names_its_user(
    talks: list[Conversation], bob: User, format: str
) -> None:
    request = RequestFactory().get("/admin/")
    request.user = bob
    data = body_of(exports.staff_conversation_download(request, talks[0], format))
    assert b"alice" in data or format == "zip"
    assert AuditEntry.objects.get().detail == {"format": format}
    request.user = staff(Right.LIST, Right.EXPORT, Right.READ)
    if format == "zip":
        with pytest.raises(PermissionDenied):
            exports.staff_conversation_download(request, talks[0], format)
    else:
        body_of(exports.staff_conversation_download(request, talks[0], format))


def test_amounts_have_all_their_digits() -> None:
    assert cell_text(Decimal("0.00000100")) == "0.000001"
    assert cell_text(Decimal("100.00000000")) == "100"
