#!/usr/bin/env python
"""Measures the plan of 5,000 hosts in ten classes in headless Chromium: its size, its first screen, its filters."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

TESTS = Path(__file__).resolve().parents[1] / "tests"
HOSTS, TIMES = 5000, 5
MOST_BYTES, MOST_SECONDS = 3_000_000, 1.0
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
FILTER = """() => {
    const search = document.getElementById("search"), begun = performance.now();
    search.value = "ams";
    search.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    return performance.now() - begun;
}"""


def main() -> int:
    """Measure; 1 if a target was missed."""
    begun = time.monotonic()
    text = _page()
    made = time.monotonic() - begun
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "plan.html"
        path.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        runs = [_open(browser, path) for _run in range(TIMES)]
    size = len(text.encode("utf-8"))
    paint, ready, filtered = (statistics.median(run[name] for run in runs) for name in ("paint", "ready", "filtered"))
    print(f"{HOSTS} hosts in 10 classes: planned, composed and rendered in {made:.1f} s")
    print(f"size          {size / 1e6:.2f} MB (at most {MOST_BYTES / 1e6:.0f})")
    print(f"first screen  {paint:.2f} s (at most {MOST_SECONDS:.0f}; median of {TIMES})")
    print(f"all usable    {ready:.2f} s")
    print(f"one filter    {filtered * 1000:.0f} ms")
    return 1 if size > MOST_BYTES or paint > MOST_SECONDS else 0


def _page() -> str:
    sys.path[:0] = [str(TESTS / "browser"), str(TESTS / "unit"), str(TESTS.parent / ".cache")]
    # Only what stands above makes importable what these import.
    import fleets
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view

    return html.render(view.of(fleets.of(HOSTS, unreached=12)))


def _open(browser: Browser, path: Path) -> dict[str, Any]:
    page = browser.new_page()
    begun = time.monotonic()
    page.goto(path.as_uri(), wait_until="load")
    ready = time.monotonic() - begun
    paint = page.wait_for_function(PAINT).json_value() / 1000
    measured = {"paint": paint, "ready": ready, "filtered": page.evaluate(FILTER) / 1000}
    page.close()
    return measured


if __name__ == "__main__":
    sys.exit(main())
