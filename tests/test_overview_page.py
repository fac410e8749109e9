"""The overview of the admin: charts with tables for who may see them, each number with its list."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatbot.models import Persona, Review, Usage, User
from tests.test_overview import add_turn, talk

PAGE = "/admin/overview/"


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def with_rights(client: Client, *codenames: str) -> Client:
    dave = User.objects.create_user("dave", is_staff=True)
    dave.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(dave)
    return client


def page(client: Client, query: str = "") -> str:
    cache.clear()
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def drawn(html: str) -> dict[str, Any]:
    """What is drawn, by the name of the chart."""
    found = re.search(r'<script id="charts" type="application/json">(.*?)</script>', html)
    assert found
    return {chart["name"]: chart for chart in json.loads(found[1])}


def test_numbers_are_drawn_and_are_also_in_a_table(
    staff: Client, alice: User, persona: Persona
) -> None:
    now = timezone.now()
    talk(alice, persona, now, latencies=(300, 1500), minutes=2.5)
    html = page(staff)
    charts = drawn(html)
    assert list(charts) == [
        *("calls", "minutes", "people", "costs"),
        *("latency", "interruptions", "failures", "backlog"),
    ]
    assert charts["minutes"]["series"][0]["values"] == [None] * 29 + [2.5]
    assert [each["values"][-1] for each in charts["latency"]["series"]] == [300, 1500]
    assert charts["costs"]["series"][0]["label"] == "Assistant"
    for chart in charts.values():
        for series in chart["series"]:
            for text, link in zip(series["texts"], series["links"], strict=True):
                assert not link or f">{text}</a></td>" in html


def test_every_number_leads_to_the_conversations_that_it_counts(
    staff: Client, alice: User, persona: Persona
) -> None:
    now = timezone.now()
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    for count in (1, 2, 3):
        broken = talk(alice, pirate, now, (100 * count,), close_code=1011, end_reason="failed")
        add_turn(broken, 8, now, status="interrupted")
        add_turn(broken, 9, now, status="failed", error="Not heard: <b> & more.")
    talk(alice, pirate, now)
    talk(alice, persona, now, (100,))
    talk(alice, pirate, now - timedelta(days=3), (100,))
    add_turn(broken, 10, now, status="failed", role="tool", error="No order of Ada Byron.")
    Review.objects.create(conversation=broken, state="needs_action")
    html = page(staff, f"?days=7&persona={pirate.pk}")
    assert "Ada Byron" not in html
    charts = drawn(html)

    def listed(name: str, series: int = 0, number: int = -1) -> int:
        chart = charts[name]["series"][series]
        return int(staff.get(chart["links"][number]).context["cl"].result_count)

    assert charts["calls"]["series"][0]["values"][-1] == 4 == listed("calls")
    assert listed("minutes") == listed("people") == 4
    assert charts["latency"]["series"][0]["values"][-1] == 200
    assert (listed("latency", 0), listed("latency", 1)) == (2, 1)
    assert listed("interruptions") == 3
    assert set(charts["failures"]["labels"]) == {
        "Call ended: failed",
        "Not heard: <b> & more.",
        "A tool failed",
    }
    assert [listed("failures", number=number) for number in range(3)] == [3, 3, 1]
    assert [each["label"] for each in charts["backlog"]["series"]] == ["Unreviewed", "Needs action"]
    assert (listed("backlog", 0), listed("backlog", 1)) == (2, 1)


def test_a_cost_leads_to_what_was_used(staff: Client, alice: User, persona: Persona) -> None:
    talk(alice, persona, timezone.now())
    talk(alice, persona, timezone.now() - timedelta(days=2))
    html = page(staff)
    link = drawn(html)["costs"]["series"][0]["links"][-1]
    assert link.startswith("/admin/chatbot/usage/?created_at__gte=")
    assert "<strong>$0.5000</strong>" in staff.get(link).content.decode()
    headline = re.search(r'<dt>Assistant</dt><dd><a href="([^"]+)">\$1.0000</a>', html)
    assert headline
    assert "<strong>$1.0000</strong>" in staff.get(unescape(headline[1])).content.decode()


def test_who_may_not_see_costs_sees_none(client: Client, alice: User, persona: Persona) -> None:
    talk(alice, persona, timezone.now())
    client = with_rights(client, "view_conversation")
    html = page(client)
    assert "costs" not in drawn(html)
    assert "$" not in html
    assert drawn(html)["calls"]["series"][0]["values"][-1] == 1


def test_what_one_may_see_is_not_kept_for_another(
    client: Client, bob: User, alice: User, persona: Persona
) -> None:
    talk(alice, persona, timezone.now())
    client.force_login(bob)
    assert "$0.50" in client.get(PAGE).content.decode()
    with_rights(client, "view_conversation")
    assert "$" not in client.get(PAGE).content.decode()


def test_only_staff_with_the_right_see_it(client: Client, alice: User) -> None:
    assert with_rights(client, "view_persona").get(PAGE).status_code == 403
    assert "/admin/overview/" not in client.get("/admin/").content.decode()
    client.force_login(alice)
    assert client.get(PAGE).status_code == 302
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_the_start_of_the_admin_leads_there(staff: Client) -> None:
    assert '<a href="/admin/overview/">Overview</a>' in staff.get("/admin/").content.decode()


def test_days_without_anything_say_so(staff: Client, alice: User, persona: Persona) -> None:
    assert "Nobody called in these days." in page(staff)
    talk(alice, persona, timezone.now() - timedelta(days=20), latencies=(5,))
    assert "Nobody called in these days." in page(staff, "?days=7")
    html = page(staff, "?days=90")
    assert "Nobody called in these days." not in html
    assert "None in these days." in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?days=1000000000", "An overview has 7, 30 or 90 days; here are 30."),
        ("?days=x", "An overview has 7, 30 or 90 days; here are 30."),
        ("?persona=999", "There is no such persona; here are all of them."),
        ("?persona=%00", "There is no such persona; here are all of them."),
    ],
)
def test_what_cannot_be_is_said(staff: Client, query: str, sentence: str) -> None:
    assert sentence in page(staff, query)


@pytest.mark.parametrize(
    "figure",
    [
        *("nonsense", "calls", "calls:2026-01-01", "calls:x:y:", "other:2026-01-01:2026-01-02:"),
        *("slower:2026-01-01:2026-01-02:fast", "turn:2026-01-01:2026-01-02:%00"),
        "calls:0001-01-01:9999-12-31:",
        pytest.param("slower:2026-01-01:2026-01-02:" + "9" * 5000, id="far too slow"),
    ],
)
def test_a_figure_that_is_none_lists_nothing_and_says_so(
    staff: Client, alice: User, persona: Persona, figure: str
) -> None:
    talk(alice, persona, latencies=(5,))
    html = staff.get(f"/admin/chatbot/conversation/?turns=all&figure={figure}").content.decode()
    assert "There is no such figure. Choose “All”." in html
    assert "The sea" not in html


def test_a_latency_beyond_all_numbers_lists_nothing(
    staff: Client, alice: User, persona: Persona
) -> None:
    talk(alice, persona, latencies=(5,))
    query = "?turns=all&figure=slower:2026-01-01:2026-12-31:99999999999999999999"
    answer = staff.get(f"/admin/chatbot/conversation/{query}")
    assert answer.status_code == 200
    assert "The sea" not in answer.content.decode()


def test_it_costs_the_same_for_few_rows_and_for_many(
    client: Client, alice: User, persona: Persona
) -> None:
    with_rights(client, "view_conversation", "see_cost", "view_usage")
    now = timezone.now()

    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(PAGE)
        return len(captured)

    talk(alice, persona, now, (1, 2, 3))
    few = queries()
    for number in range(12):
        each = Persona.objects.create(slug=f"p{number}", name=f"P {number}")
        broken = talk(alice, each, now - timedelta(days=number), (1, 2, 3), close_code=1011)
        add_turn(broken, 9, now, status="failed", error=f"Reason {number}")
    assert queries() == few <= 10
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    assert len(captured) == few - 5


def test_the_dearest_personas_are_told_apart(staff: Client, alice: User, persona: Persona) -> None:
    now = timezone.now()
    for number in range(8):
        each = Persona.objects.create(slug=f"p{number}", name=f"P {number}")
        talk(alice, each, now)
        Usage.objects.filter(persona=each).update(cost_usd=number)
    talk(alice, persona, now)
    Usage.objects.filter(persona=persona).update(persona=None)
    series = drawn(page(staff))["costs"]["series"]
    named = [(each["label"], each["values"][-1]) for each in series]
    assert named == [
        *(("P 7", 7.0), ("P 6", 6.0), ("P 5", 5.0), ("P 4", 4.0), ("P 3", 3.0), ("P 2", 2.0)),
        ("Other", 1.5),
    ]
