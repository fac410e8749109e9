"""How the chat page does in a real browser: how soon it listens, what it keeps, how fast it is
silent, and what it weighs.

    python -m benchmarks.page [PART ...] [--runs N] [--minutes M]

Starts a site of its own, with the real engine (under-runs: with a scripted upstream), and measures
in the page, by the clock of its sound where sound is measured.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from benchmarks.browser import browser, chat_page, in_base64, say, site, spoken, until
from benchmarks.long_answer import long_answer
from benchmarks.voice_to_voice import QUESTIONS, words
from tests.e2e.test_tools import running
from tests.services import Process
from tests.test_scripts_server import named

STORY = "Tell me a very long story about the sea."
STOP = "Please stop the story now."
#: Blocks that are louder than this sound.
AUDIBLE = 0.003
#: A gap that is longer was no interruption.
LONGEST_GAP_S = 1.5


def listening(options: argparse.Namespace) -> None:
    """From the tap to "listening", less what the upstream itself takes."""
    with site() as (url, process), browser() as chromium:
        own_ms = statistics.median(connect_ms(engine_url(process)) for _ in range(options.runs))
        waits = []
        for _ in range(options.runs):
            page = chat_page(chromium, url, "probe.js", "microphone.js")
            page.get_by_test_id("start-call").click()
            until(page, "listening")
            told = page.evaluate("probe")
            waits.append(told["listeningAt"] - told["tappedAt"])
            page.get_by_test_id("end-call").click()
            until(page, "ended")
            page.context.close()
    print(
        f"tap to listening: median {statistics.median(waits):.0f} ms, most {max(waits):.0f} ms, "
        f"the engine's own connect {own_ms:.0f} ms ({options.runs} runs; aim: 300 ms beyond that)"
    )


def connect_ms(url: str) -> float:
    """How long the upstream takes from nothing to a session that is as was asked for."""
    begun = time.perf_counter()
    with connect(url, proxy=None) as socket:
        socket.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        while json.loads(socket.recv())["type"] != "session.updated":
            pass
        return (time.perf_counter() - begun) * 1000


def engine_url(process: Process) -> str:
    (engine,) = named(process, "chatbot.engine")
    listening = [socket for socket in engine.net_connections() if socket.status == "LISTEN"]
    return f"ws://127.0.0.1:{listening[0].laddr.port}/v1/realtime"


def first_word(options: argparse.Namespace) -> None:
    """Speech that begins with the microphone itself: is its first word in the recognised text?"""
    kept = 0
    with tempfile.TemporaryDirectory() as folder, site() as (url, _):
        for run in range(options.runs):
            question = QUESTIONS[run % len(QUESTIONS)]
            wav = spoken(question, Path(folder) / f"{run}.wav", silence_s=60)
            with browser(wav) as chromium:
                page = chat_page(chromium, url)
                page.get_by_test_id("start-call").click()
                heard = page.locator('[data-testid="turn"][data-role="user"] .turn-text').first
                expect(heard).to_have_text(re.compile(r"\w"), timeout=60_000)
                text = heard.inner_text()
            is_kept = words(question)[0] in words(text)
            kept += is_kept
            print(f"{'kept' if is_kept else 'LOST'}  {question}  ->  {text}")
    print(f"first word kept: {kept} of {options.runs} (aim: all)")


def interruption(options: argparse.Namespace) -> None:
    """From the first block of speech over an answer to the last audible block of the answer."""
    gaps: list[float] = []
    with tempfile.TemporaryDirectory() as folder, site() as (url, _), browser() as chromium:
        stop = in_base64(spoken(STOP, Path(folder) / "stop.wav"))
        page = chat_page(chromium, url, "probe.js", "microphone.js")
        for attempt in range(3 * options.runs):
            if len(gaps) == options.runs:
                break
            page.goto(url)
            page.get_by_test_id("start-call").click()
            until(page, "listening")
            say(page, STORY)
            until(page, "speaking")
            page.wait_for_timeout(800 + 130 * (attempt % 7))
            begun = page.evaluate("probe.levels.length")
            page.evaluate("(wav) => speak(wav)", stop)
            page.wait_for_timeout(LONGEST_GAP_S * 1000)
            gap = gap_ms(page, begun)
            print(f"{gap:.0f} ms" if gap is not None else "(the answer did not sound; again)")
            gaps += [] if gap is None else [gap]
    print(
        f"silent after speech begins: median {statistics.median(gaps):.0f} ms, "
        f"least {min(gaps):.0f} ms, most {max(gaps):.0f} ms ({len(gaps)} runs; aim: 250 ms)"
    )


def gap_ms(page: Page, begun: int) -> float | None:
    """None when the answer did not sound as the speech began."""
    told = page.evaluate("probe")
    block_ms = 128 / told["rate"] * 1000
    microphone, loudspeaker = np.array(told["levels"]).reshape(-1, 2).T > AUDIBLE
    onset = begun // 2 + int(np.argmax(microphone[begun // 2 :]))
    if not loudspeaker[onset - round(50 / block_ms) : onset + 1].any():
        return None
    after = loudspeaker[onset : onset + round(LONGEST_GAP_S * 1000 / block_ms)]
    return float((np.flatnonzero(after)[-1] + 1) * block_ms) if after.any() else 0.0


def under_runs(options: argparse.Namespace) -> None:
    """Gaps in a long answer, as the page counts them and as they are heard."""
    seconds = 60 * options.minutes
    paces = {
        "as fast as it is read": None,
        f"late by up to {options.jitter_ms} ms": options.jitter_ms,
    }
    with ExitStack() as stack:
        chromium = stack.enter_context(browser())
        pages = {}
        for name, jitter_ms in paces.items():
            upstream = stack.enter_context(running(long_answer(seconds, jitter_ms)))
            url, _ = stack.enter_context(site(upstream))
            pages[name] = chat_page(chromium, url, "probe.js", "microphone.js")
        for page in pages.values():
            say(page, "Tell me everything.")
            until(page, "speaking")
        for name, page in pages.items():
            page.wait_for_selector("#call[data-state=listening]", timeout=(seconds + 60) * 1000)
            counted = page.get_by_test_id("voice").get_attribute("data-under-runs")
            print(
                f"{options.minutes} minutes, {name}: {counted} under-runs counted, "
                f"{gaps_heard(page)} heard, {sounded_s(page):.1f} s sounded (aim: 0)"
            )


def sounding(page: Page) -> tuple[np.ndarray, float]:
    """Whether each block of the loudspeaker sounded, from the first to the last that did; and how
    many seconds a block is."""
    told = page.evaluate("probe")
    audible = np.array(told["levels"]).reshape(-1, 2)[:, 1] > AUDIBLE
    heard = np.flatnonzero(audible)
    return audible[heard[0] : heard[-1] + 1], 128 / told["rate"]


def gaps_heard(page: Page) -> int:
    blocks, _ = sounding(page)
    return int(np.count_nonzero(blocks[:-1] & ~blocks[1:]))


def sounded_s(page: Page) -> float:
    blocks, block_s = sounding(page)
    return float(np.count_nonzero(blocks) * block_s)


def size(options: argparse.Namespace) -> None:
    """What browsers are sent of our own scripts and styles, and whom a call asks for anything."""
    hosts: set[str] = set()
    with site() as (url, process), browser() as chromium:
        sizes = [sent_bytes(f"{url}/static/{name}") for name in own_files(process)]
        page = chat_page(chromium, url, "microphone.js")
        page.context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
        page.goto(url)
        page.get_by_test_id("start-call").click()
        until(page, "listening")
        page.get_by_test_id("end-call").click()
        until(page, "ended")
        hosts -= {"", urlsplit(url).netloc}
    print(
        f"own scripts and styles: {sum(sizes) / 1000:.1f} kB compressed, in {len(sizes)} files "
        f"(aim: 60 kB); other hosts asked: {len(hosts)} (aim: 0)"
    )


def own_files(process: Process) -> list[str]:
    """The names under which our scripts and styles are served."""
    manifest = json.loads((process.log.parent / "var/static/staticfiles.json").read_text())["paths"]
    own = [served for name, served in manifest.items() if name.startswith("chatbot/")]
    return [name for name in own if name.endswith((".js", ".css"))]


def sent_bytes(address: str) -> int:
    headers = {"Accept-Encoding": "gzip, br"}
    return httpx.get(address, headers=headers, trust_env=False).num_bytes_downloaded


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "listening": listening,
    "first-word": first_word,
    "interruption": interruption,
    "under-runs": under_runs,
    "size": size,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts", metavar="PART", nargs="*", help=f"{', '.join(PARTS)} (all of them)"
    )
    parser.add_argument("--runs", type=int, default=20, help="of each measurement (%(default)s)")
    parser.add_argument("--minutes", type=float, default=5, help="of answer (%(default)s)")
    parser.add_argument(
        "--jitter-ms", type=float, default=30, help="of an uneven upstream (%(default)s)"
    )
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in options.parts or PARTS:
        PARTS[name](options)


if __name__ == "__main__":
    main()
