"""The page's audio in a real browser: modules and worklets under the hashed names of production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.audio_page import audio_page
from tests.e2e.conftest import OpenBrowser, Speak, new_page

pytestmark = pytest.mark.xdist_group("e2e")

#: The least that two renderings of a fade, and a quantum of 128 samples, may come to.
FADE_MS = 8
Rig = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with audio_page(tmp_path_factory.mktemp("audio")) as address:
        yield address


@pytest.fixture
def rig(served: str, open_browser: OpenBrowser, speak: Speak) -> Iterator[Rig]:
    """Runs a function of rig.js in a browser whose microphone hears somebody speak."""
    with open_browser(speak("One, two, three, four, five, six, seven.")) as browser:
        page = new_page(browser)
        page.goto(served)
        page.wait_for_function("window.rig")
        page.mouse.click(1, 1)  # which lets it play

        def run(name: str, *arguments: Any) -> dict[str, Any]:
            result: dict[str, Any] = page.evaluate(
                "([name, ...words]) => rig[name](...words)", [name, *arguments]
            )
            return result

        yield run


def test_an_answer_is_played_whole_without_a_gap_or_a_click(rig: Rig) -> None:
    heard = rig("answer", 2000)
    [sound] = heard["sounds"]
    assert sound["ms"] == pytest.approx(2000, abs=FADE_MS)
    assert sound["stray"] < 0.002
    assert heard["step"] < 2 * 0.5 * 3.15, "the tone's own slope is 1.57 a millisecond"
    assert heard["underRuns"] == 0
    assert [settled["playedMs"] for settled in heard["ended"]] == pytest.approx([2000], abs=0.1)


def test_a_long_answer_that_comes_unevenly_is_played_without_a_gap(rig: Rig) -> None:
    heard = rig("long", 60, 40)
    [sound] = heard["sounds"]
    assert sound["ms"] == pytest.approx(60_000, abs=FADE_MS)
    assert sound["stray"] < 0.002
    assert heard["underRuns"] == 0
    assert heard["ended"][0]["playedMs"] == pytest.approx(60_000, abs=0.1)


def test_a_paused_answer_plays_on_where_it_stopped(rig: Rig) -> None:
    heard = rig("paused", 1200)
    before, after = heard["sounds"]
    assert before["ms"] == pytest.approx(heard["position"]["playedMs"], abs=FADE_MS)
    assert before["ms"] + after["ms"] == pytest.approx(1200, abs=2 * FADE_MS)
    assert after["startMs"] - before["startMs"] - before["ms"] > 100
    assert max(before["stray"], after["stray"]) < 0.002
    assert heard["step"] < 2 * 0.5 * 3.15
    assert heard["ended"][0]["playedMs"] == pytest.approx(1200, abs=0.1)


def test_what_is_cut_was_heard_exactly_as_far_as_is_told(rig: Rig) -> None:
    heard = rig("cut")
    [sound] = heard["sounds"]
    assert heard["cut"]["state"] == "interrupted"
    assert sound["ms"] == pytest.approx(heard["cut"]["playedMs"], abs=FADE_MS)
    assert sound["ms"] < 1900, "the rest of it, and what came later, was not heard"
    assert heard["step"] < 2 * 0.5 * 3.15


def test_the_microphone_gives_whole_frames_through_changes_and_a_partial_one_at_the_end(
    rig: Rig,
) -> None:
    heard = rig("microphone", 25)
    sizes = [frame["bytes"] for frame in heard["got"]]
    assert max(sizes) == 1920
    assert len([size for size in sizes if size < 1920]) <= 2, "but for a flush and the end"
    assert 0 < heard["flushed"] <= 1920
    assert max(frame["level"] for frame in heard["got"]) > 0.01
    assert heard["processed"] == [[True], [False], []], "of the tracks that run: none after the end"
    assert heard["refused"] == "missing"
    assert heard["label"]
    assert heard["device"] == "default" or heard["device"] in [
        microphone["id"] for microphone in heard["microphones"]
    ]
    assert all(microphone["label"] for microphone in heard["microphones"])
    assert heard["microphones"]


def test_a_loudspeaker_in_the_microphone_is_not_heard_as_the_user(rig: Rig) -> None:
    heard = rig("echo", "speech/assistant.wav")
    assert len(heard["levels"]) > 100
    assert max(heard["levels"]) < 0.001
    assert heard["echo"]["coupled"]
    assert heard["echo"]["silencedMs"] > 3000
