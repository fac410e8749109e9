"""Takes the demo away, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet

from chatbot.demo.people import demo_personas, demo_tags, demo_users, real_users
from chatbot.models import (
    Call,
    CallEvent,
    Conversation,
    Note,
    Passage,
    Recording,
    Review,
    Turn,
    Usage,
)

CONVERSATIONS_AT_ONCE = 1000


def is_there() -> bool:
    """Whether there is a demo, or a part of one."""
    return demo_users().exists() or demo_personas().exists()


def are_people_there() -> bool:
    """Whether there are conversations of anybody real."""
    return Conversation.objects.filter(user__in=real_users()).exists()


def remove() -> Iterator[Counter[str]]:
    """Delete all that was made, in transactions of some hundred conversations. Yields how many
    rows of each kind are gone, after each of them. A persona stays if anybody real talked with it.
    """
    gone: Counter[str] = Counter()
    demo = Conversation.objects.filter(user__in=demo_users()).order_by()
    while some := list(demo.values_list("pk", flat=True)[:CONVERSATIONS_AT_ONCE]):
        with transaction.atomic():
            gone.update(_remove_conversations(some))
        yield gone
    with transaction.atomic():
        alone = Usage.objects.filter(call=None, persona__in=demo_personas())
        gone["usage"] += alone.delete()[0]
        demo_tags().delete()
        gone["users"] += demo_users().delete()[1].get("chatbot.User", 0)
    for persona in demo_personas():
        try:
            persona.delete()
        except ProtectedError:
            continue
    yield gone


def _remove_conversations(keys: list[Any]) -> Counter[str]:
    for recording in Recording.objects.filter(turn__conversation__in=keys):
        recording.file.delete(save=False)
        recording.delete()
    calls = Call.objects.filter(conversation__in=keys)
    reviews = Review.objects.filter(conversation__in=keys)
    rows: list[QuerySet[Any]] = [
        CallEvent.objects.filter(call__in=calls),
        Usage.objects.filter(call__in=calls),
        Note.objects.filter(review__in=reviews),
        Review.tags.through.objects.filter(review__in=reviews),
        reviews,
        Passage.objects.filter(conversation__in=keys),
        Turn.objects.filter(conversation__in=keys),
        calls,
    ]
    counts = {_name_of(each): each._raw_delete(each.db) for each in rows}
    conversations = Conversation.objects.filter(pk__in=keys)
    conversations.delete()  # with what refers to them besides
    return Counter({**counts, _name_of(conversations): len(keys)})


def _name_of(rows: QuerySet[Any]) -> str:
    model: type[Model] = rows.model
    return str(model._meta.verbose_name_plural)
