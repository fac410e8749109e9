"""How long a person waits for an answer, and how well the words are understood.

    script/server                                  # in one terminal
    .venv/bin/python benchmarks/voice_to_voice.py  # in another

Speaks ten questions, one call each, to a running site over `/ws/call/` as `manage.py talk` does.
Voice to voice is the time from the last audible sample sent to the first audible one received, so
it holds the silence that ends a turn. Words are counted right by their edit distance.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

import numpy as np  # noqa: E402
from hibari import Hibari  # noqa: E402

from chatbot.caller import call, sign_in  # noqa: E402

QUESTIONS = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "Can you tell me a joke about a horse?",
    "What should I cook for dinner tonight?",
    "Why is the sky blue in the morning?",
    "Who wrote the play about Romeo and Juliet?",
    "How do I learn to play the piano?",
    "What is the largest animal in the ocean?",
    "Please explain how a bicycle works.",
    "Where can I see the northern lights?",
)
PAUSE = bytes(24_000)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def edits(said: list[str], heard: list[str]) -> int:
    """The fewest words to insert, drop or change."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    password = options.password or (ROOT / "var" / "admin_password").read_text().strip()
    cookie = sign_in(options.url, options.username, password)
    voice = Hibari()
    waits: list[float] = []
    wrong = total = 0
    for question in QUESTIONS:
        samples = np.clip(np.asarray(voice(question, seed=0)), -1, 1)
        pcm = PAUSE + (samples * 32767).astype("<i2").tobytes()
        talk = asyncio.run(call(options.url, cookie, pcm))
        heard = " ".join(turn.text for turn in talk.turns if turn.role == "user")
        wait = next(answer.latency_s for answer in talk.answers if answer.latency_s is not None)
        mistakes = edits(words(question), words(heard))
        waits.append(wait)
        wrong, total = wrong + mistakes, total + len(words(question))
        print(f"{wait:5.2f} s  {mistakes} wrong  {heard}")
        time.sleep(1)
    print(
        f"voice to voice: median {statistics.median(waits):.2f} s, "
        f"least {min(waits):.2f} s, most {max(waits):.2f} s; "
        f"words right: {100 * (1 - wrong / total):.1f}% of {total}"
    )


if __name__ == "__main__":
    main()
