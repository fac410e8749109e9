from __future__ import annotations

import pytest

from chatbot.engine.turns import Detection, Signal, TurnDetector


def signals(detector: TurnDetector, *script: tuple[int, float]) -> list[tuple[int, str]]:
    """Signals with the number of the window they came after."""
    found = []
    window = 0
    for windows, probability in script:
        for _ in range(windows):
            window += 1
            if signal := detector.feed(probability):
                found.append((window, signal.name))
    return found


@pytest.fixture
def detector() -> TurnDetector:
    return TurnDetector(Detection())


def test_a_turn_starts_after_two_windows_and_stops_after_its_silence(
    detector: TurnDetector,
) -> None:
    assert signals(detector, (10, 0.0), (20, 0.9), (30, 0.0)) == [
        (12, "STARTED"),
        (36, "PAUSED"),
        (46, "STOPPED"),
    ]


def test_a_click_starts_nothing(detector: TurnDetector) -> None:
    assert signals(detector, (5, 0.0), (1, 0.99), (5, 0.0), (1, 0.99), (20, 0.0)) == []


def test_speech_after_a_pause_is_the_same_turn(detector: TurnDetector) -> None:
    heard = signals(detector, (10, 0.9), (10, 0.0), (5, 0.9), (16, 0.0))
    assert [name for _, name in heard] == ["STARTED", "PAUSED", "RESUMED", "PAUSED", "STOPPED"]


def test_a_short_gap_is_not_even_a_pause(detector: TurnDetector) -> None:
    assert signals(detector, (10, 0.9), (5, 0.0), (10, 0.9)) == [(2, "STARTED")]


def test_once_speaking_a_little_less_than_the_threshold_is_still_speech(
    detector: TurnDetector,
) -> None:
    assert signals(detector, (10, 0.9), (40, 0.4)) == [(2, "STARTED")]


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_the_threshold_decides_what_speech_is(threshold: float) -> None:
    detector = TurnDetector(Detection(threshold=threshold))
    assert signals(detector, (20, threshold - 0.02)) == []
    assert signals(detector, (20, threshold + 0.02)) == [(2, "STARTED")]


@pytest.mark.parametrize(("silence_ms", "windows"), [(0, 1), (200, 6), (500, 16), (1000, 31)])
def test_the_silence_decides_when_a_turn_ends(silence_ms: int, windows: int) -> None:
    detector = TurnDetector(Detection(silence_duration_ms=silence_ms))
    assert signals(detector, (10, 0.9), (60, 0.0))[-1] == (10 + windows, Signal.STOPPED.name)


def test_semantic_turns_wait_by_eagerness() -> None:
    waits = [
        Detection.of({"type": "semantic_vad", "eagerness": name}).silence_duration_ms
        for name in ("high", "medium", "low")
    ]
    assert waits == sorted(waits)
    assert Detection.of({"type": "semantic_vad", "create_response": False}).create_response is False


def test_the_numbers_come_from_the_session() -> None:
    detection = Detection.of(
        {
            "type": "server_vad",
            "threshold": 0.7,
            "prefix_padding_ms": 100,
            "silence_duration_ms": 900,
            "interrupt_response": False,
        }
    )
    assert detection == Detection(0.7, 100, 900, True, False)
