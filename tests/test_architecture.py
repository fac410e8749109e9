"""The direction of imports, as docs/architecture.md draws it, and sizes that stay readable."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "chatbot").rglob("*.py"))


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Every module that the file names in an import, at any depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


IMPORTS = {module_of(path): imports_of(path) for path in CODE}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def users_of(package: str) -> set[str]:
    """Modules outside the package that import it."""
    return {
        module
        for module, imports in IMPORTS.items()
        if not within(module, package) and any(within(name, package) for name in imports)
    }


def members_of(package: str) -> list[str]:
    members = [module for module in IMPORTS if within(module, package)]
    assert members, f"there is no {package}"
    return members


@pytest.mark.parametrize("module", members_of("chatbot.realtime"))
def test_realtime_is_pure(module: str) -> None:
    ours = {name for name in IMPORTS[module] if within(name, "chatbot")}
    assert all(within(name, "chatbot.realtime") for name in ours)
    impure = ("asyncio", "django", "channels", "time", "socket", "random", "uuid", "threading")
    assert not [name for name in IMPORTS[module] if any(within(name, bad) for bad in impure)]


@pytest.mark.parametrize("module", members_of("chatbot.engine"))
def test_the_engine_uses_nothing_of_ours_but_realtime(module: str) -> None:
    ours = {name for name in IMPORTS[module] if within(name, "chatbot")}
    allowed = ("chatbot.engine", "chatbot.realtime")
    assert all(any(within(name, package) for package in allowed) for name in ours)
    assert not [name for name in IMPORTS[module] if within(name, "django")]


def test_the_engine_and_the_pure_core_load_without_django() -> None:
    code = (
        "import sys, chatbot.engine.__main__, chatbot.realtime.call;"
        "assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_nobody_imports_views() -> None:
    assert users_of("chatbot.views") == {"chatbot.urls"}


def test_only_the_routing_imports_consumers() -> None:
    shells = {"chatbot.gateway", "chatbot.watching"}
    assert users_of("chatbot.consumers") == {*shells, "chatbot.routing"}
    assert all(users_of(shell) == {"chatbot.routing"} for shell in shells)


def test_models_know_neither_writes_nor_pages() -> None:
    assert not [
        name
        for module in members_of("chatbot.models")
        for name in IMPORTS[module]
        if within(name, "chatbot")
        and not within(name, "chatbot.models")
        and not within(name, "chatbot.realtime")
    ]


def test_store_knows_rows_access_and_how_words_are_searched() -> None:
    allowed = ("models", "access", "store", "cost", "mcp", "search", "realtime")
    ours = {n for m in members_of("chatbot.store") for n in IMPORTS[m] if within(n, "chatbot")}
    assert all(any(within(n, f"chatbot.{a}") for a in allowed) for n in ours - {"chatbot"})


def test_tools_are_used_by_the_shells_of_a_call_and_the_form_of_a_persona() -> None:
    assert users_of("chatbot.tools") == {"chatbot.consumers", "chatbot.forms", "chatbot.relay"}
    ours = {n for m in members_of("chatbot.tools") for n in IMPORTS[m] if within(n, "chatbot")}
    allowed = ("tools", "models", "access", "store", "search", "realtime", "metrics")
    assert all(any(within(n, f"chatbot.{a}") for a in allowed) for n in ours - {"chatbot"})


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("chatbot", "project")
        for path in (ROOT / folder).rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "os.getenv"))
    ]
    # asgi.py names the settings module and the engine has no settings: it is told by flags.
    assert set(readers) <= {"project/env.py", "project/asgi.py", "chatbot/engine/__main__.py"}


def test_the_consumer_decides_nothing() -> None:
    """No event of the protocol is named in the I/O shell, but for the ends of a call."""
    source = (ROOT / "chatbot" / "consumers.py").read_text()
    assert "response." not in source
    assert "conversation.item" not in source


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    if "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= 450
