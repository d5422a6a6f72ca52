"""Pages that are open in a browser, and everything that goes wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

PHONE = {"viewport": {"width": 390, "height": 844}}


class Opener:
    """Opens texts as pages. ``wrong`` is what they wrote to the console, asked for, or loaded from elsewhere."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.wrong: list[str] = []
        self._browser, self._folder = browser, folder
        self._contexts: list[BrowserContext] = []

    def __call__(self, text: str, fragment: str = "", **options: Any) -> Page:
        """Return a page with that text; ``options`` are those of a browser's context."""
        path = self._folder / f"page-{len(self._contexts)}.html"
        path.write_text(text, encoding="utf-8")
        self._contexts.append(self._browser.new_context(**options))
        page = self._contexts[-1].new_page()
        page.on("console", lambda message: self.wrong.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self._requested(request, path.as_uri()))
        page.goto(path.as_uri() + fragment)
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()

    def _dismiss(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request, own: str) -> None:
        if request.url.partition("#")[0] != own:
            self.wrong.append(f"request: {request.url}")


def shown(page: Page) -> list[str]:
    """Return the names of the hosts that a page shows."""
    names: list[str] = page.eval_on_selector_all(
        "#host-table tbody tr",
        "rows => rows.filter(row => row.checkVisibility()).map(row => row.cells[0].textContent.trim())",
    )
    return names


def tab_to(page: Page, selector: str, most: int = 400) -> None:
    """Press the Tab key until an element has the focus; fail if it never does."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by the keyboard")
