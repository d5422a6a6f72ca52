# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""junit.xml: each host is a test, so that a CI shows a fleet as it shows a test run.

A host that ought to be silent and talks is a failure, whatever its verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ...detect.silence import TALKS
from ...record.talking import SILENCE
from ...record.verdict import CLEAN, EXCEPTED, PENDING_CONSOLE, PLANNED, UNKNOWN
from ..escape import visible
from .fleet import Report

SUITE = "avshift.endpoint"
LIMIT = 2000
# What is neither clean nor a failure.
SKIPPED = {
    PLANNED: "only planned",
    EXCEPTED: "an exception lets something stay",
    PENDING_CONSOLE: "the replacement's console must be checked",
}


def text(report: Report) -> Iterator[str]:
    """Yield junit.xml. A host that is not known to be clean or not is an error, as is a damaged record."""
    totals, damaged = report.head["totals"], report.head["damaged"]
    verdicts = totals["verdicts"]
    skipped, unknown = sum(verdicts.get(word, 0) for word in SKIPPED), verdicts.get(UNKNOWN, 0)
    skipped += sum(totals["previews"].values())
    talking = [host["verdict"] for host in report.hosts() if _heard(host) and not host["preview"]]
    skipped -= sum(word in SKIPPED for word in talking)
    clean = totals["clean"] - sum(word in CLEAN for word in talking)
    counts = {
        "name": SUITE,
        "tests": totals["hosts"] + len(damaged),
        "failures": totals["hosts"] - clean - skipped - unknown,
        "errors": unknown + len(damaged),
    }
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_attributes(counts)}>\n"
    yield f"<testsuite{_attributes({**counts, 'skipped': skipped})}>\n"
    for host in report.hosts():
        if host["preview"]:
            yield _preview(host)
        else:
            yield _case(host["host"], _seconds(host), host["verdict"], host["reason"], _heard(host))
    for found in damaged:
        yield _case(found["file"], 0, UNKNOWN, f"the record could not be read: {found['problem']}")
    yield "</testsuite>\n</testsuites>\n"


def _seconds(host: dict[str, Any]) -> float:
    return float(host["actual"]["seconds"]) if host["actual"] else 0


def _heard(host: dict[str, Any]) -> str:
    return "; ".join(one["actual"] for one in host["deviations"] if one["what"] == SILENCE)


def _preview(host: dict[str, Any]) -> str:
    """Return the test of a host that is looked at and not changed: it is neither passed nor failed."""
    head = _attributes({"classname": f"{SUITE}.preview.{host['verdict']}", "name": host["host"], "time": "0.000"})
    told = f"preview: {host['verdict']}: {host['reason']}".rstrip(": ")
    return f"<testcase{head}><skipped{_attributes({'message': told})}/></testcase>\n"


def _case(name: str, seconds: float, verdict: str, reason: str, heard: str = "") -> str:
    head = f"<testcase{_attributes({'classname': f'{SUITE}.{verdict}', 'name': name, 'time': f'{seconds:.3f}'})}"
    if heard:
        told = _attributes({"type": TALKS, "message": f"{verdict}, but {TALKS}: {heard}"})
        return f"{head}><failure{told}>{escape(visible(heard, LIMIT))}</failure></testcase>\n"
    if verdict in CLEAN:
        return f"{head}/>\n"
    if verdict in SKIPPED:
        return f"{head}><skipped{_attributes({'message': SKIPPED[verdict]})}/></testcase>\n"
    kind = "error" if verdict == UNKNOWN else "failure"
    told = _attributes({"type": verdict, "message": f"{verdict}: {reason}".rstrip(": ")})
    return f"{head}><{kind}{told}>{escape(visible(reason, LIMIT))}</{kind}></testcase>\n"


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f" {name}={quoteattr(visible(value, LIMIT))}" for name, value in values.items())
