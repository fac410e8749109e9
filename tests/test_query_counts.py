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
        counted[page.name] = max(count_queries(page, path) for path in page.paths)
    call_command("makedemo", remove=True)
    return counted


def test_every_page_takes_as_few_queries_for_1000_conversations_as_for_100(bob: User) -> None:
    some = queries_with(100)
    assert queries_with(1000) == some
    assert {name: count for name, count in some.items() if count > AIM_QUERIES} == {}
    # Of ten conversations there are not all kinds, and what finds nothing asks for less.
    assert {name: few for name, few in queries_with(10).items() if few > some[name]} == {}
