"""Who is in the demo: people, staff, personas and their versions, tags. All can be told from
anybody real by names that begin with `demo-` and addresses that cannot exist."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from django.db.models import Q, QuerySet

from chatbot.models import Fact, Persona, PersonaVersion, Tag, User
from chatbot.store.personas import columns_of

PREFIX = "demo-"
#: No mail can reach it (RFC 2606), and nobody signs up with it by chance.
DOMAIN = "demo.invalid"

#: First names on the first line, last names on the second.
NAMES = Path(__file__).with_name("names.txt")
STAFF = ("Robin Archer", "Kim Sanders", "Sasha Ferro")
TAGS = (
    "wrong-answer", "great", "billing", "misheard", "too-long", "privacy", "tool", "language",
    "follow-up", "abuse",
)  # fmt: skip
FACTS = (
    "Likes short answers", "Is called by the first name", "Lives near the sea", "Has two children",
    "Works at night", "Learns German", "Is a vegetarian", "Has a dog", "Wakes at six",
)  # fmt: skip

#: Slug, name, what it is for, voice, and the models of its versions, oldest first.
PERSONAS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("travel", "Travel guide", "Plans journeys and finds the way", "marin",
     ("gpt-realtime", "gpt-realtime-2", "gpt-realtime-2.1")),
    ("kitchen", "Kitchen companion", "Cooks and gardens with you", "cedar",
     ("gpt-realtime-mini", "gpt-realtime-2.1-mini")),
    ("helpdesk", "Help desk", "Helps when something does not work", "sage",
     ("gpt-4o-realtime-preview", "gpt-realtime-1.5", "house-voice-1", "gpt-realtime-2.1")),
    ("tutor", "Tutor", "Explains and asks questions", "verse",
     ("gpt-realtime", "gpt-realtime-2.1")),
    ("languages", "Language partner", "Talks German and Spanish with you", "coral",
     ("engine",)),
)  # fmt: skip
TOOLS = ["current_time", "search_conversations", "remember", "recall"]


@dataclass(frozen=True, slots=True)
class Version:
    """A persona's version as far as a call needs it; in force from `since`, epoch seconds."""

    pk: int
    model: str
    since: float


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, as primary keys: people, the chattiest first; staff; personas with versions."""

    people: list[int]
    staff: list[int]
    personas: dict[str, tuple[int, list[Version]]]
    tags: list[int]


def demo_users() -> QuerySet[User]:
    """Everybody who was made here, and nobody who signed up, whatever they call themselves."""
    return User.objects.filter(username__startswith=PREFIX, email__endswith=f"@{DOMAIN}")


def demo_personas() -> QuerySet[Persona]:
    """The personas that were made here."""
    return Persona.objects.filter(slug__in=[PREFIX + slug for slug, *_ in PERSONAS])


def demo_tags() -> QuerySet[Tag]:
    """The tags that were made here."""
    return Tag.objects.filter(name__in=[PREFIX + name for name in TAGS])


def real_users() -> QuerySet[User]:
    """Everybody else."""
    return User.objects.exclude(Q(username__startswith=PREFIX) & Q(email__endswith=f"@{DOMAIN}"))


def make_cast(people: int, now: datetime, rng: Random) -> Cast:
    """Make everybody; nobody can sign in until staff set a password."""
    locked = make_password(None)
    users = [
        _user(name, number, locked, now - timedelta(days=366), is_staff=number < 0)
        for name, number in [(name, -1) for name in STAFF] + _names(people, rng)
    ]
    made = User.objects.bulk_create(users, batch_size=1000)
    keys = [user.pk for user in made]
    staff, others = keys[: len(STAFF)], keys[len(STAFF) :]
    _make_facts(others, now, rng)
    tags = Tag.objects.bulk_create([Tag(name=PREFIX + name) for name in TAGS])
    return Cast(others, staff, _make_personas(now), [tag.pk for tag in tags])


def _names(count: int, rng: Random) -> list[tuple[str, int]]:
    """Full names, and how often the same name has come before."""
    lines = NAMES.read_text(encoding="utf-8").splitlines()
    names = [f"{first} {last}" for first, last in product(*(line.split(", ") for line in lines))]
    rng.shuffle(names)
    return [(names[index % len(names)], index // len(names)) for index in range(count)]


def _user(name: str, number: int, locked: str, joined: datetime, *, is_staff: bool) -> User:
    first, last = name.split(" ", 1)
    plain = unicodedata.normalize("NFKD", f"{first}-{last}").encode("ascii", "ignore").decode()
    username = PREFIX + ("staff-" if is_staff else "") + plain.lower()
    if number > 0:
        username += f"-{number + 1}"
    return User(
        username=username,
        email=f"{username.removeprefix(PREFIX)}@{DOMAIN}",
        first_name=first,
        last_name=last,
        password=locked,
        is_staff=is_staff,
        date_joined=joined,
    )


def _make_facts(people: list[int], now: datetime, rng: Random) -> None:
    Fact.objects.bulk_create(
        [
            Fact(user_id=user, text=text, created_at=now - timedelta(days=rng.randrange(1, 360)))
            for user in people
            if rng.random() < 0.2
            for text in rng.sample(FACTS, rng.randint(1, 3))
        ],
        batch_size=1000,
    )


def _make_personas(now: datetime) -> dict[str, tuple[int, list[Version]]]:
    made = {}
    for slug, name, description, voice, models in PERSONAS:
        persona = Persona.objects.create(
            slug=PREFIX + slug,
            name=name,
            description=description,
            instructions=f"You are the {name.lower()} of this site. {description}. Be brief.",
            model=models[-1],
            voice=voice,
            tools=TOOLS,
            is_listed=False,
        )
        versions = []
        for number, model in enumerate(models, 1):
            since = now - timedelta(days=366 * (len(models) + 1 - number) / len(models))
            row = PersonaVersion.objects.create(
                persona=persona,
                number=number,
                columns={**columns_of(persona), "model": model},
                created_at=since,
            )
            versions.append(Version(row.pk, model, since.timestamp()))
        made[persona.slug] = (persona.pk, versions)
    return made
