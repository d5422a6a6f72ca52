"""A headless Chromium in which nothing may go wrong and nothing may be loaded from elsewhere."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

UNIT = Path(__file__).resolve().parents[1] / "unit"
# Ubuntu has no package of Chromium, but its runners have the browser that is made of it.
KNOWN = [Path("/usr/bin/chromium"), Path("/usr/bin/google-chrome")]
CHROMIUM = next((path for path in KNOWN if path.exists()), KNOWN[0])


def _share_with_unit_tests() -> None:
    """Let these tests make plans from the same cases, and import the repository as a collection."""
    sys.path.insert(0, str(UNIT))
    spec = importlib.util.spec_from_file_location("unit_conftest", UNIT / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


_share_with_unit_tests()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; its sandbox does not work for root."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[object]:
    """Open texts as pages; anything that goes wrong in one of them fails the test at its end."""
    # What this imports can only be imported after the code above has run.
    from pages import Opener

    opener = Opener(browser, tmp_path)
    yield opener
    opener.close()
    assert opener.wrong == []
