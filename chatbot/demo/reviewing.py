"""What staff of the demo made of its conversations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from chatbot.demo.batch import Batch
from chatbot.demo.people import Cast
from chatbot.models import Note, Review

NOTES = (
    "The answer was right, but too long for somebody who only listens.",
    "Misheard twice; the microphone seems to be far away.",
    "The user asked for a person and got one. Well done.",
    "Said a price that we no longer have. Told the editors.",
    "Interrupted three times in a row: the answers begin too slowly.",
    "Nothing to do here.",
    "Asked for the same thing as last week. Worth a page of its own.",
    "The tool gave an old result; see the event log.",
    "Friendly and short. A good example for the training.",
)
TAG_WEIGHTS = (6, 9, 3, 8, 7, 1, 4, 3, 5, 1)
STATES = (
    (Review.State.REVIEWED, 62), (Review.State.IN_REVIEW, 14), (Review.State.NEEDS_ACTION, 9),
    (Review.State.UNREVIEWED, 15),
)  # fmt: skip


def review(
    conversation: UUID, ended: datetime, now: datetime, cast: Cast, rng: Random,
    keys: Iterator[int], batch: Batch,
) -> None:  # fmt: skip
    """The review of a conversation, with tags and notes."""
    state = rng.choices([state for state, _ in STATES], [often for _, often in STATES])[0]
    is_done = state in (Review.State.REVIEWED, Review.State.NEEDS_ACTION)
    reviewer = rng.choice(cast.staff) if is_done or rng.random() < 0.7 else None
    at = min(ended + timedelta(hours=rng.expovariate(1 / 30)), now)
    key = next(keys)
    rating = rng.choices((1, 2, 3, 4, 5), (3, 7, 20, 45, 25))[0] if is_done else None
    is_flagged = rng.random() < (0.5 if state == Review.State.NEEDS_ACTION else 0.05)
    batch.rows[Review].append((key, conversation, state, reviewer, rating, is_flagged, at))
    if is_done:
        drawn = rng.choices(cast.tags, TAG_WEIGHTS, k=rng.randint(0, 3))
        batch.rows[Review.tags.through] += [(key, tag) for tag in sorted(set(drawn))]
        batch.rows[Note] += [
            (key, reviewer, rng.choice(NOTES), at)
            for _ in range(rng.choices((0, 1, 2), (6, 3, 1))[0])
        ]
