"""Tools on the page: what they did is in the transcript, and the user is asked where it matters."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.calling import call_tools, take_output
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.scripted import Script, Session, scripted_upstream
from tests.services import free_port
from tests.test_scripts_server import serving

pytestmark = pytest.mark.xdist_group("e2e")

FACT = {"fact": "I like <b>tea</b>."}


async def take_typed(session: Session, previous: str | None) -> str:
    """What the user has typed, put into the conversation; returns its item's id.

    An answer that still sounds is cut by it.
    """
    item = (await session.expect("conversation.item.create", "conversation.item.truncate"))["item"]
    for kind in ("added", "done"):
        await session.emit(
            {
                "type": f"conversation.item.{kind}",
                "item": {**item, "status": "completed"},
                "previous_item_id": previous,
            }
        )
    await session.expect("response.create")
    item_id: str = item["id"]
    return item_id


async def script(session: Session) -> None:
    """Remembers a fact, then asks twice to forget it, and speaks after each."""
    await session.open()
    previous = await take_typed(session, None)
    await call_tools(session, {"c1": ("remember", FACT)}, previous, "r1")
    previous = (await take_output(session, "item_c1"))["id"]
    await session.expect("response.create")
    for number in (2, 3):
        await call_tools(session, {f"c{number}": ("forget", FACT)}, previous, f"r{number}")
        previous = (await take_output(session, f"item_c{number}"))["id"]
        await session.expect("response.create")
        words = f"This is answer {number}."
        await session.answer(words, f"a{number}", previous, f"r{number}a")
        if number == 2:
            previous = await take_typed(session, "a2")
    await session.hold()


@contextmanager
def running(script: Script) -> Iterator[str]:
    """The scripted upstream in a thread of its own; gives its address."""
    addresses: Queue[tuple[str, Any, asyncio.Event]] = Queue()

    async def serve() -> None:
        stop = asyncio.Event()
        async with scripted_upstream(script) as upstream:
            addresses.put((upstream.url, asyncio.get_running_loop(), stop))
            await stop.wait()

    with ThreadPoolExecutor(1) as threads:
        served = threads.submit(asyncio.run, serve())
        url, loop, stop = addresses.get(timeout=10)
        try:
            yield url
        finally:
            loop.call_soon_threadsafe(stop.set)
            served.result(timeout=10)


@pytest.fixture
def tool_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose voice service calls tools."""
    port, var = free_port(), tmp_path_factory.mktemp("tools") / "var"
    with (
        running(script) as url,
        serving(var, "--port", str(port), env={"REALTIME_URL": url}) as process,
    ):
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


def say(page: Page, text: str) -> None:
    page.get_by_test_id("text-input").fill(text)
    page.get_by_test_id("text-input").press("Enter")


def tools(page: Page) -> Locator:
    return page.locator('[data-testid="turn"][data-role="tool"]')


def test_the_user_is_asked_and_sees_what_came_of_it(
    tool_site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser() as browser:
        page = new_page(browser)
        sign_in(page, tool_site)
        say(page, "Remember that I like tea, then forget it.")
        expect(tools(page).first).to_contain_text("remember")
        expect(tools(page).first).to_contain_text("Remembered.")

        card = page.get_by_role("group", name="Forget a fact?")
        expect(card).to_contain_text("I like <b>tea</b>.")
        live = page.get_by_role("region", name="Permissions the assistant asks for")
        expect(live).to_have_attribute("aria-live", "assertive")
        # The keyboard alone: the buttons are the next stops before the message.
        page.get_by_test_id("text-input").press("Shift+Tab")
        expect(card.get_by_role("button", name="Don't allow")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        allow = card.get_by_role("button", name="Allow", exact=True)
        expect(allow).to_be_focused()
        assert allow.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
        page.keyboard.press("Enter")
        expect(card).to_have_count(0)
        expect(page.get_by_test_id("text-input")).to_be_focused()
        expect(tools(page).nth(1)).to_contain_text("Forgotten.")
        expect(page.get_by_test_id("transcript")).to_contain_text("This is answer 2.")
        expect(page.get_by_test_id("call")).to_have_attribute("data-state", "listening")

        say(page, "Once more.")
        page.get_by_role("button", name="Don't allow").click()
        refused = tools(page).nth(2)
        expect(refused).to_have_attribute("data-status", "failed")
        expect(refused).to_contain_text("The user did not allow it.")
        expect(page.get_by_test_id("transcript")).to_contain_text("This is answer 3.")
        page.get_by_test_id("end-call").click()
        expect(page.get_by_test_id("call")).to_have_attribute("data-state", "ended")

        page.goto(f"{tool_site.url}/history/")
        page.get_by_test_id("conversations").get_by_role("link").first.click()
        shown = tools(page)
        expect(shown).to_have_count(3)
        expect(shown.first).to_contain_text('remember {"fact": "I like <b>tea</b>."}')
        expect(shown.nth(1)).to_contain_text("Forgotten.")
        expect(shown.nth(2)).to_contain_text("The user did not allow it.")
        page.goto(f"{tool_site.url}/memory/")
        expect(page.get_by_role("main")).to_contain_text("Nothing is remembered")
