"""Takes docs/plan-*.png and docs/report-*.png: a plan of 5,000 hosts, a report of eleven; light, dark, on a phone."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
HOSTS = 5000
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 860}},
}
# Which screens each document is shown on.
PICTURES = {"plan": tuple(SCREENS), "report": ("light", "dark")}


def main() -> int:
    """Take the pictures; return an exit code."""
    sys.path[:0] = [str(TESTS / "browser"), str(TESTS / "unit"), str(TESTS.parent / ".cache")]
    pages = {"plan": _plan, "report": _report}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for document, screens in PICTURES.items():
            path = Path(folder) / f"{document}.html"
            path.write_text(pages[document](), encoding="utf-8")
            for name in screens:
                page = browser.new_page(**SCREENS[name])
                page.goto(path.as_uri())
                page.screenshot(path=HERE / f"{document}-{name}.png")
    return 0


# Only what main puts on the path makes importable what these import.
def _plan() -> str:
    import fleets
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view

    return html.render(view.of(fleets.of(HOSTS, unreached=12, cases=SHOWN)))


def _report() -> str:
    import told
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import html

    return "".join(html.text(told.report()))


# Hosts as a fleet has them, and not those that show what else there can be.
SHOWN = ("full", "agent", "leftovers", "clean", "tied-in", "packages-not-to-be-had", "packet-marks")


if __name__ == "__main__":
    sys.exit(main())
