from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.engine.sentences import Sentences, ends_sentence, speakable


def pieces(text: str, step: int = 1) -> list[str]:
    sentences = Sentences()
    cut = []
    for at in range(0, len(text), step):
        cut += sentences.feed(text[at : at + step])
    return cut + sentences.flush()


def test_the_first_clause_and_then_whole_sentences() -> None:
    text = "Well, the sky is blue, because light scatters, you see. Red scatters less, though. Yes!"
    assert pieces(text) == [
        "Well, the sky is blue, ",
        "because light scatters, you see. ",
        "Red scatters less, though. ",
        "Yes!",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith met J. Doe at 3.5 miles.",
        'He shouted "Stop it now" twice.',
        "1. Wash it well.",
        "Use tools, e.g. hammers.",
    ],
)
def test_a_point_within_a_sentence_does_not_end_it(sentence: str) -> None:
    assert pieces(f"Well. {sentence} Next one.") == ["Well. ", f"{sentence} ", "Next one."]


def test_a_long_sentence_is_spoken_in_clauses() -> None:
    clause = "and then the little mouse went further into the dark wood, "
    cut = pieces("It was night. " + clause * 8)
    assert len(cut) > 3
    assert all(len(piece) < 300 for piece in cut)


def test_lines_end_sentences() -> None:
    assert pieces("One thing\nAnother thing\n") == ["One thing\n", "Another thing\n"]


@given(st.text(alphabet="ab ,.!?\n\"'Dr", max_size=120), st.integers(1, 7))
def test_pieces_are_the_text_however_it_comes(text: str, step: int) -> None:
    assert "".join(pieces(text, step)) == text


def test_markup_is_not_spoken() -> None:
    assert speakable("**Bold** and `code`. ") == "Bold  and  code ."
    assert speakable(" * \n") == ""
    assert speakable("...") == ""


def test_what_ends_a_sentence() -> None:
    assert ends_sentence('He left." ')
    assert not ends_sentence("He left, ")
