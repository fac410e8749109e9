"""The page itself: by keyboard alone, on a phone, and in browsers that lack something."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.e2e.chat import CAPITAL, hang_up, is_in, start_call, turns, type_in, typing
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in, silence

pytestmark = pytest.mark.xdist_group("e2e")

#: Pages that anybody signed in can open; `{talk}` is one of their conversations.
PAGES = [
    "/",
    "/?conversation={talk}",
    "/history/",
    "/history/{talk}/",
    "/history/deleted/",
    "/memory/",
    "/account/data/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
    "/there-is-no-such-page/",
]
#: Pages for those who are not.
ENTRANCES = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]


def ask(page: Page, question: str = CAPITAL) -> None:
    """Type, and wait until the whole answer was heard."""
    answers = turns(page, "assistant")
    before = answers.count()
    type_in(page, question)
    expect(answers.nth(before)).to_have_attribute("data-status", "completed")
    is_in(page, "listening")


def conversation_of(page: Page) -> str:
    """The id of the conversation that the page shows."""
    found = re.search(r"conversation=([0-9a-f-]+)", page.url)
    assert found
    return found[1]


def test_by_keyboard_alone_one_types_reads_and_changes_a_setting(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        # Whatever the keyboard comes to is seen to have the focus.
        stops: list[str] = []
        while "text-input" not in stops and len(stops) < 200:
            page.keyboard.press("Tab")
            tag, stop, outline = page.evaluate(
                "(at => [at.tagName, at.id, getComputedStyle(at).outlineStyle])"
                "(document.activeElement)"
            )
            stops.append(stop)
            assert outline != "none" or tag == "BODY", (tag, stop)
        named = [stop for stop in stops if stop in ("open-settings", "start-call", "mode")]
        assert named == ["open-settings", "start-call", "mode"]

        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        expect(page.get_by_test_id("text-input")).to_be_focused()
        page.keyboard.type(CAPITAL)
        page.keyboard.press("Enter")
        answer = turns(page, "assistant").first
        expect(answer).to_have_attribute("data-status", "completed")

        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(",")
        dialog = page.get_by_test_id("settings-dialog")
        expect(dialog).to_be_visible()
        captions = page.get_by_label("Size of the captions")
        while not captions.evaluate("field => field === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        root = page.locator("html")
        expect(root).to_have_attribute("data-captions", "large")

        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()
        end = page.get_by_test_id("end-call")
        end.focus()
        page.keyboard.press("Enter")
        is_in(page, "ended")
        page.reload()
        expect(root).to_have_attribute("data-captions", "large")


def test_a_choice_for_the_assistant_is_kept_by_the_server(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        page.get_by_test_id("settings").click()
        with page.expect_response(re.compile("/preferences/")) as saved:
            page.get_by_label("Speed").select_option("1.25")
        assert saved.value.status == 204
        page.evaluate("localStorage.clear()")
        page.reload()
        page.get_by_test_id("settings").click()
        expect(page.get_by_label("Speed")).to_have_value("1.25")
        with page.expect_response(re.compile("/preferences/")) as taken_back:
            page.get_by_label("Speed").select_option("")
        assert taken_back.value.status == 204


def test_no_page_is_wider_than_a_phone(site: Site, open_browser: OpenBrowser) -> None:
    with typing(site, open_browser) as page:
        # Whatever the engine makes of such a word: it is there to be read, and does not break.
        type_in(page, "What is " + "Donaudampfschifffahrtsgesellschaft" * 4 + "?")
        expect(turns(page, "user")).to_have_count(1)
        expect(turns(page, "assistant")).to_have_count(1)
        hang_up(page)
        talk = conversation_of(page)
        for width, height in ((320, 568), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for path in PAGES:
                page.goto(site.url + path.format(talk=talk))
                check_width(page)
            page.goto(site.url)
            page.get_by_test_id("settings").click()
            expect(page.get_by_test_id("settings-dialog")).to_be_visible()
            check_width(page)
            page.get_by_test_id("close-settings").click()
            page.get_by_test_id("open-conversations").click()
            expect(page.get_by_test_id("recent").get_by_role("link").first).to_be_visible()
            check_width(page)
        page.context.clear_cookies()
        for path in ENTRANCES:
            page.goto(site.url + path)
            check_width(page)


def check_width(page: Page) -> None:
    wide = page.evaluate(
        "() => [document.documentElement.scrollWidth - innerWidth, ...document.querySelectorAll("
        "'.dialog[open], .conversation, .recent, .transcript-scroller')].map("
        "box => box instanceof Element ? box.scrollWidth - box.clientWidth : box)"
    )
    assert max(wide) <= 0, (page.url, wide)


def test_everything_comes_from_this_site(site: Site, open_browser: OpenBrowser) -> None:
    hosts = set()

    def note(request: Request) -> None:
        hosts.add(urlsplit(request.url).netloc)

    with open_browser(silence(5)) as browser:
        page = new_page(browser)
        page.on("request", note)
        page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
        sign_in(page, site)
        start_call(page)
        hang_up(page)
        page.goto(f"{site.url}/history/")
    assert hosts == {urlsplit(site.url).netloc}


#: What a browser lacks, as a script that takes it away; and what the page says at once.
LACKING = {
    "sound": (
        "delete window.AudioWorkletNode; delete AudioContext.prototype.audioWorklet",
        "This browser cannot play the voice on this page.",
    ),
    "microphone": (
        "Object.defineProperty(Navigator.prototype, 'mediaDevices', {value: undefined})",
        "This browser is too old to use the microphone here.",
    ),
    "security": (
        "Object.defineProperty(window, 'isSecureContext', {value: false})",
        "The browser gives microphone and sound only to secure pages.",
    ),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_a_browser_that_lacks_something_is_told_and_can_type(
    lacking: str, site: Site, open_browser: OpenBrowser
) -> None:
    script, sentence = LACKING[lacking]
    with open_browser(silence(5)) as browser:
        page = new_page(browser)
        page.add_init_script(script)
        sign_in(page, site)
        expect(page.get_by_test_id("error")).to_contain_text(sentence)
        ask(page)
        expect(page.locator('[data-testid="turn"]').last).to_contain_text("Paris")


#: How a browser refuses the microphone, and what the page says when a call is started.
REFUSALS = {
    "NotAllowedError": "The microphone is not allowed.",
    "NotFoundError": "No microphone was found.",
    "NotReadableError": "The microphone is used by another program.",
    "TypeError": "The microphone could not be started.",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_microphone_is_explained_and_can_be_tried_again(
    refusal: str, site: Site, open_browser: OpenBrowser
) -> None:
    refuse = (
        "navigator.mediaDevices.getUserMedia = async () => {"
        f" throw Object.assign(new Error('no'), {{name: '{refusal}'}}); }}"
    )
    with open_browser(silence(5)) as browser:
        page = new_page(browser)
        page.add_init_script(refuse)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("error")).to_contain_text(REFUSALS[refusal])
        expect(page.get_by_test_id("use-microphone")).to_be_visible()
        ask(page)
        page.evaluate("delete navigator.mediaDevices.getUserMedia")
        page.get_by_test_id("use-microphone").click()
        expect(page.get_by_test_id("mute")).to_be_visible()


def test_without_websockets_the_page_says_so_and_can_be_read(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        ask(page)
        hang_up(page)
        page.add_init_script("delete window.WebSocket")
        page.reload()
        expect(page.get_by_test_id("error")).to_contain_text("This browser cannot hold a call")
        expect(page.get_by_test_id("start-call")).to_be_disabled()
        expect(page.get_by_test_id("text-input")).to_be_disabled()
        expect(page.get_by_test_id("transcript")).to_contain_text("Paris")


def test_a_browser_too_old_for_our_scripts_is_told(site: Site, open_browser: OpenBrowser) -> None:
    with open_browser(microphone="none") as browser:
        page = new_page(browser)
        page.route(
            re.compile(r"/app\.[^/]*js$"),
            lambda route: route.fulfill(
                content_type="text/javascript", body="this is no script of today"
            ),
        )
        sign_in(page, site)
        expect(page.get_by_test_id("too-old")).to_contain_text("update your browser")


def test_the_transcript_lets_go_of_the_end_and_is_copied(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context(
            viewport={"width": 390, "height": 568}, permissions=["clipboard-read"]
        )
        page = new_page(context)
        sign_in(page, site)
        for _ in range(3):
            ask(page)
        scroller = page.locator("#transcript-scroller")
        jump = page.get_by_test_id("jump")
        expect(jump).to_be_hidden()
        scroller.evaluate("box => box.scrollTo(0, 0)")
        expect(jump).to_be_visible()
        ask(page)
        assert scroller.evaluate("box => box.scrollHeight - box.clientHeight - box.scrollTop") < 80

        scroller.evaluate("box => box.scrollTo(0, 0)")
        jump.click()
        expect(jump).to_be_hidden()
        page.get_by_test_id("copy-all").click()
        expect(page.get_by_test_id("announcer")).to_have_text("8 turns copied.")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert re.match(r"You \(.+\): What is the capital of France\?\n\nAssistant \(", copied)
        assert copied.count("Assistant (") == 4
        page.get_by_test_id("copy-turn").first.click()
        expect(page.get_by_test_id("announcer")).to_have_text("1 turn copied.")
        assert page.evaluate("navigator.clipboard.readText()") == CAPITAL


def test_conversations_are_renamed_deleted_and_had_back(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        ask(page)
        talk = page.locator(f'li[data-conversation="{conversation_of(page)}"]')
        expect(talk).to_contain_text(CAPITAL)
        talk.hover()
        talk.get_by_role("button", name="Rename").click()
        page.get_by_test_id("rename-title").fill("Capitals")
        page.get_by_test_id("rename-title").press("Enter")
        expect(talk.get_by_role("link")).to_contain_text("Capitals")
        expect(page.get_by_role("heading", level=1)).to_have_text("Capitals")

        # Deleting the one that is shown ends its call.
        talk.hover()
        talk.get_by_role("button", name="Delete").click()
        expect(talk.get_by_test_id("undo")).to_contain_text("Deleted: “Capitals”")
        expect(talk.get_by_role("link")).to_have_count(0)
        is_in(page, "idle")
        expect(page.get_by_test_id("turn")).to_have_count(0)
        talk.get_by_role("button", name="Undo").click()
        expect(talk.get_by_role("link")).to_contain_text("Capitals")
        expect(page.get_by_test_id("transcript")).to_contain_text("Paris")

        page.get_by_role("link", name="New conversation").first.click()
        talk.hover()
        talk.get_by_role("button", name="Delete").click()
        expect(talk.get_by_role("link")).to_have_count(0)
        talk.get_by_role("button", name="Undo").click()
        expect(talk.get_by_role("link")).to_contain_text("Capitals")


def test_a_double_click_deletes_one_conversation_and_each_can_be_had_back(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        for _ in range(2):
            page.goto(site.url)
            ask(page)
            hang_up(page)
        page.goto(site.url)
        items = page.get_by_test_id("recent-item")
        before = items.get_by_role("link").count()
        items.first.hover()
        items.first.get_by_role("button", name="Delete").dblclick()
        expect(items.get_by_test_id("undo")).to_have_count(1)
        items.nth(1).hover()
        items.nth(1).get_by_role("button", name="Delete").click()
        expect(items.get_by_test_id("undo")).to_have_count(2)
        for _ in range(2):
            items.get_by_role("button", name="Undo").first.click()
        expect(items.get_by_test_id("undo")).to_have_count(0)
        expect(items.get_by_role("link")).to_have_count(before)


def test_a_conversation_deleted_in_another_tab_ends_its_call_calmly(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        page = new_page(context)
        sign_in(page, site)
        ask(page)
        talk = f'li[data-conversation="{conversation_of(page)}"]'
        other = new_page(context)
        other.goto(site.url)
        expect(other.get_by_test_id("transcript")).to_contain_text("Paris")
        third = new_page(context)
        third.goto(site.url)
        third.locator(talk).hover()
        third.locator(talk).get_by_role("button", name="Delete").click()
        is_in(page, "ended")
        expect(page.get_by_test_id("error")).to_contain_text("This conversation was deleted")
        for tab in (page, other):
            expect(tab.locator(talk).get_by_test_id("undo")).to_have_count(1)
            expect(tab.get_by_test_id("turn")).to_have_count(0)


def test_the_focus_stays_at_hand(site: Site, open_browser: OpenBrowser) -> None:
    with open_browser(silence(60)) as browser:
        page = new_page(browser)
        sign_in(page, site)
        start, end, talk, message, settings = (
            page.get_by_test_id(name)
            for name in ("start-call", "end-call", "talk", "text-input", "settings")
        )

        def press(at: Locator, key: str = "Enter") -> None:
            at.focus()
            page.keyboard.press(key)

        # One key begins and ends a call; held down, it does no more than begin it.
        start.focus()
        page.keyboard.down("Enter")
        page.keyboard.down("Enter")
        page.keyboard.down("Enter")
        page.keyboard.down("Enter")
        page.keyboard.up("Enter")
        is_in(page, "listening")
        expect(end).to_be_focused()
        page.keyboard.press("Enter")
        is_in(page, "ended")
        expect(start).to_be_focused()

        # Whoever holds the space bar to talk does not hang up with it.
        press(page.get_by_test_id("mode"), "Space")
        press(start)
        is_in(page, "listening")
        expect(talk).to_be_focused()
        page.keyboard.down("Space")
        is_in(page, "hearing")
        page.keyboard.up("Space")
        is_in(page, "listening")

        # What opens over the page gives back what it took.
        for at in (settings, message):
            at.focus()
            if at is settings:
                page.keyboard.press("Enter")
            else:
                page.keyboard.press("Control+Shift+D")
                page.locator("#close-debug").focus()
            page.keyboard.press("Escape" if at is settings else "Enter")
            expect(at).to_be_focused()
        press(settings)
        page.get_by_test_id("open-shortcuts").press("Enter")
        expect(page.get_by_test_id("shortcuts")).to_be_visible()
        page.keyboard.press("Escape")
        expect(settings).to_be_focused()
        press(page.get_by_test_id("mute"), ",")
        expect(page.get_by_test_id("settings-dialog")).to_be_visible()
        page.get_by_test_id("close-settings").press("Enter")
        expect(page.get_by_test_id("mute")).to_be_focused()

        # And what is told and dismissed does not take it away.
        page.keyboard.press("Escape")
        talk.press("Enter", delay=300)
        expect(page.get_by_test_id("error")).to_contain_text("Nothing was heard")
        press(page.locator("#notice-close"))
        expect(page.get_by_test_id("error")).to_be_hidden()
        expect(message).to_be_focused()


def test_what_is_begun_without_a_network_can_be_begun_again_with_one(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(60)) as browser:
        context = browser.new_context()
        page = new_page(context)
        sign_in(page, site)
        status, error = page.get_by_test_id("status"), page.get_by_test_id("error")
        start, message = page.get_by_test_id("start-call"), page.get_by_test_id("text-input")

        def is_calm() -> None:
            is_in(page, "idle")
            expect(status).to_have_text("Ready when you are")
            expect(error).to_be_hidden()
            expect(start).to_have_text("Start call")

        context.set_offline(True)
        expect(status).to_contain_text("This device is offline.")
        context.set_offline(False)
        is_calm()

        # A call, and a message, fail at once; the message is kept where it was typed.
        context.set_offline(True)
        start.click()
        is_in(page, "error")
        expect(error).to_contain_text(
            "This device is offline. Call again when the network is back."
        )
        message.fill(CAPITAL)
        message.press("Enter")
        is_in(page, "error")
        expect(message).to_have_value(CAPITAL)
        expect(page.get_by_test_id("turn")).to_have_count(0)
        context.set_offline(False)
        is_calm()
        message.press("Enter")
        expect(turns(page, "assistant").first).to_have_attribute("data-status", "completed")
        expect(turns(page, "user")).to_have_count(1)
        hang_up(page)

        # What was opened before the network went away watches again when it is back.
        other = new_page(context)
        other.goto(page.url)
        context.set_offline(True)
        expect(other.get_by_test_id("status")).to_contain_text("This device is offline.")
        context.set_offline(False)
        start_call(page)
        expect(other.get_by_test_id("status")).to_contain_text("in another tab")


def test_a_tab_that_watches_says_how_to_go_on_there_for_as_long_as_one_can(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(120)) as browser:
        context = browser.new_context()
        first = new_page(context)
        sign_in(first, site)
        start_call(first)
        second = new_page(context)
        second.goto(site.url)

        def offers(page: Page, *, to_continue: bool) -> None:
            text = "Type here to continue the call in this tab" if to_continue else "Type a message"
            expect(page.get_by_test_id("text-input")).to_have_attribute("placeholder", text)
            expect(page.get_by_test_id("continue-here")).to_be_visible(visible=to_continue)

        offers(first, to_continue=False)
        offers(second, to_continue=True)
        expect(second.get_by_test_id("start-call")).to_be_hidden()
        first.get_by_test_id("text-input").fill("Not sent yet")
        ask(second)
        offers(second, to_continue=False)
        is_in(first, "ended")
        offers(first, to_continue=True)
        expect(first.get_by_test_id("text-input")).to_have_value("Not sent yet")
        expect(first.get_by_test_id("error")).to_contain_text("You can bring it back here.")
        hang_up(second)
        expect(first.get_by_test_id("status")).to_have_text("The call in the other tab has ended.")
        offers(first, to_continue=False)
        expect(first.get_by_test_id("error")).to_be_hidden()
        expect(first.get_by_test_id("start-call")).to_have_text("Call again")
