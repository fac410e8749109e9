"""What reviewers do is kept, and neither of two at once loses anything."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from chatbot import reviewing
from chatbot.models import AuditEntry, Conversation, Note, Persona, Review, Tag, User
from chatbot.reviewing import ChangedMeanwhile, Work, seen_at
from tests.people import alices_talk

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture
def talk(alice: User) -> Conversation:
    return alices_talk(alice)


def audited(*ids: UUID) -> list[dict[str, object]]:
    rows = AuditEntry.objects.filter(action="review", target_id__in=[str(each) for each in ids])
    return list(rows.order_by("pk").values_list("detail", flat=True))


def test_a_review_is_kept_whole_and_the_audit_says_what_changed(
    talk: Conversation, bob: User
) -> None:
    work = Work("needs_action", bob, 2, True, ["billing", "Angry"])
    reviewing.save(talk, work, bob, seen=seen_at(talk, None), address="192.0.2.7")
    review = Review.objects.get(conversation=talk)
    assert (review.state, review.reviewer, review.rating, review.is_flagged) == (
        "needs_action", bob, 2, True,
    )  # fmt: skip
    assert [tag.name for tag in review.tags.all()] == ["Angry", "billing"]
    changes = {
        "state": "needs_action",
        "reviewer": "bob",
        "rating": 2,
        "is_flagged": True,
        "tags": ["billing", "Angry"],
    }
    assert audited(talk.pk) == [changes]
    assert AuditEntry.objects.get().address == "192.0.2.7"


def test_the_second_of_two_reviewers_is_told_and_changes_nothing(
    talk: Conversation, bob: User
) -> None:
    seen = seen_at(talk, None)
    reviewing.save(talk, Work("reviewed", bob, 5), bob, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        reviewing.save(talk, Work("needs_action", tags=["billing"]), bob, seen=seen)
    review = Review.objects.get()
    assert (review.state, review.rating) == ("reviewed", 5)
    assert not Tag.objects.exists()
    reviewing.save(talk, Work("needs_action"), bob, seen=seen_at(talk, review))
    review.refresh_from_db()
    assert review.state == "needs_action"
    assert len(audited(talk.pk)) == 2


def test_a_version_that_is_none_is_no_version(talk: Conversation, bob: User) -> None:
    with pytest.raises(ChangedMeanwhile):
        reviewing.save(talk, Work(), bob, seen=None)


def test_a_note_is_no_other_version_of_the_review(talk: Conversation, bob: User) -> None:
    seen = seen_at(talk, None)
    reviewing.add_note(talk, "Look at this.", bob)
    assert seen_at(talk, Review.objects.get()) == seen
    reviewing.save(talk, Work("reviewed"), bob, seen=seen)
    assert Review.objects.get().state == "reviewed"


def test_tags_are_one_whatever_their_case(talk: Conversation, bob: User) -> None:
    Tag.objects.create(name="Billing")
    reviewing.save(talk, Work(tags=["billing", "BILLING"]), bob, seen=seen_at(talk, None))
    assert [tag.name for tag in Review.objects.get().tags.all()] == ["Billing"]
    assert Tag.objects.count() == 1


def test_notes_belong_to_their_author(talk: Conversation, alice: User, bob: User) -> None:
    carol = User.objects.create_user("carol", is_staff=True)
    note = reviewing.add_note(talk, "Rude.", bob)
    for text in ("Polite.", ""):
        with pytest.raises(Note.DoesNotExist):
            reviewing.edit_note(talk, note.pk, text, carol)
    assert Note.objects.get().text == "Rude."
    with pytest.raises(Note.DoesNotExist):
        reviewing.edit_note(alices_talk(alice, "The moon"), note.pk, "Elsewhere.", bob)
    reviewing.edit_note(talk, note.pk, "Rather rude.", bob)
    assert Note.objects.get().text == "Rather rude."
    reviewing.edit_note(talk, note.pk, "", bob)
    assert not Note.objects.exists()
    assert [each["note"] for each in audited(talk.pk)] == ["added", "changed", "deleted"]


@pytest.fixture
def many(alice: User, persona: Persona, monkeypatch: pytest.MonkeyPatch) -> list[Conversation]:
    monkeypatch.setattr(reviewing, "BATCH", 3)
    rows = [Conversation(user=alice, persona=persona) for _ in range(8)]
    return Conversation.objects.bulk_create(rows)


def test_many_are_changed_in_batches_each_once_and_audited(
    many: list[Conversation], bob: User
) -> None:
    Review.objects.create(conversation=many[0], state="needs_action", updated_at=timezone.now())
    everything = Conversation.objects.all()
    assert reviewing.assign(everything, bob, bob) == 8
    assert Review.objects.filter(reviewer=bob).count() == 8
    assert reviewing.tag(everything, ["billing"], bob) == 8
    assert reviewing.tag(everything, ["billing", "angry"], bob) == 8
    assert Review.tags.through.objects.count() == 16
    assert {review.state for review in Review.objects.all()} == {"unreviewed", "needs_action"}
    assert len(audited(*(each.pk for each in many))) == 24
    assert reviewing.assign(everything, None, bob) == 8
    assert not Review.objects.exclude(reviewer=None).exists()


def test_what_leaves_the_query_by_being_changed_skips_none(
    many: list[Conversation], bob: User
) -> None:
    unreviewed = Conversation.objects.exclude(review__state="reviewed")
    assert reviewing.set_state(unreviewed, "reviewed", bob) == 8
    assert Review.objects.filter(state="reviewed").count() == 8


def test_a_change_of_many_is_seen_by_whoever_has_one_open(talk: Conversation, bob: User) -> None:
    seen = seen_at(talk, None)
    reviewing.set_state(Conversation.objects.all(), "reviewed", bob)
    with pytest.raises(ChangedMeanwhile):
        reviewing.save(talk, Work(), bob, seen=seen)
