"""Five thousand hosts in ten classes: the file stays small, and the first screen does not wait for the hosts."""

from __future__ import annotations

import fleets
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, view
from pages import Opener

MOST_BYTES, TIMES = 3_000_000, 2
# make bench-plan measures seconds; here only their ratio counts, and this machine may be busy.
MOST_TIMES = 6
# A promise instead of wait_for_function: that compiles text in the page again, which its policy forbids.
PAINT = """() => new Promise(done => new PerformanceObserver(seen => seen.getEntries().forEach(
  entry => entry.name === "first-contentful-paint" && done(entry.startTime)
)).observe({type: "paint", buffered: true}))"""


def _paint(opened: Opener, text: str) -> float:
    return float(min(opened(text).evaluate(PAINT) for _time in range(TIMES)))


def test_the_first_screen_of_5000_hosts_is_there_like_that_of_50(opened: Opener) -> None:
    large, small = (html.render(view.of(fleets.of(hosts))) for hosts in (5000, 50))
    assert large.count('<tr id="host=') == 5000
    assert len(large.encode("utf-8")) < MOST_BYTES
    assert _paint(opened, large) < MOST_TIMES * _paint(opened, small)
