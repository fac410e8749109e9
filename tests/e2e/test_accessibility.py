"""axe-core finds nothing to object to on any page, in light and dark, on phone and desktop; a call
is told in few words, and its keys stay in their places."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import Queue

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.calling import call_tools, take_output
from tests.e2e.cable import cable_to
from tests.e2e.chat import hang_up, is_in
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in, silence
from tests.e2e.test_tools import running, say, take_typed
from tests.scripted import Session, tone
from tests.services import free_port, wait_until
from tests.test_scripts_server import serving

pytestmark = pytest.mark.xdist_group("e2e")

FACT = {"fact": "I like tea."}
CAPTION = {
    "type": "response.output_audio_transcript.delta",
    "response_id": "r3",
    "item_id": "a3",
    "output_index": 0,
    "content_index": 0,
}
PASSWORD = "a-long-way-to-tipperary"


class Stage(Site):
    """A site whose voice service goes on when the test says so."""

    cues: Queue[None]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    cues: Queue[None] = Queue()

    async def cue() -> None:
        await asyncio.to_thread(cues.get, timeout=100)

    async def script(session: Session) -> None:
        """Remembers, asks to forget, and gives an answer of a minute."""
        await session.open()
        previous = await take_typed(session, None)
        await cue()
        await call_tools(session, {"c1": ("remember", FACT)}, previous, "r1")
        previous = (await take_output(session, "item_c1"))["id"]
        await session.expect("response.create")
        await call_tools(session, {"c2": ("forget", FACT)}, previous, "r2")
        previous = (await take_output(session, "item_c2"))["id"]
        await session.expect("response.create")
        await cue()
        await session.begin_answer("Once upon a time", "a3", previous, "r3")
        for _ in range(60):
            await session.sound(tone(1000), "a3", "r3")
            await session.emit({**CAPTION, "delta": " and on"})
        await cue()
        await session.expect("response.cancel", "conversation.item.truncate")
        await session.end_answer("Once upon a time", "a3", previous, "r3", status="cancelled")
        await session.hold()

    port, var = free_port(), tmp_path_factory.mktemp("stage") / "var"
    with ExitStack() as stack:
        url = stack.enter_context(running(script))
        words = ("--port", str(port))
        process = stack.enter_context(serving(var, *words, env={"REALTIME_URL": url}))
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        staged = Stage(f"http://127.0.0.1:{port}", password[1], process)
        staged.cues = cues
        yield staged


@pytest.fixture
def page(stage: Stage, open_browser: OpenBrowser) -> Iterator[Page]:
    with open_browser(silence(60)) as browser:
        yield new_page(browser)


Check = Callable[[str], None]


@pytest.fixture
def check(page: Page) -> Iterator[Check]:
    """Judges the page as it stands; the test fails at its end, with all that was found."""
    found: list[str] = []
    yield lambda name: found.extend(violations(page, name))
    assert not found, "\n".join(sorted(set(found)))


def emailed(stage: Stage, pattern: str) -> str:
    """The address in the e-mail that a worker has written to its log."""
    logs = list((stage.process.log.parent / "var" / "log").glob("worker-*.log"))

    def found() -> list[str]:
        return re.findall(pattern, "".join(log.read_text() for log in logs))

    wait_until(found)
    return found()[-1]


def test_pages_of_guests(stage: Stage, page: Page, check: Check) -> None:
    for path in ("login/", "signup/", "password/reset/", "password/reset/key/1-gone/"):
        page.goto(f"{stage.url}/accounts/{path}")
        check(path)
    page.goto(f"{stage.url}/accounts/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
    check("sign-in refused")


def test_pages_on_the_way_to_a_new_password(stage: Stage, page: Page, check: Check) -> None:
    page.goto(f"{stage.url}/accounts/signup/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(f"{stage.url}/")
    for path in ("email/", "password/change/", "logout/"):
        page.goto(f"{stage.url}/accounts/{path}")
        check(path)
    page.goto(emailed(stage, r"http\S+/accounts/confirm-email/\S+"))
    check("confirm e-mail")
    page.context.clear_cookies()
    page.goto(f"{stage.url}/accounts/password/reset/")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_role("button", name="Send the link").click()
    page.wait_for_url(re.compile("password/reset/done/"))
    check("password reset sent")
    page.goto(emailed(stage, r"http\S+/accounts/password/reset/key/\S+"))
    check("new password")
    page.get_by_label("New Password", exact=True).fill(f"{PASSWORD}-2")
    page.get_by_label("New Password (again)").fill(f"{PASSWORD}-2")
    page.get_by_role("button", name="Change password").click()
    page.wait_for_url(re.compile("reset/key/done/"))
    check("password changed")


@pytest.mark.parametrize(
    "template",
    ["400.html", "403.html", "403_csrf.html", "404.html", "500.html", "account/signup_closed.html"],
)
def test_pages_that_say_no(stage: Stage, page: Page, check: Check, template: str) -> None:
    page.route("**/broken/", lambda route: route.fulfill(body=render_to_string(template)))
    page.goto(f"{stage.url}/broken/")
    check(template)


@pytest.mark.timeout(300)
def test_a_call_and_what_is_left_of_it(stage: Stage, page: Page, check: Check) -> None:
    call = page.get_by_test_id("call")
    sign_in(page, stage)
    check("chat, empty")
    page.goto(f"{stage.url}/history/")
    check("history, empty")
    page.goto(f"{stage.url}/memory/")
    check("memory, empty")
    page.goto(stage.url)

    page.get_by_test_id("start-call").click()
    expect(call).to_have_attribute("data-state", "listening")
    check("chat, listening")
    say(page, "Remember that I like tea, then forget it.")
    expect(call).to_have_attribute("data-state", "thinking")
    check("chat, thinking")
    stage.cues.put(None)
    refuse = page.get_by_role("button", name="Don't allow")
    expect(refuse).to_be_visible()
    check("chat, asked for permission")
    stage.cues.put(None)
    refuse.click()
    expect(call).to_have_attribute("data-state", "speaking")
    check("chat, speaking")
    expect(call).to_have_attribute("data-state", "speaking")
    stage.cues.put(None)
    page.get_by_test_id("interrupt").click()
    expect(call).to_have_attribute("data-state", "listening")
    check("chat, interrupted")
    page.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute")).to_have_attribute("aria-pressed", "true")
    check("chat, muted")
    page.get_by_test_id("mode").click()
    expect(page.get_by_test_id("talk")).to_be_visible()
    check("chat, push-to-talk")
    page.keyboard.press("Control+Shift+D")
    expect(page.get_by_test_id("debug")).to_be_visible()
    check("chat, details")
    page.keyboard.press("Control+Shift+D")
    page.get_by_test_id("end-call").click()
    expect(call).to_have_attribute("data-state", "ended")
    check("chat, ended")

    page.goto(f"{stage.url}/history/")
    check("history")
    page.get_by_test_id("conversations").get_by_role("link").first.click()
    expect(page.get_by_test_id("turn").first).to_be_visible()
    check("conversation")
    page.goto(f"{stage.url}/memory/")
    expect(page.get_by_role("main")).to_contain_text("I like tea.")
    check("memory")
    page.goto(stage.url)
    page.context.clear_cookies()
    page.get_by_test_id("start-call").click()
    expect(page.get_by_test_id("error")).to_be_visible()
    check("chat, refused")
    judge_what_opens_over_the_chat(stage, page, check)


def judge_what_opens_over_the_chat(stage: Stage, page: Page, check: Check) -> None:
    """With a conversation to rename and delete."""
    sign_in(page, stage)
    for test_id, name in {"settings": "settings-dialog", "open-shortcuts": "shortcuts"}.items():
        page.get_by_test_id(test_id).click()
        expect(page.get_by_test_id(name)).to_be_visible()
        check(name)
    page.goto(stage.url)
    page.locator(".menu summary").click()
    check("account menu")
    page.goto(stage.url)
    item = page.get_by_test_id("recent-item").first
    item.hover()
    item.get_by_role("button", name="Rename").click()
    expect(page.get_by_test_id("rename-title")).to_be_visible()
    check("renaming")
    page.goto(stage.url)
    item.hover()
    item.get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("undo")).to_be_visible()
    check("a conversation deleted")

    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_test_id("open-conversations").click()
    expect(page.get_by_test_id("undo")).to_be_visible()
    check("conversations, over a phone's page")
    # The check ends on a desktop, where the list stands beside the call.
    expect(page.locator("#recent:popover-open")).to_have_count(0)


#: Notes what each live region says, whenever there is something new in it.
LISTEN = """
window.told = [];
const before = new Map();
new MutationObserver((changes) => {
  for (const region of document.querySelectorAll("[aria-live], [role=alert], [role=status]")) {
    const words = region.checkVisibility() ? region.innerText.trim().split("\\n")[0] : "";
    const isFilled = changes.some(
      ({ type, target }) => type !== "attributes" && region.contains(target),
    );
    if (words && (isFilled || words !== before.get(region))) window.told.push(words);
    before.set(region, words);
  }
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


def test_a_turn_is_told_in_few_words_and_waits_for_a_yes_or_no(stage: Stage, page: Page) -> None:
    page.add_init_script(LISTEN)
    sign_in(page, stage)
    status = page.get_by_test_id("status")
    for answer in ("Allow", "Don't allow"):
        page.goto(stage.url)
        page.get_by_test_id("start-call").click()
        expect(status).to_have_text("Listening")
        say(page, "Remember that I like tea, then forget it.")
        expect(status).to_have_text("Thinking…")
        stage.cues.put(None)
        expect(status).to_have_text("Waiting for your permission")
        page.get_by_role("button", name=answer, exact=True).click()
        expect(status).to_have_text("Thinking…")
        expect(page.get_by_test_id("turn")).to_have_count(3)
        expect(page.get_by_test_id("turn").last).not_to_have_attribute("data-status", "in_progress")
        expect(status).to_have_text("Thinking…")
        stage.cues.put(None)
        expect(status).to_have_text("Speaking")
        expect(page.get_by_test_id("transcript")).to_contain_text("and on and on")
        stage.cues.put(None)
        page.get_by_test_id("interrupt").click()
        expect(status).to_have_text("Listening")
        hang_up(page)
        told = page.evaluate("window.told")
        assert told == ["Connecting…", "Listening", "Forget a fact?", "The call has ended"]


#: Where things are on the page, in pixels; null for what is not shown.
BOXES = """
(selectors) => selectors.map((selector) => {
  const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
  return width ? [x, y, width, height].map(Math.round) : null;
})
"""
KEYS = ["#mute", "#mode", "#interrupt", "#end-call", "#composer"]
WINDOWS = [(1280, 800), (390, 844)]


def test_the_keys_of_a_call_stay_in_their_places(stage: Stage, open_browser: OpenBrowser) -> None:
    with cable_to(stage.url) as cable, open_browser(silence(60)) as browser:
        page = new_page(browser)
        sign_in(page, Site(cable.url, stage.password, stage.process))

        def boxes(*selectors: str) -> list[list[list[int] | None]]:
            found = []
            for width, height in WINDOWS:
                page.set_viewport_size({"width": width, "height": height})
                found.append(page.evaluate(BOXES, selectors))
            return found

        cable.stall()
        page.get_by_test_id("start-call").click()
        is_in(page, "connecting")
        keys = boxes(*KEYS)
        assert None not in keys[0] + keys[1]
        cable.flow()
        is_in(page, "listening")
        assert boxes(*KEYS) == keys

        # The first word moves all of it below the captions; from there on nothing moves.
        say(page, "Remember that I like tea, then forget it.")
        is_in(page, "thinking")
        keys = boxes(*KEYS)
        stage.cues.put(None)
        refuse = page.get_by_role("button", name="Don't allow")
        expect(refuse).to_be_visible()
        assert boxes(*KEYS) == keys
        refuse.click()
        stage.cues.put(None)
        is_in(page, "speaking")
        assert boxes(*KEYS) == keys
        stage.cues.put(None)
        page.get_by_test_id("interrupt").click()
        is_in(page, "listening")
        assert boxes(*KEYS) == keys
        page.get_by_test_id("mode").click()
        page.keyboard.down("Space")
        is_in(page, "hearing")
        assert boxes(*KEYS) == keys
        page.keyboard.up("Space")
        page.get_by_test_id("mode").click()
        cable.cut()
        is_in(page, "reconnecting")
        assert boxes(*KEYS) == keys
        cable.mend()
        is_in(page, "listening")
        assert boxes(*KEYS) == keys
        hang_up(page)
