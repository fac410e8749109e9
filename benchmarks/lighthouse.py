"""What Lighthouse thinks of the chat page, on a phone and on a desktop.

    python -m benchmarks.lighthouse [--runs N] [--report FOLDER]

Starts a site of its own, fetches Lighthouse by npx, and prints the median scores and what cost
points.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.browser import PASSWORD, site
from chatbot.caller import sign_in
from script.install import chromium, install, node_wheel

LIGHTHOUSE = "lighthouse@13.5.0"
CATEGORIES = ("performance", "accessibility", "best-practices")
#: Lighthouse's own throttling of processor and network belongs to each.
FORMS: dict[str, list[str]] = {"phone": [], "desktop": ["--preset=desktop"]}
NOBODY = "ws://127.0.0.1:9/v1/realtime"


def audited(url: str, cookie: str, *options: str) -> dict[str, Any]:
    """One run's report; https://github.com/GoogleChrome/lighthouse/blob/main/types/lhr/lhr.d.ts"""
    wheel = node_wheel()
    npx = wheel / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    command = [wheel / "bin" / "node", npx, "--yes", LIGHTHOUSE, url, *options]
    command += ["--quiet", "--output=json", "--no-enable-error-reporting"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    command += [f"--extra-headers={json.dumps({'Cookie': cookie})}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    path = os.pathsep.join([str(wheel / "bin"), os.environ["PATH"]])
    env = {**os.environ, "CHROME_PATH": str(chromium()), "PATH": path}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    report: dict[str, Any] = json.loads(done.stdout)
    if report["finalDisplayedUrl"] != url:
        raise SystemExit(f"{report['finalDisplayedUrl']} was judged instead of {url}")
    return report


def points_lost(report: dict[str, Any]) -> list[str]:
    """The audits that count and are not perfect, with what they say."""
    lost = []
    for name in CATEGORIES:
        for reference in report["categories"][name]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                said = audit.get("displayValue", "")
                lost.append(f"  {name}: {audit['title']} {said} ({100 * audit['score']:.0f})")
    return lost


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lighthouse",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=3, help="for each form (%(default)s)")
    parser.add_argument("--report", type=Path, help="a folder for the last report of each form")
    options = parser.parse_args()
    install("dev")
    with site(NOBODY) as (url, _):
        cookie = sign_in(url, "admin", PASSWORD)
        for form, flags in FORMS.items():
            reports = [audited(f"{url}/", cookie, *flags) for _ in range(options.runs)]
            for name in CATEGORIES:
                scores = [100 * report["categories"][name]["score"] for report in reports]
                print(f"{form}: {name} {statistics.median(scores):.0f} (aim: 95)")
            print("\n".join(points_lost(reports[-1])))
            if options.report:
                options.report.mkdir(parents=True, exist_ok=True)
                (options.report / f"{form}.json").write_text(json.dumps(reports[-1]))


if __name__ == "__main__":
    main()
