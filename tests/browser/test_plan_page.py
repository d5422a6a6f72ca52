"""A board's plan in a browser: one file opens by itself, can be searched by keyboard, read by everyone, and printed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import fleets
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import plan
from axe_playwright_python.sync_playwright import Axe
from pages import PHONE, Opener, shown, tab_to
from playwright.sync_api import expect

HOSTS = 240
DOCUMENT = fleets.of(HOSTS, unreached=3)
TEXT = plan.files(DOCUMENT)["plan.html"]
NAMES = sorted(DOCUMENT["hosts"])
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
}


def _of_class(number: int) -> list[str]:
    sizes: dict[str, list[str]] = {}
    for host, entry in DOCUMENT["hosts"].items():
        sizes.setdefault(entry["digest"], []).append(host)
    ordered = sorted(sizes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return sorted(ordered[number - 1][1])


@pytest.mark.parametrize("screen", SCREENS)
def test_it_opens_by_itself_and_fits_the_screen(opened: Opener, screen: str) -> None:
    page = opened(TEXT, **SCREENS[screen])
    assert page.locator("h1").inner_text() == f"Take a fleet of {HOSTS + 3} hosts off Kaspersky"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".facts").scroll_into_view_if_needed()
    assert page.locator(".facts dt").all_inner_texts() == [
        "Currently refused", "Longest unprotected window", "Reboots", "Not known", "Archived data"
    ]  # fmt: skip


@pytest.mark.parametrize("screen", [SCREENS["light"], {**SCREENS["dark"], **PHONE}], ids=["light", "dark phone"])
def test_it_is_accessible(opened: Opener, screen: dict[str, Any]) -> None:
    some = fleets.of(20, unreached=2, cases=("full", "refused-for-many-reasons"))
    page = opened(plan.files(some)["plan.html"], **screen)
    page.evaluate("document.querySelectorAll('details.class, .cards details').forEach(part => { part.open = true })")
    page.evaluate("document.querySelectorAll('.steps li:nth-child(4) details').forEach(part => { part.open = true })")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["impact"], rule["nodes"][0]["html"][:200]) for rule in found] == []


def test_hosts_are_searched_and_filtered_by_keyboard_alone(opened: Opener) -> None:
    page = opened(TEXT)
    assert len(shown(page)) == 100
    tab_to(page, "#search")
    page.keyboard.type("AMS- klnagent")
    found = shown(page)
    assert found
    assert all(name.startswith("ams-") for name in found)
    assert len(found) < len([name for name in NAMES if name.startswith("ams-")])
    assert page.locator("#count").inner_text().startswith(f"{len(found)} of {HOSTS} hosts")
    tab_to(page, "button[type=reset]")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text(re.compile(f"^{HOSTS} hosts"))
    for key, number in (("class", 2), ("ring", 1)):
        page.keyboard.press("Shift+Tab")
        while not page.evaluate("key => document.activeElement.dataset.key === key", key):
            page.keyboard.press("Shift+Tab")
        page.keyboard.type(str(number))
        if key == "class":
            assert sorted(shown(page)) == _of_class(2)
            tab_to(page, "button[type=reset]")
            page.keyboard.press("Enter")
            expect(page.locator("select[data-key=class]")).to_have_value("")
    assert sorted(shown(page)) == sorted(host for host, entry in DOCUMENT["hosts"].items() if entry["ring"] == 1)


FILTERED = {
    "verdict": ("refused", lambda plan: plan["blocked"]),
    "product": ("klnagent", lambda plan: "klnagent" in [found["id"] for found in plan["findings"]]),
    "version": ("15.1.0-20748", lambda plan: "15.1.0-20748" in [found["version"] for found in plan["findings"]]),
    "check": ("reboot_pending", lambda plan: "reboot_pending" in [check["id"] for check in plan["preflight"]]),
}


@pytest.mark.parametrize("key", FILTERED)
def test_every_filter_finds_what_the_plans_say(opened: Opener, key: str) -> None:
    value, fits = FILTERED[key]
    page = opened(TEXT)
    page.locator(f"select[data-key={key}]").select_option(value)
    while page.locator("#more").is_visible():
        page.locator("#more").click()
    plans = {host: fleets.document.plan_of(DOCUMENT, host) for host in NAMES}
    expected = [host for host, made in plans.items() if made and fits(made)]
    assert expected
    assert sorted(shown(page)) == expected


def test_more_hosts_are_shown_on_demand_and_the_focus_goes_on(opened: Opener) -> None:
    page = opened(TEXT)
    page.locator("#more").press("Enter")
    assert len(shown(page)) == 200
    assert page.evaluate("document.activeElement.cells[0].textContent.trim()") == shown(page)[100]
    page.locator("#more").press("Enter")
    assert sorted(shown(page)) == NAMES
    assert page.locator("#more").is_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_a_link_to_a_host_leads_to_it(opened: Opener, script: bool) -> None:
    page = opened(TEXT)
    last = page.locator("#host-table tbody tr").last.locator("th").inner_text()
    page = opened(TEXT, f"#host={quote(last, safe='')}", java_script_enabled=script)
    row = page.locator("tr", has_text=last)
    box, height = row.bounding_box(), page.viewport_size["height"] if page.viewport_size else 0
    assert box is not None
    assert 0 <= round(box["y"]) < height, "a page scrolls by whole pixels, a row's place has fractions"
    page = opened(TEXT)
    page.locator("#search").fill("nothing has this name")
    assert shown(page) == []
    page.evaluate("name => { location.hash = `#host=${name}` }", last)
    page.wait_for_selector("tr.found")
    assert page.evaluate("document.activeElement.cells[0].textContent.trim()") == last


def test_without_a_script_every_host_is_there_and_no_control_that_does_nothing(opened: Opener) -> None:
    page = opened(TEXT, java_script_enabled=False)
    assert sorted(page.locator("#host-table tbody th").all_inner_texts()) == NAMES
    assert page.locator("#search").is_hidden()
    assert page.locator("#more").is_hidden()


def test_the_print_view_has_every_host_and_every_step(opened: Opener) -> None:
    page = opened(TEXT)
    page.locator("#search").fill("ams")
    page.emulate_media(media="print")
    assert sorted(shown(page)) == NAMES
    assert page.locator("#search").is_hidden()
    hidden = "parts => parts.filter(part => !part.checkVisibility({contentVisibilityAuto: true})).length"
    assert page.eval_on_selector_all("pre.diff", hidden) == 0
    assert page.locator("pre.diff").count() > 100
    assert len(re.findall(rb"/Type /Page\b", page.pdf())) > 10


def test_the_policy_of_the_page_keeps_other_scripts_out(opened: Opener) -> None:
    """It is the second line of defence if escaping ever has a hole."""
    page = opened(TEXT.replace("</main>", '<img src=x onerror="window.ran = 1"><script>window.ran = 1</script></main>'))
    assert page.evaluate("window.ran") is None
    refused = [found for found in opened.wrong if found.startswith("console: error:")]
    assert len([found for found in refused if "Content Security Policy" in found]) == 3
    opened.wrong.clear()
