"""Takes docs/plan-*.png, the README's pictures of a plan of 5,000 hosts: light, dark, and on a phone."""

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


def main() -> int:
    """Take the pictures; return an exit code."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "plan.html"
        path.write_text(_page(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, screen in SCREENS.items():
            page = browser.new_page(**screen)
            page.goto(path.as_uri())
            page.screenshot(path=HERE / f"plan-{name}.png")
    return 0


def _page() -> str:
    sys.path[:0] = [str(TESTS / "browser"), str(TESTS / "unit"), str(TESTS.parent / ".cache")]
    # Only what stands above makes importable what these import.
    import fleets
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view

    return html.render(view.of(fleets.of(HOSTS, unreached=12, cases=SHOWN)))


# Hosts as a fleet has them, and not those that show what else there can be.
SHOWN = ("full", "agent", "leftovers", "clean", "tied-in", "packages-not-to-be-had", "packet-marks")


if __name__ == "__main__":
    sys.exit(main())
