"""The documentation site in a browser without a network: it opens, can be searched, and every link works.

``make site`` builds it and calls this.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

SITE = Path(__file__).resolve().parents[2] / ".cache" / "docsite" / "site"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
# What Sphinx builds besides the pages that people read.
MADE = {"genindex.html", "search.html"}
WORDS = ("plan_drifted", "handover")
# Milliseconds. A busy machine gets all the time that it needs.
PATIENCE = 120_000


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_told: object) -> None:
        """Do not log requests."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The address of the site, only on this machine."""
    assert {"index.html", *MADE} <= set(PAGES), "call make site"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def wrong() -> list[str]:
    """What went wrong in pages, or was requested from elsewhere."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, home: str, wrong: list[str]) -> Iterator[Page]:
    """A page that can reach nothing but the site itself."""

    def answered(route: Route) -> None:
        if route.request.url.startswith(home):
            route.continue_()
        else:
            wrong.append(f"request: {route.request.url}")
            route.abort()

    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.route("**/*", answered)
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(f"error in {opened.url}: {error}"))
    opened.on("response", lambda told: told.ok or wrong.append(f"{told.status}: {told.url}"))
    yield opened
    context.close()


@pytest.fixture(scope="module")
def anchors(page: Page, home: str) -> dict[str, tuple[set[str], set[str]]]:
    """Every page of the site with its anchors and its links, as the browser sees them."""
    found = {}
    for name in PAGES:
        page.goto(home + name)
        names = page.eval_on_selector_all("[id], a[name]", "all => all.map(one => one.id || one.name)")
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        found[name] = set(names), {link for link in links if urlsplit(link).scheme in ("http", "https")}
    return found


def test_every_page_opens_with_a_heading_and_asks_for_nothing_from_elsewhere(
    page: Page, home: str, wrong: list[str], anchors: dict[str, tuple[set[str], set[str]]]
) -> None:
    assert len(anchors) == len(PAGES)
    page.goto(home)
    assert page.locator("h1").first.inner_text().startswith("avshift.endpoint")
    assert wrong == []


def test_every_link_inside_leads_to_a_page_and_a_place_on_it(
    home: str, anchors: dict[str, tuple[set[str], set[str]]]
) -> None:
    dead = []
    for name, (_names, links) in anchors.items():
        for link in sorted(link for link in links if link.startswith(home)):
            whole, anchor = urldefrag(link)
            path = unquote(urlsplit(whole).path).lstrip("/") or "index.html"
            is_there = path in anchors or (SITE / path).is_file()
            if not is_there or (anchor and path in anchors and unquote(anchor) not in anchors[path][0]):
                dead.append(f"{name}: {link.removeprefix(home)}")
    assert sum(len(links) for _names, links in anchors.values()) > len(PAGES)
    assert dead == []


def test_every_page_can_be_reached_from_the_first(home: str, anchors: dict[str, tuple[set[str], set[str]]]) -> None:
    reached, waiting = set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in anchors and name not in reached:
            reached.add(name)
            inside = (link.removeprefix(home) for link in anchors[name][1] if link.startswith(home))
            waiting += [urldefrag(link)[0] or "index.html" for link in inside]
    assert set(PAGES) - MADE - reached == set()


@pytest.mark.parametrize("word", WORDS)
def test_a_search_finds_pages_that_open(page: Page, home: str, word: str, wrong: list[str]) -> None:
    page.goto(f"{home}search.html?q={word}")
    first = page.locator("#search-results ul.search li a").first
    first.wait_for(state="visible")
    first.click()
    page.wait_for_load_state()
    assert not page.url.startswith(f"{home}search.html")
    assert word.lower() in page.content().lower()
    assert wrong == []
