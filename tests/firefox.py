"""Firefox driven over WebDriver BiDi, which it speaks itself: https://w3c.github.io/webdriver-bidi/.

Playwright's own Firefox is no released one, and its BiDi asks for commands that ESR lacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.services import Process, wait_until

LIMIT_S = 60.0

#: A machine without a sound card, a camera's lights or a network beyond itself.
PREFERENCES: dict[str, bool | int | str] = {
    # Firefox's own stand-in for a sound card: it keeps time, and its microphones sound.
    "media.cubeb.force_mock_context": True,
    # Nobody is there to click "Allow".
    "media.navigator.permission.disabled": True,
    # What is not for this machine goes to a proxy that is not there.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "services.settings.server": "data:,",
}


class Firefox:
    """One tab: go somewhere, click, type, and ask what the page shows."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.commands = 0
        #: Uncaught exceptions, breaches of the policies and console.error of the pages so far.
        self.errors: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        self.context = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """What Firefox answers to the command; a refusal is a RuntimeError."""
        self.commands += 1
        self.socket.send(json.dumps({"id": self.commands, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=LIMIT_S))
            if told.get("method") == "log.entryAdded":
                self._note(told["params"])
            if told.get("id") == self.commands:
                break
        if told["type"] == "error":
            raise RuntimeError(f"{method}: {told['message']}")
        result: dict[str, Any] = told["result"]
        return result

    def _note(self, entry: dict[str, Any]) -> None:
        """Remember an error; a socket closed while it opens is one to Firefox alone."""
        if entry["level"] == "error" and "ws://" not in entry["text"]:
            self.errors.append(entry["text"])

    def preload(self, function: str, *arguments: Any) -> None:
        """Call this JavaScript function with these arguments before any script of a page."""
        declaration = f"() => ({function})(...{json.dumps(arguments)})"
        self.command("script.addPreloadScript", functionDeclaration=declaration)

    def goto(self, url: str) -> None:
        self.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def call(self, function: str, *arguments: Any) -> Any:
        """What this JavaScript function gives for these arguments, as JSON can hold it."""
        declaration = f"async () => JSON.stringify(await ({function})(...{json.dumps(arguments)}))"
        told = self._call(declaration)
        return json.loads(told["value"]) if told["type"] == "string" else None

    def wait_for(self, function: str, *arguments: Any, seconds: float = LIMIT_S) -> None:
        """Return once the function gives something true."""
        try:
            wait_until(lambda: self.call(function, *arguments), seconds)
        except TimeoutError:
            shown = self.call("() => document.body.innerText")
            told = f"{function} stayed untrue; errors: {self.errors}; the page shows: {shown}"
            raise TimeoutError(told) from None

    def click(self, selector: str) -> None:
        """As a person does: what allows sound is a real click."""
        origin = {"type": "element", "element": {"sharedId": self._node(selector)}}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def type(self, selector: str, text: str) -> None:
        """Click there and press each key."""
        self.click(selector)
        self._act("key", *({"type": f"key{way}", "value": key} for key in text for way in WAYS))

    def _node(self, selector: str) -> str:
        """The protocol's name of an element, scrolled into view."""
        found = f"document.querySelector({json.dumps(selector)})"
        self._call(f"() => {found}?.scrollIntoView({{ block: 'center' }})")
        told = self._call(f"() => {found}")
        assert told["type"] == "node", f"The page has no {selector}."
        return str(told["sharedId"])

    def _act(self, device: str, *actions: dict[str, Any]) -> None:
        source = {"type": device, "id": device, "actions": list(actions)}
        self.command("input.performActions", context=self.context, actions=[source])

    def _call(self, declaration: str) -> dict[str, Any]:
        told = self.command(
            "script.callFunction",
            functionDeclaration=declaration,
            target={"context": self.context},
            awaitPromise=True,
        )
        if told["type"] == "exception":
            raise RuntimeError(told["exceptionDetails"]["text"])
        result: dict[str, Any] = told["result"]
        return result


WAYS = ("Down", "Up")


@contextmanager
def opened(program: Path, folder: Path) -> Iterator[Firefox]:
    """A Firefox without a window, on a profile of its own in `folder`."""
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(
        "".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()
        )
    )
    command = [str(program), "--headless", "--profile", str(profile), "--remote-debugging-port=0"]
    # Firefox refuses the home of another user, as sudo leaves it.
    with Process(command, folder / "firefox.log", {"HOME": str(folder)}) as process:
        wait_until(lambda: "listening on ws://" in process.output(), LIMIT_S)
        address = re.search(r"listening on (ws://\S+)", process.output())
        assert address
        with connect(f"{address[1]}/session", max_size=None, proxy=None) as socket:
            yield Firefox(socket)
