"""How many queries a page takes does not depend on how much there is."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import call_command

from benchmarks.review.pages import AIM_QUERIES, count_queries, pages
from chatbot.models import User

pytestmark = pytest.mark.django_db


def queries_with(conversations: int) -> dict[str, int]:
    """What each page takes where there are so many conversations."""
    call_command("makedemo", conversations=conversations, users=3)
    counted = {}
    for page in pages():
        cache.clear()
        counted[page.name] = max(count_queries(page, path) for path in page.paths[:4])
    call_command("makedemo", remove=True)
    return counted


def test_every_page_takes_as_few_queries_for_1000_conversations_as_for_100(bob: User) -> None:
    some, many = queries_with(100), queries_with(1000)
    assert {name: many[name] for name in many if is_alike(name)} == {
        name: some[name] for name in some if is_alike(name)
    }
    assert {name: count for name, count in many.items() if count > AIM_QUERIES} == {}
    # Of ten conversations there are not all kinds.
    assert {name: few for name, few in queries_with(10).items() if few > many[name]} == {}


def is_alike(name: str) -> bool:
    """What finds nothing asks for less, and a conversation that is shown in pages for more."""
    return "a rare word" not in name and "the longest" not in name
