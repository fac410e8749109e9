"""Upstreams to choose by name: one that behaves, and each way to misbehave.

All but `reject` first answer one question; a question is heard in the first audio that comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.scripted.session import Session

QUESTION, ANSWER = "What is the time?", "It is noon."


async def _question_heard(session: Session) -> None:
    await session.open()
    await session.expect("input_audio_buffer.append")


async def answer(session: Session) -> None:
    """One question, one answer, then silence."""
    await _question_heard(session)
    await session.hear(QUESTION)
    await session.answer(ANSWER)
    await session.hold()


async def drop(session: Session) -> None:
    """Gone in mid-sentence."""
    await _question_heard(session)
    await session.hear(QUESTION)
    await session.begin_answer(ANSWER)
    session.drop()


async def stall(session: Session) -> None:
    """Silent in mid-sentence, and deaf."""
    await _question_heard(session)
    await session.hear(QUESTION)
    await session.begin_answer(ANSWER)
    await session.stall()


async def reject(session: Session) -> None:
    """The session that is asked for is refused."""
    await session.reject()
    await session.hold()


async def expire(session: Session) -> None:
    """The session's time is up after one answer."""
    await _question_heard(session)
    await session.hear(QUESTION)
    await session.answer(ANSWER)
    await session.expire()


async def duplicate(session: Session) -> None:
    """Everything is said twice."""
    session.copies = 2
    await answer(session)


async def early_words(session: Session) -> None:
    """The words of the question are known before there is an item for them."""
    await _question_heard(session)
    await session.hear(QUESTION, words="early")
    await session.answer(ANSWER)
    await session.hold()


async def late_words(session: Session) -> None:
    """The words of the question are known after its answer."""
    await _question_heard(session)
    await session.hear(QUESTION, words="later")
    await session.answer(ANSWER)
    await session.transcribe(QUESTION)
    await session.hold()


async def failed_words(session: Session) -> None:
    """The words of the question cannot be recognised."""
    await _question_heard(session)
    await session.hear(QUESTION, words="later")
    await session.fail_to_transcribe()
    await session.answer(ANSWER)
    await session.hold()


async def no_words(session: Session) -> None:
    """The words of the question never come."""
    await _question_heard(session)
    await session.hear(QUESTION, words="later")
    await session.answer(ANSWER)
    await session.hold()


async def flood(session: Session) -> None:
    """Ten thousand events that nobody knows stand between the question and its answer."""
    await _question_heard(session)
    await session.hear(QUESTION)
    await session.flood(10_000)
    await session.answer(ANSWER)
    await session.hold()


BEHAVIOURS: dict[str, Callable[[Session], Awaitable[None]]] = {
    script.__name__.replace("_", "-"): script
    for script in (
        answer,
        drop,
        stall,
        reject,
        expire,
        duplicate,
        early_words,
        late_words,
        failed_words,
        no_words,
        flood,
    )
}
