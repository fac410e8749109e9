"""How the page plays in a real browser: answers that come unevenly, and how soon it stops.

    python -m benchmarks.playback [--minutes M] [--runs N]

The long answers are rendered in one go, without a loudspeaker: five minutes in a few seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import django
from playwright.sync_api import Page

from benchmarks.browser import browser

JITTERS_MS = (0, 20, 40, 60, 80)


def long_answers(page: Page, minutes: float) -> None:
    for jitter_ms in JITTERS_MS:
        heard = page.evaluate("(words) => rig.long(...words)", [minutes * 60, jitter_ms])
        print(
            f"{minutes:g} min, frames up to {jitter_ms} ms late: {heard['underRuns']} under-runs, "
            f"{len(heard['sounds']) - 1} gaps, cushion {heard['cushionMs']:.0f} ms at the end"
        )


def stops(page: Page, runs: int) -> None:
    heard = [page.evaluate("rig.stop()") for _ in range(runs)]
    after = [one["afterMs"] for one in heard]
    answer = [one["answerMs"] for one in heard]
    print(
        f"told to stop: sounds {statistics.median(after):.0f} ms longer than the page knew of "
        f"(most {max(after):.0f} ms; that is up to 50 ms old), and is told of it within "
        f"{max(answer):.0f} ms of sound ({runs} runs; aim: silent in 50 ms)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.audio_page import audio_page

    with (
        tempfile.TemporaryDirectory() as folder,
        audio_page(Path(folder)) as address,
        browser() as chromium,
    ):
        page = chromium.new_page()
        page.goto(address)
        page.wait_for_function("window.rig")
        page.mouse.click(1, 1)
        long_answers(page, options.minutes)
        stops(page, options.runs)


if __name__ == "__main__":
    main()
