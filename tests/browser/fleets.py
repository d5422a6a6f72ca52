"""Plans of fleets of any size, from the cases under tests/fixtures/plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import forecasts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from hostile_records import poisoned as with_poison
from plans import VERSIONS, case_of, plan_of, rings_of
from support import CATALOG, REPOSITORY, load_yaml

# Each with its share of the hosts; these are ten classes, and five of them have thousands of lines of steps together.
CASES = {
    "full": 0.32, "agent": 0.2, "leftovers": 0.1, "clean": 0.22, "tied-in": 0.05, "packages-not-to-be-had": 0.03,
    "units-and-accounts": 0.03, "refused-for-many-reasons": 0.02, "backup-moved": 0.02, "packet-marks": 0.01,
}  # fmt: skip
SITES = ("ams", "ber", "cdg", "dub", "fra", "lhr", "mad", "prg", "vie", "zrh")
ROLES = ("app", "build", "db", "file", "mail", "mon", "proxy", "web")
PROVIDERS = {name: provider.told() for name, provider in CATALOG.providers.items()}


def of(
    hosts: int, unreached: int = 0, cases: Iterable[str] = tuple(CASES), windows: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the plan of a fleet with that many hosts in ten classes, in rings, and some that gave no answer.

    ``windows`` are further hosts, by their cases in tests/fixtures/windows_forecasts.
    """
    plans = dict(_plans(hosts, cases))
    silent = {f"{_name(number)}-old": "it was not reached: Connection timed out" for number in range(unreached)}
    rings, foretold = rings_of([10, "5%", "25%"]), dict(_foretold(windows or {}))
    return document.compose(plans.items(), silent, VERSIONS, rings, "CHG0042137", PROVIDERS, forecasts=foretold)


def _foretold(windows: Mapping[str, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    for case, count in windows.items():
        told = load_yaml(REPOSITORY / "tests/fixtures/windows_forecasts" / f"{case}.yml")["windows"]
        for number in range(count):
            yield f"ams-{case[:6]}-{number:02}.example.net", forecasts.of_case(told)


def _plans(hosts: int, cases: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    made = {case: plan_of(case_of(case)) for case in cases}
    number, total = 0, sum(CASES[case] for case in made)
    for case in made:
        for _host in range(max(1, round(hosts * CASES[case] / total))):
            name = _name(number)
            yield name, _particular(made[case], name, number)
            number += 1


def _name(number: int) -> str:
    return f"{SITES[number % len(SITES)]}-{ROLES[number // 10 % len(ROLES)]}-{number:05d}.example.net"


def _particular(plan: dict[str, Any], host: str, number: int) -> dict[str, Any]:
    """Return a plan with differences from host to host: sizes, free space, and here and there a result of its own."""
    retained = {
        path: {"files": size["files"] + number % 7, "bytes": size["bytes"] + 977 * number}
        for path, size in plan["carried"]["retained"].items()
    }
    shown = {**plan["shown"], "free_bytes": 10**10 + 4096 * number}
    carried = {**plan["carried"], "retained": retained}
    preflight = list(plan["preflight"])
    if number % 37 == 0:
        busy = {"id": "reboot_pending", "level": "warning", "title": "The host needs a reboot", "accepted": False}
        preflight.append({**busy, "diagnosis": "/run/reboot-required exists", "remediation": "Reboot it first."})
    return {**plan, "host": host, "shown": shown, "carried": carried, "preflight": preflight}


def poisoned(poison: str) -> dict[str, Any]:
    """Return the plan of a fleet in which every text of every host ends in a hostile one."""
    plan = with_poison(plan_of(case_of("full")), poison, OWN)
    plan["unknowns"] = [f"path:/x: {poison}"]
    plan["digest"] = digest_of(plan)
    return document.compose([(f"host{poison}", plan)], {f"down{poison}": poison}, VERSIONS, None, poison, PROVIDERS)


# Words that the renderer itself interprets.
OWN = {"digest", "part", "kind", "level", "provider"}
