"""A scripted upstream: a real WebSocket server that says what a test wants it to say.

A script is a coroutine function that is given each connection as a `Session`; `behaviours.py` has
named ones, and `python -m tests.scripted` serves them as a process, beside a cheap one for load.
"""

from tests.scripted.behaviours import BEHAVIOURS
from tests.scripted.server import Script, ScriptedUpstream, refusal, scripted_upstream
from tests.scripted.session import Session
from tests.scripted.speech import USAGE, Event, answer_item, tone

__all__ = [
    "BEHAVIOURS",
    "USAGE",
    "Event",
    "Script",
    "ScriptedUpstream",
    "Session",
    "answer_item",
    "refusal",
    "scripted_upstream",
    "tone",
]
