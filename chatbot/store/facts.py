"""What people want remembered."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chatbot.models import (
    Fact,
    User,
)

MAX_FACTS = 200
MAX_FACT_CHARACTERS = 500


class FactRefused(Exception):
    """The fact cannot be remembered; the message says why."""


@transaction.atomic
def remember_fact(user: User, text: str, conversation_id: UUID | None) -> None:
    """Remember a fact of the user's; what is remembered already is not doubled.

    Raises:
        FactRefused: it has no words or too many, or there are as many facts as can be kept.
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= MAX_FACT_CHARACTERS:
        raise FactRefused(f"A fact has 1 to {MAX_FACT_CHARACTERS} characters.")
    User.objects.select_for_update().get(pk=user.pk)
    facts = Fact.objects.filter(user=user)
    if facts.count() >= MAX_FACTS and not facts.filter(text=text).exists():
        raise FactRefused(f"There are {MAX_FACTS} facts already; forget one first.")
    facts.get_or_create(user=user, text=text, defaults={"conversation_id": conversation_id})


def forget_fact(user: User, text: str) -> bool:
    """Forget the user's fact with these words, in whatever case; whether there was one."""
    count, _ = Fact.objects.filter(user=user, text__iexact=" ".join(text.split())).delete()
    return count > 0


def delete_fact(fact: Fact) -> None:
    """Forget a fact for good."""
    fact.delete()
