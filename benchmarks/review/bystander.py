"""Somebody else's work on the tables that are pruned, in a process that knows no Django."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from multiprocessing.connection import Connection

import psycopg


def stand_by(url: str, pipe: Connection) -> None:
    """Update random rows, those that are pruned too, and tell how long each update took, in ms."""
    rng = random.Random(1)
    calm: list[float] = []
    waits = calm
    with psycopg.connect(url, autocommit=True) as connection:
        turns = [row[0] for row in connection.execute("SELECT id FROM chatbot_turn")]
        conversations = [
            row[0] for row in connection.execute("SELECT id FROM chatbot_conversation")
        ]
        pipe.send("ready")
        while True:
            if pipe.poll():
                if pipe.recv() == "end":
                    break
                waits = []
            began = time.perf_counter()
            with suppress(psycopg.errors.SerializationFailure):
                connection.execute(
                    "UPDATE chatbot_turn SET position = position WHERE id = %s",
                    [rng.choice(turns)],
                )
                connection.execute(
                    "UPDATE chatbot_conversation SET title = title WHERE id = %s",
                    [rng.choice(conversations)],
                )
            waits.append((time.perf_counter() - began) * 1000)
            time.sleep(0.002)
    pipe.send((calm, waits))
