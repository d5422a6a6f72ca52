"""The report in a browser: the layout of the plan, with predicted beside actual."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import html
from axe_playwright_python.sync_playwright import Axe
from pages import PHONE, Opener, shown
from told import report

REPORT = report()
TEXT = "".join(html.text(REPORT))
NAMES = sorted(host["host"] for host in REPORT.hosts())


@pytest.mark.parametrize("screen", [{}, {**PHONE, "color_scheme": "dark"}], ids=["light", "dark phone"])
def test_it_opens_by_itself_fits_the_screen_and_is_accessible(opened: Opener, screen: dict[str, Any]) -> None:
    page = opened(TEXT, **screen)
    assert page.locator("h1").inner_text() == "6 of 11 hosts are clean of Kaspersky"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["impact"], rule["nodes"][0]["html"][:200]) for rule in found] == []


def test_predicted_stands_beside_actual(opened: Opener) -> None:
    page = opened(TEXT)
    cells = page.locator("tr", has_text="cdg-web-02").last.locator("td").all_inner_texts()
    assert cells[1:3] == ["rolled_back", "removed_verified"]
    assert "handover_failed" in cells[-1]
    assert page.locator("tr", has_text="ber-db-01").last.locator("td").all_inner_texts()[3:6] == [
        "0.173 s", "2 files, predicted 8", "yes"
    ]  # fmt: skip
    assert "predicted 8 files, was 2 files" in page.locator("#attention").inner_text()
    assert page.locator("#damaged").inner_text().startswith("1 record could not be read")


def test_hosts_are_found_and_every_one_is_printed(opened: Opener) -> None:
    page = opened(TEXT)
    page.locator("select[data-key=deviates]").select_option("yes")
    assert sorted(shown(page)) == sorted(host["host"] for host in REPORT.hosts() if host["deviations"])
    page.locator("select[data-key=verdict]").select_option("refused")
    assert shown(page) == ["ber-db-02"]
    page.emulate_media(media="print")
    assert sorted(shown(page)) == NAMES
    page = opened(TEXT, java_script_enabled=False)
    assert sorted(page.locator("#host-table tbody th").all_inner_texts()) == NAMES


@pytest.mark.parametrize("poison", ["<script>alert(1)</script>", "\u202e\x1b[2J\n", '"><img src=x onerror=alert(1)>'])
def test_hostile_text_is_text(opened: Opener, poison: str) -> None:
    elements = "() => [...document.querySelectorAll('*')].map(one => one.tagName + one.getAttributeNames().join())"
    hostile, harmless = (opened("".join(html.text(report(text)))) for text in (poison, "!"))
    assert hostile.evaluate(elements) == harmless.evaluate(elements)
