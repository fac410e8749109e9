"""Review work: who reviews a conversation, and what they make of it. Every write of it, audited.

Two reviewers at once lose nothing: a review is changed only while it is as its reviewer saw it, and
notes are rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chatbot import audit
from chatbot.models import AuditEntry, Conversation, Note, Review, Tag, User

#: So many conversations are changed in one transaction.
BATCH = 500


class ChangedMeanwhile(Exception):
    """Somebody has changed the review since it was shown; nothing was written."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a reviewer has made of a conversation; `tags` are names."""

    state: str = Review.State.UNREVIEWED
    reviewer: User | None = None
    rating: int | None = None
    is_flagged: bool = False
    tags: list[str] = field(default_factory=list)


def seen_at(conversation: Conversation, review: Review | None) -> datetime:
    """Which version of the review that is; before there is one, the conversation's beginning."""
    return review.updated_at if review else conversation.created_at


@transaction.atomic
def save(
    conversation: Conversation,
    work: Work,
    by: User,
    *,
    seen: datetime | None,
    address: str | None = None,
) -> None:
    """Keep what a reviewer made of the version of the review that they have seen.

    Raises:
        ChangedMeanwhile: there is a newer version.
    """
    before = _review_of(conversation)
    had = set(before.tags.values_list("name", flat=True))
    columns: dict[str, Any] = {
        "state": work.state,
        "reviewer": work.reviewer,
        "rating": work.rating,
        "is_flagged": work.is_flagged,
    }
    as_seen = Review.objects.filter(pk=before.pk, updated_at=seen) if seen else None
    if as_seen is None or not as_seen.update(**columns, updated_at=timezone.now()):
        raise ChangedMeanwhile
    tags = _tags_named(work.tags)
    before.tags.set(tags)
    changed = {name: value for name, value in columns.items() if getattr(before, name) != value}
    if "reviewer" in changed:
        changed["reviewer"] = work.reviewer.get_username() if work.reviewer else None
    if had != {tag.name for tag in tags}:
        changed["tags"] = [tag.name for tag in tags]
    _audit(by, [conversation.pk], address, **changed)


def add_note(conversation: Conversation, text: str, by: User, address: str | None = None) -> Note:
    """A remark of theirs."""
    with transaction.atomic():
        note = Note.objects.create(review=_review_of(conversation), author=by, text=text)
        _audit(by, [conversation.pk], address, note="added")
    return note


def edit_note(
    conversation: Conversation, note_id: int, text: str, by: User, address: str | None = None
) -> None:
    """Other words for a note of their own; without any, it is deleted.

    Raises:
        Note.DoesNotExist: it is somebody else's, or there is none.
    """
    with transaction.atomic():
        own = Note.objects.filter(pk=note_id, author=by, review__conversation=conversation)
        if not (own.update(text=text) if text else own.delete()[0]):
            raise Note.DoesNotExist
        _audit(by, [conversation.pk], address, note="changed" if text else "deleted")


def assign(
    conversations: QuerySet[Conversation],
    reviewer: User | None,
    by: User,
    address: str | None = None,
) -> int:
    """Put them all into the queue of a reviewer, or of nobody. Returns how many."""
    name = reviewer.get_username() if reviewer else None
    return _change(conversations, by, address, {"reviewer": reviewer}, {"reviewer": name})


def set_state(
    conversations: QuerySet[Conversation], state: str, by: User, address: str | None = None
) -> int:
    """Returns how many."""
    return _change(conversations, by, address, {"state": state}, {"state": state})


def tag(
    conversations: QuerySet[Conversation], names: list[str], by: User, address: str | None = None
) -> int:
    """Put tags on them all, beside those that they have. Returns how many."""
    return _change(conversations, by, address, {}, {"tagged": names}, tags=_tags_named(names))


def batches(conversations: QuerySet[Conversation]) -> Iterator[list[UUID]]:
    """The ids of all, some at a time, in flat memory; also while what is done to them changes
    which of them the query finds."""
    ids = conversations.order_by("pk").values_list("pk", flat=True)
    batch = list(ids[:BATCH])
    while batch:
        yield batch
        batch = list(ids.filter(pk__gt=batch[-1])[:BATCH])


def _change(
    conversations: QuerySet[Conversation],
    by: User,
    address: str | None,
    columns: dict[str, Any],
    detail: dict[str, Any],
    tags: list[Tag] | None = None,
) -> int:
    count = 0
    for ids in batches(conversations):
        with transaction.atomic():
            reviews = _reviews_of(ids)
            reviews.update(**columns, updated_at=timezone.now())
            if tags:
                _put_on(tags, list(reviews.values_list("pk", flat=True)))
            _audit(by, ids, address, **detail)
        count += len(ids)
    return count


def _put_on(tags: list[Tag], reviews: list[int]) -> None:
    joined = Review.tags.through
    rows = [joined(review_id=review, tag_id=tag.pk) for tag in tags for review in reviews]
    joined.objects.bulk_create(rows, ignore_conflicts=True)


def _review_of(conversation: Conversation) -> Review:
    """The row, which nobody has worked on if it is new: `seen_at` says the same then."""
    untouched = {"updated_at": conversation.created_at}
    return Review.objects.get_or_create(conversation=conversation, defaults=untouched)[0]


def _reviews_of(ids: list[UUID]) -> QuerySet[Review]:
    """The rows of these conversations, made where there were none."""
    without = Conversation.objects.filter(pk__in=ids, review=None).only("created_at")
    rows = [Review(conversation=each, updated_at=each.created_at) for each in without]
    Review.objects.bulk_create(rows, ignore_conflicts=True)
    return Review.objects.filter(conversation__in=ids)


def _tags_named(names: list[str]) -> list[Tag]:
    """Tags by name, whatever their case; made where there were none."""
    tags: dict[int, Tag] = {}
    for name in names:
        found = Tag.objects.filter(name__iexact=name).first()
        kept = found or Tag.objects.get_or_create(name=name)[0]
        tags[kept.pk] = kept
    return list(tags.values())


def _audit(by: User, ids: list[UUID], address: str | None, **detail: Any) -> None:
    audit.write_each(by, AuditEntry.Action.REVIEW, "conversation", ids, address=address, **detail)
