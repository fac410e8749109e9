"""Gives daphne uvloop's event loop, where there is one: a call costs a worker a tenth less.

Daphne makes its loop when it is imported, before it imports us, and starts it afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from twisted.internet import asyncioreactor
from twisted.internet.asyncioreactor import AsyncioSelectorReactor

try:
    import uvloop
except ImportError:  # not made for every system
    uvloop = None  # type: ignore[assignment,unused-ignore]


def has_uvloop() -> bool:
    return uvloop is not None


def daphnes_reactor() -> Any:
    """The reactor that daphne has installed and not yet started; None in any other process."""
    reactor = sys.modules.get("twisted.internet.reactor")
    is_daphnes = isinstance(reactor, AsyncioSelectorReactor) and "daphne.server" in sys.modules
    return reactor if is_daphnes and not reactor.running else None  # type: ignore[union-attr]


def use_uvloop() -> None:
    """Move daphne's reactor to a loop of uvloop's."""
    reactor = daphnes_reactor()
    if reactor is None or uvloop is None:
        return
    own_readers = list(reactor._internalReaders)
    for reader in own_readers:
        reactor.removeReader(reader)
    before, after = reactor._asyncioEventloop, uvloop.new_event_loop()
    if executor := getattr(before, "_default_executor", None):
        after.set_default_executor(executor)
    before.close()
    reactor._asyncioEventloop = after
    asyncioreactor.callWithLogger = call  # type: ignore[attr-defined]
    for reader in own_readers:
        reactor.addReader(reader)


def call(logger: object, function: Callable[..., Any], *arguments: Any) -> None:
    """In place of Twisted's, which notes whose data is read for a log that daphne throws away."""
    function(*arguments)
