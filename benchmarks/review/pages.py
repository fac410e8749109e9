"""Each page of the record, asked for again and again: its queries and how long it takes."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, cast
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chatbot.demo.people import demo_users
from chatbot.models import Conversation, User

AIM_MS = 300
SEARCH_AIM_MS = 500
AIM_QUERIES = 10
#: What counts as a query; what begins and ends a transaction does not.
STATEMENTS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "DECLARE"}
#: What is searched; `samovar` is one of the words that the demo says rarely.
SEARCHES = {
    "a rare word": "samovar",
    "a common word": "minutes",
    "three words": "ticket printer Tuesday",
    "three common words": "what good time",
    "a phrase": '"by the way"',
    "nothing there": "xyzzyplugh",
    "the start of a word": "sam*",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or some of a kind; `before` is done before each request."""

    name: str
    client: Client
    paths: Sequence[str]
    aim_ms: int = AIM_MS
    before: Callable[[], object] = lambda: None


def measure_pages(requests: int, only: str) -> None:
    """Print a line for each page."""
    longest = Conversation.objects.order_by("-turn_count").values_list("turn_count", flat=True)[0]
    held = busiest_user().conversations.count()
    print(f"The longest conversation has {longest:,} turns, the busiest user {held:,}.\n")
    print(f"| page | queries | median, ms | p95 of {requests}, ms | aim, ms |")
    print("|---|---|---|---|---|")
    for page in pages():
        if only in page.name:
            print(line(page, requests), flush=True)


def line(page: Page, requests: int) -> str:
    """What came of asking for it so often; what is over the aim is bold."""
    queries = max(count_queries(page, path) for path in page.paths)
    times = []
    for path in islice(cycle(page.paths), requests):
        page.before()
        began = time.perf_counter()
        fetch(page.client, path)
        times.append((time.perf_counter() - began) * 1000)
    p95 = sorted(times)[math.ceil(0.95 * len(times)) - 1]
    shown = f"{p95:.0f}" if p95 <= page.aim_ms else f"**{p95:.0f}**"
    counted = f"{queries}" if queries <= AIM_QUERIES else f"**{queries}**"
    return f"| {page.name} | {counted} | {statistics.median(times):.0f} | {shown} | {page.aim_ms} |"


def count_queries(page: Page, path: str) -> int:
    """How often it asks the database, once all is warm that stays warm."""
    fetch(page.client, path)
    page.before()
    with CaptureQueriesContext(connection) as captured:
        fetch(page.client, path)
    return sum(query["sql"].split()[0] in STATEMENTS for query in captured)


def fetch(client: Client, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}")


def pages() -> Iterator[Page]:
    """All of them."""
    staff = Client()
    staff.force_login(User.objects.filter(is_superuser=True)[0])
    of_staff = reverse("admin:chatbot_conversation_changelist")
    yield Page("list", staff, [of_staff])
    yield Page("list, all conversations", staff, [f"{of_staff}?turns=all"])
    last = changelist_at(staff, of_staff).paginator.num_pages
    deep = [f"{of_staff}?p={max(1, last * part // 4)}" for part in (1, 2, 4)]
    yield Page("list, deep pages", staff, deep)
    yield from filters(staff, of_staff)
    for name, words in SEARCHES.items():
        query = urlencode({"q": words})
        yield Page(f"list, search: {name}", staff, [f"{of_staff}?{query}"], SEARCH_AIM_MS)
    yield from transcripts(staff, "admin:chatbot_conversation_change", "staff")
    overview = [f"{reverse('overview')}?days={days}" for days in (30, 90, 7)]
    yield Page("overview", staff, overview)
    for path in overview:
        yield Page(
            f"overview, cold, {path.partition('=')[2]} days", staff, [path], before=cache.clear
        )
    yield from histories()


def changelist_at(staff: Client, address: str) -> Any:
    """Django's own object for the list."""
    return cast("Any", staff.get(address)).context_data["cl"]


def filters(staff: Client, address: str) -> Iterator[Page]:
    """Every filter that the list offers, by up to four of its choices."""
    changelist = changelist_at(staff, address)
    typed = {"user": busiest_user().username, "tag": "demo-great"}
    for spec in changelist.filter_specs:
        choices = [choice for choice in spec.choices(changelist) if not choice.get("selected")]
        asked = [choice["query_string"] for choice in choices if "query_string" in choice]
        if (name := getattr(spec, "parameter_name", None)) in typed:
            asked = [f"?{name}={typed[name]}"]
        step = max(1, len(asked) // 4)
        if asked:
            paths = [address + query for query in asked[::step][:4]]
            yield Page(f"list, filter: {spec.title}", staff, paths)


def transcripts(client: Client, view: str, who: str, **owner: User) -> Iterator[Page]:
    """Conversations of usual length, and the longest."""
    spoken = Conversation.objects.filter(deleted_at=None, **owner).order_by("-turn_count", "pk")
    usual = spoken.filter(turn_count__range=(10, 30)).values_list("pk", flat=True)[:10]
    longest = spoken[0]
    yield Page(f"one conversation, {who}", client, [reverse(view, args=[key]) for key in usual])
    yield Page(f"the longest conversation, {who}", client, [reverse(view, args=[longest.pk])])


def histories() -> Iterator[Page]:
    """What the busiest user sees."""
    busiest = busiest_user()
    user = Client()
    user.force_login(busiest)
    address = reverse("history")
    middle = busiest.conversations.count() // 40 + 1
    yield Page("history", user, [address])
    yield Page("history, deep page", user, [f"{address}?page={middle}"])
    for what, words in SEARCHES.items():
        query = urlencode({"q": words})
        yield Page(f"history, search: {what}", user, [f"{address}?{query}"], SEARCH_AIM_MS)
    yield from transcripts(user, "conversation", "its user", user=busiest)


def busiest_user() -> User:
    """Whoever of the demo has most conversations."""
    return demo_users().annotate(held=Count("conversations")).order_by("-held", "pk")[0]
