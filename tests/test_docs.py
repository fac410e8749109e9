"""The README says what is: every setting, folder and file that it or the code names."""

import re
from dataclasses import fields

import pytest

from chatbot import gateway
from chatbot.groups import AUDIT, GROUPS
from chatbot.models import AuditEntry
from chatbot.realtime import api_errors, problems
from chatbot.realtime.gateway import EXPIRED
from chatbot.rights import Right
from chatbot.store import NAMELESS
from project.env import Environment
from script.install import ROOT

README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert documented == [field.name.upper() for field in fields(Environment)]


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"(?:src|srcset)=\"([^\"]+)\"", README)) | {"LICENSE"})
)
def test_what_the_readme_shows_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_folder_of_the_readme_exists() -> None:
    table = README.partition("## Where to look")[2].partition("\n## ")[0]
    folders = re.findall(r"`([\w/]+/)`", table.replace("`var/`", "").replace("`log/`", ""))
    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
CODE = "".join(path.read_text() for path in sorted((ROOT / "chatbot").glob("**/*.py")))


def test_every_event_of_our_own_is_documented_and_nothing_else_is() -> None:
    assert set(re.findall(r"`(chat\.[a-z.]+)`", PROTOCOL)) == set(
        re.findall(r'"(chat\.[a-z.]+)"', CODE)
    ) - {"chat.html"}


def test_every_close_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d{4}) \|", PROTOCOL, re.MULTILINE)}
    codes = {value for value in vars(problems).values() if isinstance(value, int)}
    assert codes <= documented


def test_every_close_code_of_the_gateway_is_documented() -> None:
    told = (ROOT / "docs" / "gateway.md").read_text()
    documented = {int(code) for code in re.findall(r"^\| (\d{4}) \|", told, re.MULTILINE)}
    codes = {api_errors.BAD_TOKEN, gateway.BAD_REQUEST, EXPIRED, problems.UPSTREAM_UNAVAILABLE}
    codes |= {problems.WORKER_RESTARTS, problems.ENDED_BY_STAFF}
    assert codes | {problems.NOT_FOUND, problems.TAKEN_OVER, problems.LIMIT_REACHED} <= documented


def test_the_pages_event_types_are_documented() -> None:
    scripts = (ROOT / "chatbot" / "static" / "chatbot" / "js").glob("**/*.js")
    used = set(re.findall(r'"(chat\.[a-z.]+)"', "".join(path.read_text() for path in scripts)))
    assert used <= set(re.findall(r"`(chat\.[a-z.]+)`", PROTOCOL))


def test_how_long_things_are_kept_is_documented() -> None:
    told = (ROOT / "docs" / "keeping.md").read_text()
    settings = [field.name.upper() for field in fields(Environment)]
    limits = [name for name in settings if name.endswith("_KEPT_DAYS")]
    assert [name for name in [*limits, "EVENTS"] if f"`{name}" not in told] == []
    assert [word for word in (NAMELESS, "colloquy_events_dropped") if f"`{word}" not in told] == []


def test_the_guide_for_staff_has_every_right_group_and_audited_action() -> None:
    guide = (ROOT / "docs" / "review.md").read_text()
    permissions = set(re.findall(r"^\| [\w ]+ \| `(\w+)` \|", guide, re.MULTILINE))
    assert permissions == {*Right, *AUDIT}
    groups = re.findall(r"^\| (\w+ ?\w+) \| (?:see|the same)", guide, re.MULTILINE)
    assert groups == list(GROUPS)
    listed = guide.partition("| action |")[2].partition("\n\n")[0]
    cells = (line.split("|")[1] for line in listed.splitlines() if line.startswith("| `"))
    actions = [action for cell in cells for action in re.findall(r"`(\w+)`", cell)]
    assert set(actions) == set(AuditEntry.Action.values)
