from __future__ import annotations

import pytest

from chatbot.engine.conversation import CONTEXT_TOKENS, Conversation, Item, Stretch
from chatbot.engine.errors import RequestError


def message(name: str, role: str = "user", words: str = "") -> Item:
    return Item(name, "message", "completed", {}, role=role, words=words or name)


def conversation(*items: Item) -> Conversation:
    made = Conversation()
    for item in items:
        made.add(item)
    return made


def order(made: Conversation) -> list[str]:
    return [item.id for item in made]


def test_items_go_where_the_client_puts_them() -> None:
    made = conversation(message("a"), message("b"))
    assert made.add(message("c")) == "b"
    assert made.add(message("first"), "root") is None
    assert made.add(message("between"), "a") == "a"
    assert order(made) == ["first", "a", "between", "b", "c"]


def test_an_unknown_neighbour_or_a_used_id_is_refused() -> None:
    made = conversation(message("a"))
    with pytest.raises(RequestError, match="does not exist"):
        made.add(message("b"), "nobody")
    with pytest.raises(RequestError, match="exists already"):
        made.add(message("a"))
    assert order(made) == ["a"]


def spoken() -> Item:
    return Item(
        "answer",
        "message",
        "completed",
        {},
        role="assistant",
        content=[{"type": "output_audio", "transcript": "One two three four. Five six."}],
        words="One two three four. Five six.",
        stretches=[Stretch("One two three four. ", 0, 2000), Stretch("Five six.", 2000, 3000)],
    )


@pytest.mark.parametrize(
    ("end_ms", "words"),
    [
        (0, ""),
        (1000, "One two"),
        (2000, "One two three four."),
        (2600, "One two three four. Five"),
        (3000, "One two three four. Five six."),
    ],
)
def test_truncate_keeps_the_words_that_were_heard(end_ms: int, words: str) -> None:
    made = conversation(message("question"), spoken())
    made.truncate("answer", 0, end_ms)
    item = made.find("answer")
    assert item is not None
    assert item.words == words
    assert item.content[0]["transcript"] == words
    assert item.spoken_ms == end_ms


def test_truncate_twice_only_takes_away() -> None:
    made = conversation(spoken())
    made.truncate("answer", 0, 1000)
    with pytest.raises(RequestError, match="1000ms is already shorter than 2000ms"):
        made.truncate("answer", 0, 2000)


@pytest.mark.parametrize(
    ("item_id", "index", "end_ms", "code"),
    [
        ("nobody", 0, 10, "item_truncate_invalid_item_id"),
        ("question", 0, 10, "item_truncate_invalid_item_id"),
        ("answer", 1, 10, "invalid_value"),
        ("answer", 0, 3100, "invalid_value"),
        ("answer", 0, -1, "invalid_value"),
        ("answer", 0, "10", "invalid_value"),
    ],
)
def test_truncate_refuses(item_id: str, index: int, end_ms: object, code: str) -> None:
    made = conversation(message("question"), spoken())
    with pytest.raises(RequestError) as refused:
        made.truncate(item_id, index, end_ms)
    assert refused.value.code == code


def test_the_context_is_instructions_and_words() -> None:
    made = conversation(message("hello"), message("hi", "assistant"), message("silent"))
    item = made.find("silent")
    assert item is not None
    item.words = ""
    assert made.context("Be kind.") == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
    ]
    assert made.context("")[0]["role"] == "user"


def test_old_turns_leave_the_context_whole_and_seldom() -> None:
    made = Conversation()
    firsts = []
    for number in range(60):
        made.add(message(f"q{number}", "user", f"Question {number} " + "word " * 20))
        made.add(message(f"a{number}", "assistant", f"Answer {number} " + "word " * 20))
        lines = made.context("Be kind.")
        assert lines[0]["role"] == "system"
        assert lines[1]["role"] == "user"
        assert lines[-1]["content"].startswith(f"Answer {number} ")
        assert sum(len(line["content"]) for line in lines) < CONTEXT_TOKENS * 4
        firsts.append(lines[1]["content"])
    assert 3 < len(set(firsts)) < 15


def test_the_newest_turn_stays_however_long_it_is() -> None:
    made = conversation(message("old"), message("long", words="word " * 3000))
    assert len(made.context("Be kind.")) == 2
