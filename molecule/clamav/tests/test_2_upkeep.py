"""Whatever happens to one of the two units, protection is back within seconds, or the failure is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration import clamav, lab, upkeep
from integration.upkeep import ALERT, ALERTED, GUARD, LONGEST_SECONDS, ON_ACCESS, PACKAGED

in_full_set = pytest.mark.skipif(not upkeep.FULL, reason="it takes a minute of waiting: the full set only")
LOG = ("journalctl", "--no-pager", "--output=cat", "--identifier=avshift-clamonacc-guard", "--since")
FORMER = """[Unit]
BindsTo=clamav-daemon.service
After=clamav-daemon.service
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStartPre=
ExecStart=
ExecStart=/usr/sbin/clamonacc --foreground --fdpass --wait --ping=60:1 --log=/var/log/clamav/clamonacc.log
Restart=always
RestartSec=200ms

[Install]
WantedBy=clamav-daemon.service
"""


def _options(host: str) -> dict[str, Any]:
    """Return what a host was asked for, without what would move the observer's file away or differs between hosts."""
    left_out = ("quarantine", "scan_schedule", "scan_paths")
    return {**{key: value for key, value in clamav.options(host).items() if key not in left_out}, "alert_unit": ALERT}


@pytest.fixture(scope="session")
def kept_up(deployed: dict[str, Any]) -> dict[str, Any]:
    """Every host has a unit that alerts, and nothing is moved into a quarantine; what Ansible said."""
    upkeep.prepare()
    return _again("kept_up")


def _again(kept_as: str) -> dict[str, Any]:
    asked = json.dumps({"avshift_provider_options": _options(lab.HOSTS[0])})
    return clamav.ansible(str(clamav.DEPLOY), lab.HOSTS, "-e", asked, kept_as=kept_as)


def test_changed_options_reach_the_units_that_run(name: str, kept_up: dict[str, Any]) -> None:
    assert kept_up["stats"][name]["failures"] == 0, clamav.failure(kept_up, name).get("msg")
    running = lab.must(name, "sh", "-c", "tr '\\0' ' ' </proc/$(pidof clamonacc)/cmdline")
    assert "--move" not in running
    states = lab.must(name, "systemctl", "is-active", upkeep.ENGINE, ON_ACCESS, GUARD).split()
    assert states == ["active"] * 3


@pytest.mark.parametrize("event", upkeep.EVENTS)
def test_protection_is_back_after(event: str, name: str, kept_up: dict[str, Any]) -> None:
    seen = upkeep.seen(event)[name]
    assert seen.last == ("refused", "refused"), seen
    assert seen.strange == (), seen
    assert seen.seconds < LONGEST_SECONDS, seen
    assert lab.on(name, "systemctl", "is-active", "--quiet", PACKAGED).returncode != 0
    assert len(lab.must(name, "pidof", "clamonacc").split()) == 1


def _now(host: str) -> str:
    return lab.must(host, "date", "+%Y-%m-%d %H:%M:%S").strip()


def _is_told(host: str, since: str, *words: str) -> bool:
    told = lab.must(host, *LOG, since)
    return all(word in told for word in words)


def test_a_stop_is_undone_and_reported(name: str, kept_up: dict[str, Any]) -> None:
    """A package's script or an administrator may have stopped it; to stop it for good, disable the unit."""
    since = _now(name)
    lab.must(name, "rm", "-f", ALERTED)
    lab.must(name, "systemctl", "stop", ON_ACCESS)
    assert upkeep.comes_back(name)
    assert _is_told(name, since, "On-access protection was lost", "was stopped", "On-access protection is back")
    assert lab.must(name, "cat", ALERTED).split() == ["once"]


@pytest.mark.parametrize("group", ["ctypes.CDLL(None).fanotify_init(4, 0)", "0"], ids=["without marks", "closed"])
def test_one_that_runs_on_and_intercepts_nothing_is_started_again(
    group: str, name: str, kept_up: dict[str, Any]
) -> None:
    """As seen with clamonacc; a program with two threads stands in for it."""
    drop_in = f"/etc/systemd/system/{ON_ACCESS}.d/site.conf"
    program = f"import ctypes,threading; {group}; threading.Timer(600, int).start()"
    since = _now(name)
    clamav.write(name, "/run/markless.py", program + "\n")
    clamav.write(name, drop_in, "[Service]\nExecStart=\nExecStart=/usr/bin/python3 /run/markless.py\n")
    lab.must(name, "sh", "-c", f"systemctl daemon-reload; systemctl restart {ON_ACCESS}")
    lab.must(name, "sh", "-c", f"rm {drop_in}; systemctl daemon-reload")
    assert upkeep.comes_back(name)
    assert _is_told(name, since, "intercepts nothing. It is started again", "On-access protection is back")


@in_full_set
def test_what_cannot_be_started_is_reported(name: str, kept_up: dict[str, Any]) -> None:
    since = _now(name)
    lab.must(name, "sh", "-c", f"rm -f {ALERTED}; systemctl mask --now {upkeep.ENGINE}")
    waited = f"until [ -e {ALERTED} ]; do sleep 0.5; done"
    lab.must(name, "timeout", str(LONGEST_SECONDS), "sh", "-c", waited)
    assert _is_told(name, since, "cannot be started again")
    said = clamav.ansible("avshift.endpoint.verify", [name], kept_as=f"masked-{name}")
    lab.must(name, "systemctl", "unmask", upkeep.ENGINE)
    assert upkeep.comes_back(name)
    assert ON_ACCESS in str(clamav.failure(said, name)["msg"])


@in_full_set
def test_a_disabled_unit_is_left_alone_and_reported(name: str, kept_up: dict[str, Any]) -> None:
    since = _now(name)
    lab.must(name, "systemctl", "disable", "--now", ON_ACCESS)
    told = f"until {' '.join(LOG)} '{since}' | grep -q 'switched off'; do sleep 1; done"
    lab.must(name, "timeout", "150", "sh", "-c", told)
    assert lab.on(name, "pidof", "clamonacc").returncode == 1
    said = clamav.ansible("avshift.endpoint.verify", [name], kept_as=f"disabled-{name}")
    assert ON_ACCESS in str(clamav.failure(said, name)["msg"])
    lab.must(name, "systemctl", "enable", "--now", ON_ACCESS)
    assert upkeep.comes_back(name)


@pytest.fixture(scope="session")
def moved(kept_up: dict[str, Any]) -> dict[str, Any]:
    """Every host was as earlier releases left it, with the package's own unit, and got this release's units."""
    back = (
        f"systemctl disable --now {GUARD} {ON_ACCESS}; rm -r /etc/avshift /etc/systemd/system/avshift-clamonacc*; "
        f"rm /etc/systemd/system/{PACKAGED}.d/*; cat >/etc/systemd/system/{PACKAGED}.d/avshift.conf; "
        f"systemctl daemon-reload; systemctl enable --now {PACKAGED}"
    )
    for host in lab.HOSTS:
        lab.must(host, "sh", "-c", back, given=FORMER)
        assert upkeep.comes_back(host)
    return _again("moved")


def test_a_host_of_an_earlier_release_gets_the_new_unit(name: str, moved: dict[str, Any]) -> None:
    assert moved["stats"][name]["failures"] == 0, clamav.failure(moved, name).get("msg")
    assert lab.on(name, "systemctl", "is-enabled", PACKAGED).stdout.split() == ["disabled"]
    assert lab.on(name, "systemctl", "is-active", ON_ACCESS, GUARD).stdout.split() == ["active", "active"]
    assert upkeep.comes_back(name)
