"""axe-core on a page as it stands: each rule that it breaks, light and dark, small and large."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Page

from script.install import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WINDOWS = {"phone": (360, 740), "desktop": (1280, 800)}

#: Colours are judged once they have stopped changing.
SETTLED = """
() => document.getAnimations().every(
  ({ effect }) => effect.getComputedTiming().progress === null
    || effect.getComputedTiming().endTime === Infinity)
"""
RUN = "async () => (await axe.run({ resultTypes: ['violations'] })).violations"


def violations(page: Page, name: str) -> list[str]:
    """A line for each element at fault; leaves the window as large as it was."""
    size = page.viewport_size
    page.evaluate(AXE)
    found: list[str] = []
    for window, (width, height) in WINDOWS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(SETTLED)
            where = f"{name}, {scheme}, {window}"
            found += [line for rule in page.evaluate(RUN) for line in lines(where, rule)]
    if size:
        page.set_viewport_size(size)
    return found


def lines(where: str, rule: dict[str, Any]) -> list[str]:
    return [
        f"{where}: {rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for node in rule["nodes"]
    ]
