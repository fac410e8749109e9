"""Frames that we write by hand are those of RFC 6455."""

from __future__ import annotations

import pytest

from chatbot import frames
from tests.scripted.frames import BINARY, TEXT, FrameReader, header, unmask


@pytest.mark.parametrize("size", [0, 1, 125, 126, 1920, 65_535, 65_536, 5_000_000])
def test_a_frame_says_what_it_is_and_how_long(size: int) -> None:
    assert frames.header(frames.BINARY, size) == header(BINARY, size)
    assert frames.header(frames.TEXT, size) == header(TEXT, size)


@pytest.mark.parametrize("size", [0, 125, 126, 65_536])
def test_a_clients_text_is_masked(size: int) -> None:
    (frame,) = FrameReader().feed(frames.masked_text("ü" * (size // 2)))
    assert frame.opcode == TEXT
    assert len(frame.mask) == 4
    assert unmask(frame.payload, frame.mask).decode() == "ü" * (size // 2)


def test_no_two_masks_are_the_same_by_habit() -> None:
    masks = {frames.masked_text("sound")[2:6] for _ in range(3000)}
    assert len(masks) > 2990
