"""A call outlives its worker and its network: nothing said or typed is lost, or doubled."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from playwright.sync_api import Error, Page, expect

from tests.e2e.cable import Cable, cable_to
from tests.e2e.chat import CAPITAL, LEGS, turns, type_in
from tests.e2e.conftest import ANSWER_LIMIT_MS, OpenBrowser, Site, Speak, new_page, sign_in, silence
from tests.e2e.voice import begin_to_say, give_voice, say
from tests.services import wait_until

#: Each of these waits for more than one call.
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(360)]

SETTLED = re.compile("completed|interrupted")
#: Two calls' worth of time: the one that is lost, and the one that goes on.
TWICE_MS = 2 * ANSWER_LIMIT_MS


@contextmanager
def calling(site: Site, open_browser: OpenBrowser) -> Iterator[tuple[Page, Cable]]:
    """A signed-in page that reaches the site by a cable, with a microphone of the test's own."""
    with cable_to(site.url) as cable, open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, Site(cable.url, site.password, site.process))
        yield page, cable


def is_in(page: Page, state: str | re.Pattern[str]) -> None:
    expect(page.get_by_test_id("call")).to_have_attribute("data-state", state, timeout=TWICE_MS)


def was_answered(page: Page, answers: int) -> None:
    """The assistant has finished that many answers, and words are in the last one."""
    expect(turns(page, "assistant")).to_have_count(answers, timeout=TWICE_MS)
    expect(turns(page, "assistant").last).to_have_attribute(
        "data-status", SETTLED, timeout=TWICE_MS
    )
    expect(turns(page, "assistant").last).to_contain_text(re.compile(r"\w+"))


def shown(page: Page) -> list[tuple[str | None, str | None, str]]:
    """Role, status and words of each turn on the page, in order."""
    return [
        (
            turn.get_attribute("data-role"),
            turn.get_attribute("data-status"),
            turn.locator(".turn-text").inner_text(),
        )
        for turn in page.get_by_test_id("turn").all()
    ]


def kill(worker: psutil.Process) -> None:
    """As the system does that is out of memory: without a word."""
    worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def worker_of_the_call(site: Site) -> psutil.Process:
    """The process that holds the newest call, by the call's own row."""
    (worker,) = in_database(
        site, "SELECT worker FROM chatbot_call WHERE ended_at IS NULL ORDER BY started_at DESC"
    )
    return psutil.Process(int(worker.rpartition(":")[2]))


def in_database(site: Site, query: str, *values: str) -> Any:
    """The first row that the site has for this."""
    (database,) = (site.process.log.parent / "var").glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchone()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_call_goes_on_at_another_worker_when_its_own_ends(
    site: Site, speak: Speak, open_browser: OpenBrowser, ending: signal.Signals
) -> None:
    with calling(site, open_browser) as (page, _):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        say(page, speak(CAPITAL) + silence(2))
        was_answered(page, 1)
        is_in(page, "listening")
        ended = worker_of_the_call(site)
        ended.send_signal(ending)
        wait_until(lambda: not ended.is_running() or ended.status() == psutil.STATUS_ZOMBIE)
        type_in(page, LEGS)
        was_answered(page, 2)
        expect(turns(page, "user")).to_have_count(2)
        expect(page.get_by_test_id("error")).to_be_hidden()
        assert worker_of_the_call(site).pid != ended.pid


@pytest.mark.parametrize("lost", ["worker killed", "worker restarted", "line cut"])
def test_a_question_that_is_lost_in_mid_sentence_is_answered_once(
    site: Site, speak: Speak, open_browser: OpenBrowser, lost: str
) -> None:
    with calling(site, open_browser) as (page, cable):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        begin_to_say(page, speak(CAPITAL) + silence(2))
        is_in(page, re.compile("hearing|thinking"))
        if lost == "line cut":
            cable.cut()
            is_in(page, "reconnecting")
            cable.mend()
        else:
            ending = signal.SIGKILL if lost == "worker killed" else signal.SIGTERM
            worker_of_the_call(site).send_signal(ending)
        expect(turns(page, "user").first).to_contain_text("capital of France", timeout=TWICE_MS)
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)


def test_what_is_said_while_the_line_is_down_is_answered(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        cable.cut()
        is_in(page, "reconnecting")
        expect(page.get_by_test_id("error")).to_be_hidden()
        say(page, silence(0.5) + speak(CAPITAL) + silence(1))
        is_in(page, "reconnecting")
        cable.mend()
        expect(turns(page, "user").first).to_contain_text("capital of France", timeout=TWICE_MS)
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)


def test_a_line_that_died_in_silence_is_noticed_and_what_was_said_is_answered_once(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        cable.stall()
        say(page, speak(CAPITAL) + silence(1))
        is_in(page, "reconnecting")
        cable.flow()
        expect(turns(page, "user").first).to_contain_text("capital of France", timeout=TWICE_MS)
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)


def test_what_is_said_before_the_call_is_there_is_answered(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        cable.stall()
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("mic-level")).to_be_visible()
        say(page, speak(CAPITAL) + silence(1))
        is_in(page, "connecting")
        cable.flow()
        expect(turns(page, "user").first).to_contain_text("What is the capital of France")
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)


def test_what_is_typed_while_the_line_is_down_is_sent(
    site: Site, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        type_in(page, CAPITAL)
        was_answered(page, 1)
        is_in(page, "listening")
        cable.cut()
        is_in(page, "reconnecting")
        type_in(page, LEGS)
        expect(turns(page, "user").last).to_have_attribute("data-status", "sending")
        cable.mend()
        was_answered(page, 2)
        expect(turns(page, "user")).to_have_count(2)


@pytest.mark.parametrize("lost", ["line cut", "worker killed", "worker killed in mid-sentence"])
def test_what_is_said_and_then_typed_while_the_line_is_down_is_answered_and_stored_in_that_order(
    site: Site, speak: Speak, open_browser: OpenBrowser, lost: str
) -> None:
    with calling(site, open_browser) as (page, cable):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        worker = worker_of_the_call(site)
        if lost == "worker killed in mid-sentence":
            begin_to_say(page, speak(CAPITAL))
            is_in(page, "hearing")
        cable.cut()
        is_in(page, "reconnecting")
        if lost != "line cut":
            kill(worker)
        if lost == "worker killed in mid-sentence":
            say(page, silence(4))  # for as long as the sentence takes, which began before
        else:
            say(page, silence(0.5) + speak(CAPITAL) + silence(1))
        type_in(page, LEGS)
        cable.mend()
        was_answered(page, 2)
        is_in(page, "listening")
        live = shown(page)
        assert [(role, status) for role, status, _ in live] == [
            (role, "completed") for role in ("user", "assistant", "user", "assistant")
        ]
        expect(turns(page, "user").first).to_contain_text("capital of France")
        expect(turns(page, "user").last).to_contain_text("How many legs")
        page.reload()
        expect(page.get_by_test_id("call")).to_have_attribute("data-state", "idle")
        assert shown(page) == live


def test_what_is_typed_while_the_line_is_down_is_sent_after_a_reload(
    site: Site, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        type_in(page, CAPITAL)
        was_answered(page, 1)
        is_in(page, "listening")
        address = page.url
        cable.cut()
        is_in(page, "reconnecting")
        type_in(page, LEGS)
        with contextlib.suppress(Error):  # the page cannot be fetched
            page.reload()
        page.wait_for_url(re.compile("^chrome-error:"))
        cable.mend()
        page.goto(address)
        expect(turns(page, "user").last).to_contain_text("How many legs", timeout=TWICE_MS)
        was_answered(page, 2)
        expect(turns(page, "user")).to_have_count(2)


def test_whoever_hangs_up_while_the_line_is_down_is_not_called_again(
    site: Site, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as (page, cable):
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        cable.cut()
        is_in(page, "reconnecting")
        page.get_by_test_id("end-call").click()
        is_in(page, "ended")
        cable.mend()
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
