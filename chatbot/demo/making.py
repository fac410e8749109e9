"""Makes the demo, in transactions of some hundred conversations."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import Model

from chatbot.demo.batch import COLUMNS, Batch
from chatbot.demo.bulk import bulk
from chatbot.demo.events import log_calls
from chatbot.demo.people import Cast, make_cast
from chatbot.demo.reviewing import review
from chatbot.demo.rhythm import start_times
from chatbot.demo.talk import Plan, Talk
from chatbot.demo.topics import Topic, topics
from chatbot.models import Fact, Review, Turn, User

CONVERSATIONS_AT_ONCE = 1000
#: Most people talk now and then, some all the time.
PEOPLE_SKEW = 2.5
#: Exchanges of a conversation: the logarithm's mean and deviation; the longest is five hours.
LENGTH = (2.04, 0.8)
LONGEST = 1000
SHARE_REVIEWED = 0.15
SHARE_DELETED = 0.12  # of those of the last 30 days; older ones have been erased
SHARE_HELD = 0.004
SHARE_SILENT = 0.02


def make(
    conversations: int, people: int, seed: int, now: datetime, events_kept: timedelta
) -> Iterator[Counter[str]]:
    """Make so many conversations of so many people in the year before `now`; the same for the same
    seed, but for the time. Yields how many rows of each kind there are, after each batch."""
    rng = Random(seed)  # noqa: S311 - nothing to keep secret
    database = bulk()
    with transaction.atomic():
        cast = make_cast(people, now, rng)
    version_at = versions_of(cast)
    plans = plans_for(conversations, cast, now, rng)
    common = topics()[-1]

    made: Counter[str] = Counter()
    for first in range(0, conversations, CONVERSATIONS_AT_ONCE):
        batch = Batch()
        with transaction.atomic():
            talk = Talk(rng, now.timestamp(), batch, database.keys(Turn), version_at)
            review_keys = database.keys(Review)
            for plan, topic in plans[first : first + CONVERSATIONS_AT_ONCE]:
                conversation, ended = talk.hold(plan, topic, common)
                if not plan.is_live and rng.random() < SHARE_REVIEWED:
                    review(conversation, ended, now, cast, rng, review_keys, batch)
            log_calls(batch, now - events_kept)
            batch.write(database)
        made.update(batch.count())
        yield made
    tables: list[type[Model]] = [User, Fact, *COLUMNS]
    for model in tables:
        database.analyse(model)


def versions_of(cast: Cast) -> Callable[[int, float], tuple[int, str]]:
    """Which version of a persona, and so which model, was in force at a time."""
    of_persona = dict(cast.personas.values())

    def version_at(persona: int, at: float) -> tuple[int, str]:
        versions = of_persona[persona]
        place = bisect_right(versions, at, key=lambda version: version.since)
        version = versions[max(place - 1, 0)]
        return version.pk, version.model

    return version_at


def plans_for(count: int, cast: Cast, now: datetime, rng: Random) -> list[tuple[Plan, Topic]]:
    """Who talks with whom about what, and when, oldest first. The last go on now."""
    about = [topic for topic in topics() if topic.share]
    live = min(3 + count // 20_000, count // 4)
    starts = start_times(count - live, now - timedelta(hours=1), rng)
    starts += [now.timestamp() - 60 - 400 * rng.random() for _ in range(live)]
    chosen = rng.choices(about, [topic.share for topic in about], k=count)
    plans = []
    for number, (began, topic) in enumerate(zip(starts, chosen, strict=True)):
        is_live = number >= count - live
        length = max(1, min(int(rng.lognormvariate(*LENGTH)), LONGEST // 3))
        if not is_live and rng.random() < SHARE_SILENT:
            length = 0
        if number == count // 2 and count >= 1000:
            length = LONGEST
        is_recent = began > now.timestamp() - 30 * 86_400
        is_deleted = is_recent and not is_live and rng.random() < SHARE_DELETED
        plan = Plan(
            user=cast.people[int(len(cast.people) * rng.random() ** PEOPLE_SKEW)],
            persona=cast.personas[topic.persona][0],
            began=began,
            exchanges=length,
            is_live=is_live,
            deleted_at=rng.uniform(began, now.timestamp()) if is_deleted else None,
            is_held=rng.random() < SHARE_HELD,
        )
        plans.append((plan, topic))
    return plans
