"""Keeps the passages that are searched, one for each turn and one for all of a conversation.

A turn's passage is `words_of` it. The conversation's has the words of its title in order, a bar,
and after that every other word of the title and the turns, once each and in no order. Of these
alone the database keeps an index, so that it holds a common word once for a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chatbot.models import Conversation, Passage, Turn
from chatbot.search.words import words_in, words_of

#: Whose words are searched: not what a tool was told.
SPEAKERS = (Turn.Role.USER, Turn.Role.ASSISTANT)
#: PostgreSQL indexes no more than a megabyte at once; a conversation's further words are left out.
MAX_INDEXED = 400_000
CONVERSATIONS_AT_ONCE = 200


def keep_turn(turn: Turn) -> None:
    """The turn is settled, or has changed. Within the transaction that writes it, which holds the
    lock of the conversation's row."""
    words = words_of(turn.text) if turn.role in SPEAKERS else ""
    kept = Passage.objects.filter(turn=turn).first()
    if kept is None and words:
        Passage.objects.create(conversation_id=turn.conversation_id, turn=turn, words=words)
        _add(turn.conversation_id, words)
    elif kept is None:
        _add(turn.conversation_id, "")
    elif kept.words != words:
        kept.words = words
        kept.save(update_fields=["words"])
        keep_title(turn.conversation_id)


def keep_title(conversation_id: UUID) -> None:
    """The title has changed: write the passage of all of the conversation anew. Within the
    transaction that writes it."""
    said = Passage.objects.filter(conversation=conversation_id, turn__isnull=False)
    title = Conversation.objects.values_list("title", flat=True).get(pk=conversation_id)
    words = whole_of(title, said.order_by("pk").values_list("words", flat=True))
    whole = Passage.objects.filter(conversation=conversation_id, turn=None)
    if not whole.update(words=words):
        Passage.objects.create(conversation_id=conversation_id, words=words)


def whole_of(title: str, passages: Iterable[str]) -> str:
    """The passage of all of a conversation, of its title and the passages of its turns."""
    named = [word.stem for word in words_in(title)]
    others = dict.fromkeys(words_of(title).split())
    for passage in passages:
        others |= dict.fromkeys(passage.split())
    for stem in named:
        others.pop(stem, None)
    return _cut(" ".join([*named, "|", *others]))


def _add(conversation_id: UUID, words: str) -> None:
    """The conversation says these too."""
    whole = Passage.objects.filter(conversation=conversation_id, turn=None).first()
    if whole is None:
        keep_title(conversation_id)
        return
    known = set(whole.words.split())
    if new := [word for word in dict.fromkeys(words.split()) if word not in known]:
        whole.words = _cut(" ".join([whole.words, *new]))
        whole.save(update_fields=["words"])


def _cut(words: str) -> str:
    return words if len(words) <= MAX_INDEXED else words[:MAX_INDEXED].rpartition(" ")[0]


def not_indexed() -> QuerySet[Conversation]:
    """Conversations that cannot be found yet: they are older than this index."""
    whole = Passage.objects.filter(conversation=OuterRef("pk"), turn=None)
    return Conversation.objects.filter(~Exists(whole), turn_count__gt=0)


def reindex(conversations: QuerySet[Conversation]) -> Iterator[int]:
    """Write the passages of the conversations anew, some hundred in each transaction; after each,
    how many conversations it was."""
    keys = list(conversations.order_by().values_list("pk", flat=True))
    for first in range(0, len(keys), CONVERSATIONS_AT_ONCE):
        yield _reindex(keys[first : first + CONVERSATIONS_AT_ONCE])


@transaction.atomic
def _reindex(keys: list[UUID]) -> int:
    """Those that are still there; a call that runs in one of them waits."""
    locked = Conversation.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    titles = dict(locked.values_list("pk", "title"))
    Passage.objects.filter(conversation__in=titles).delete()
    turns = Turn.objects.filter(conversation__in=titles, role__in=SPEAKERS)
    settled = turns.exclude(status=Turn.Status.IN_PROGRESS).order_by("pk")
    said: dict[UUID, list[Passage]] = {key: [] for key in titles}
    for turn in settled.only("conversation_id", "text").iterator():
        if words := words_of(turn.text):
            key = turn.conversation_id
            said[key].append(Passage(conversation_id=key, turn=turn, words=words))
    wholes = [
        Passage(conversation_id=key, words=whole_of(title, (one.words for one in said[key])))
        for key, title in titles.items()
    ]
    passages = [passage for some in said.values() for passage in some]
    Passage.objects.bulk_create([*passages, *wholes], batch_size=1000)
    return len(titles)
