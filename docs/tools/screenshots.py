"""Takes the pictures of the docs, light and dark: plan, report, classes of both platforms, a rollout in a terminal."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import terminal
from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).resolve().parents[1]
TESTS = DOCS.parent / "tests"
HOSTS = 5000
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 860}},
}
# Which screens each document is shown on, and the part of it that is shown where it is not the first screen.
BOTH = ("light", "dark")
PICTURES = {"plan": tuple(SCREENS), "report": BOTH, "classes": BOTH, "rollout": BOTH}
PARTS = {"classes": "#classes", "rollout": "main"}


def main() -> int:
    """Take the pictures; return an exit code."""
    sys.path[:0] = [str(TESTS / "browser"), str(TESTS / "unit"), str(TESTS.parent / ".cache")]
    pages = {"plan": _plan, "report": _report, "classes": _mixed, "rollout": _rollout}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for document, screens in PICTURES.items():
            path = Path(folder) / f"{document}.html"
            path.write_text(pages[document](), encoding="utf-8")
            for name in screens:
                page = browser.new_page(**SCREENS[name])
                page.goto(path.as_uri())
                _take(page, document, DOCS / "pictures" / f"{document}-{name}.png")
    return 0


def _take(page: Page, document: str, path: Path) -> None:
    """Take the first screen, the screen that begins with a part, or a part alone."""
    if document not in PARTS:
        page.screenshot(path=path)
    elif document == "classes":
        # It ends where the details of the first forecast begin.
        page.set_viewport_size({"width": 1280, "height": 768})
        page.locator(PARTS[document]).evaluate("part => part.scrollIntoView()")
        page.screenshot(path=path)
    else:
        page.locator(PARTS[document]).screenshot(path=path)


# Only what main puts on the path makes importable what these import.
def _plan() -> str:
    import fleets
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view

    return html.render(view.of(fleets.of(HOSTS, unreached=12, cases=SHOWN)))


def _report() -> str:
    import told
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import html

    return "".join(html.text(told.report()))


def _mixed() -> str:
    import fleets
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view

    return html.render(view.of(fleets.of(24, cases=SHOWN_MIXED, windows=SHOWN_WINDOWS)))


def _rollout() -> str:
    return terminal.page((DOCS / "examples" / "rollout.ansi").read_text(encoding="utf-8"))


# Hosts as a fleet has them, and not those that show what else there can be.
SHOWN = ("full", "agent", "leftovers", "clean", "tied-in", "packages-not-to-be-had", "packet-marks")
SHOWN_MIXED = ("full", "agent", "clean")
SHOWN_WINDOWS = {"client": 4, "server": 2, "password-and-sessions": 1}


if __name__ == "__main__":
    sys.exit(main())
