"""Names and files of an endpoint may contain anything: in a browser, too, they are text and nothing else."""

from __future__ import annotations

import csv
import io
import unicodedata

import fleets
import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import plan
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.escape import FORMULA
from pages import Opener, shown
from playwright.sync_api import Browser

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\"><svg onload=alert(1)>' onfocus=alert(2) autofocus '",
    "</script></style></title></pre></details><h1>Approved</h1>",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "line\nline\r\n\u2028line",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "\udcff\udc80\x00",
    "&lt;b&gt; &#60; &amp;quot;",
    '=cmd|"/c calc"!A1,@SUM(1+1)',
    "x" * 10_000,
]
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# A line of a diff is an element, and a text may have several lines.
ELEMENTS = """() => [...document.querySelectorAll("*")]
    .filter(one => !one.closest("pre.diff") || one.matches("pre.diff"))
    .map(one => one.tagName + ":" + one.getAttributeNames().join())"""


@pytest.fixture(scope="module")
def harmless(browser: Browser) -> list[str]:
    """The elements of the same fleet's page with harmless texts instead of hostile ones."""
    page = browser.new_page()
    page.set_content(plan.files(fleets.poisoned("!"))["plan.html"])
    elements: list[str] = page.evaluate(ELEMENTS)
    page.close()
    return elements


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text_in_every_format(opened: Opener, harmless: list[str], poison: str) -> None:
    made = plan.files(fleets.poisoned(poison))
    page = opened(made["plan.html"])
    assert page.evaluate(ELEMENTS) == harmless
    text = page.evaluate("document.body.textContent")
    assert {char for char in text if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}
    page.locator("#search").fill("host")
    assert len(shown(page)) == 1
    rows = list(csv.reader(io.StringIO(made["plan.csv"])))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == 3
    assert [cell for row in rows for cell in row if cell.startswith((*FORMULA, "\t"))] == []
    assert set(yaml.safe_load(made["servicenow.yml"])["change_request"]) == {
        "type", "category", "short_description", "description", "attachments", "other", "number"
    }  # fmt: skip


def test_a_hostile_name_is_a_link_too(opened: Opener) -> None:
    made = plan.files(fleets.poisoned('"><script>alert(1)</script>'))["plan.html"]
    page = opened(made, "#host=host%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E")
    assert page.locator("tr.found").count() == 1
