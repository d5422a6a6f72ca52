# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a fleet as one HTML file."""

from __future__ import annotations

from typing import Any

from ...plan.model import PARTS
from .. import page, words
from . import apart, change_form, prose, rings
from .changes import diff
from .forecasts import FORECAST, limits
from .view import CHANGE, NOTHING, REFUSED, Group, View

SHARES = (
    (CHANGE, "change"),
    (REFUSED, "refused"),
    (NOTHING, "nothing"),
    (FORECAST, "forecast"),
    ("not planned", "unknown"),
)
BAR = 1000
MOST_REASONS = 2


def render(view: View) -> str:
    """Return plan.html."""
    return page.render(
        "plan.html.j2",
        view=view,
        document=view.document,
        prose=prose,
        words=words,
        forecast_limits=limits(view.forecasts),
        apart=apart,
        parts=PARTS,
        diff=diff,
        facts=facts(view),
        shares=shares(view),
        form=change_form.answers(view),
        rings=rings,
        filters=filters(view),
        data=[_searched(group) for group in view.groups],
    )


def facts(view: View) -> list[tuple[str, str, str]]:
    """Return what the first screen says in figures: (what, in short, in a sentence)."""
    why = [f"{hosts:,}: {check['title']}." for check, hosts in view.refusals().values()]
    more = [f"And {len(why) - MOST_REASONS} more reasons."] if len(why) > MOST_REASONS else []
    refused = " ".join([*why[:MOST_REASONS], *more]) or "Nothing blocks a planned host."
    files = sum(files for group in view.of_fate(CHANGE) for files, _size in group.retained.values())
    octets = sum(size for group in view.of_fate(CHANGE) for _files, size in group.retained.values())
    kept = (
        (
            prose.size(octets),
            f"{words.counted(files, 'file')} of yours, archived with checksums before they are removed.",
        )
        if files
        else ("none", "None of your data was found where Kaspersky stores data.")
    )
    return [
        *_platforms(view),
        ("Currently refused", words.counted(view.fates()[REFUSED], "host") if why else "none", refused),
        ("Longest unprotected window", *prose.longest_window(view)),
        ("Reboots", *prose.reboots(view)),
        ("Not known", *prose.not_known(view)),
        ("Archived data", *kept),
    ]


def _platforms(view: View) -> list[tuple[str, str, str]]:
    """Return what the first screen says of platforms, where hosts of more than one way are in the document."""
    if not view.forecasts:
        return []
    return [("Platforms", apart.in_short(view), apart.foretold(view))]


def shares(view: View) -> list[dict[str, Any]]:
    """Return the parts of a bar of all hosts: their name, hosts, and where they begin and how wide they are."""
    counted = {**view.fates(), FORECAST: view.foretold, "not planned": len(view.document["not_planned"])}
    total, start, parts = max(view.total, 1), 0, []
    for name, kind in SHARES if view.forecasts else [share for share in SHARES if share[0] != FORECAST]:
        width = round(counted[name] * BAR / total)
        parts.append({"name": name, "kind": kind, "hosts": counted[name], "start": start, "width": width})
        start += width
    return parts


def filters(view: View) -> list[dict[str, Any]]:
    """Return the filters of the host list: each with its key, its label and the values that occur."""
    verdicts = {host.verdict for group in view.groups for host in group.hosts()}
    found = [found for group in view.groups for found in group.plan["findings"]]
    checks = {told.check["id"] for group in view.groups for told in group.told if told.check["level"] != "ok"}
    choices = [
        ("class", "Class", [str(group.number) for group in view.groups]),
        ("verdict", "Verdict now", sorted(verdicts)),
        ("ring", "Ring", [str(ring) for ring in view.rings()]),
        ("product", "Product", sorted({finding["id"] for finding in found})),
        ("version", "Version", sorted({finding["version"] for finding in found if finding["version"]})),
        ("check", "Preflight", sorted(checks)),
    ]
    return [{"key": key, "label": label, "values": values} for key, label, values in choices]


def _searched(group: Group) -> dict[str, Any]:
    """Return the text of a class for search and filters: its products, versions and common preflight results."""
    plan = group.plan
    return {
        "class": str(group.number),
        "product": sorted({finding["id"] for finding in plan["findings"]}),
        "version": sorted({finding["version"] for finding in plan["findings"]}),
        "check": sorted({check["id"] for check in group.shared if check["level"] != "ok"}),
        "text": f"{words.findings(plan)} {' '.join(map(str, plan['system'].values()))} {words.to_do(plan)}",
    }
