"""Speaking over an answer of the engine: how soon it pauses, and how soon it is cut, or goes on.

    VAR_DIR=/tmp/trial script/server --port 8790
    python benchmarks/interruption.py --url http://127.0.0.1:8790 --password PASSWORD

A page without a browser speaks and plays in real time. Each time counts from the moment that the
first sample that can be heard enters the microphone, whose frames are 40 ms, to the arrival of the
event. The page itself needs at most another 50 ms to be silent.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics

import hibari
import numpy as np

from tests.e2e.listener import calling
from tests.e2e.noises import groan

QUESTION = "Can you tell me something about elephants?"
INTERRUPTIONS = (
    "Stop.",
    "Wait a moment.",
    "No.",
    "Stop, what is two plus two?",
    "Hey, hold on.",
    "Excuse me, I have another question.",
    "What?",
    "That is enough, thank you.",
    "Please tell me about lions instead.",
    "Okay, and how far away is the moon?",
)
GROANS = 5


async def measure(args: argparse.Namespace, sound: bytes, end: str) -> tuple[int, int]:
    """Milliseconds from the first sample to the pause, and to the event `end`."""
    async with calling(args.url, args.password) as page:
        page.say(args.speak(QUESTION))
        await page.hears(1000)
        page.say(sound)
        paused_at, _ = await page.told("chat.paused")
        ended_at, _ = await page.told(end)
        spoke_at = page.spoke_at
    return round((paused_at - spoke_at) * 1000), round((ended_at - spoke_at) * 1000)


async def main(args: argparse.Namespace) -> None:
    voice = hibari.Hibari()

    def speak(text: str) -> bytes:
        samples = np.clip(np.asarray(voice(text, seed=0)), -1, 1)
        return bytes((samples * 32767).astype("<i2").tobytes())

    args.speak = speak
    print("to the pause, to the decision (ms)")
    words = []
    for text in INTERRUPTIONS:
        words.append(await measure(args, speak(text), "chat.interrupted"))
        print(*words[-1], text)
    noises = [await measure(args, groan(), "chat.resumed") for _ in range(GROANS)]
    for number, what in enumerate(("to the pause", "to the cut")):
        found = sorted(row[number] for row in words)
        print(f"{what}: median {statistics.median(found):.0f} ms, worst {found[-1]} ms")
    resumed = sorted(row[1] for row in noises)
    print(f"a groan, to going on: median {statistics.median(resumed):.0f}, worst {resumed[-1]} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--password", required=True)
    asyncio.run(main(parser.parse_args()))
