"""What happens to ClamAV's two units over time, and for how long the test file could be read because of it."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache

from integration import clamav, lab, observer
from integration.samples import DETECTABLE, tried

ENGINE, ON_ACCESS, GUARD = "clamav-daemon.service", "avshift-clamonacc.service", "avshift-clamonacc-guard.service"
PACKAGED = "clamav-clamonacc.service"
ALERT, ALERTED = "site-alert.service", "/run/site-alerts"
FULL = os.environ.get("AVSHIFT_CLAMAV_SET") == "full"
# Generous for a busy machine, but finite: without what keeps them up it would be forever.
LONGEST_SECONDS = 180
STEADY_LOOKS = 4
# Each takes its package, and the last one all of them at once, from what the image keeps of the archive.
PACKAGES = ("clamav", "clamav-base", "clamav-daemon", "clamav-freshclam", "clamdscan", "libclamav12")
REPACK = """
set -e
cd "$(mktemp -d)"
version=$(dpkg-query --show --showformat='${Version}' clamav-daemon)
newest=/var/cache/upgrade
if ! [ -d "$newest" ]; then
    mkdir "$newest"
    for archive in /var/cache/apt/archives/*clam*_*.deb; do
        dpkg-deb --raw-extract "$archive" one
        sed -i "s/$version/$version+upgrade/g" one/DEBIAN/control
        dpkg-deb --build -Znone one "$newest" >/dev/null
        rm -r one
    done
fi
dpkg --install --force-confold "$newest"/*.deb
"""
DPKG = "export DEBIAN_FRONTEND=noninteractive;"


def _reinstall(name: str) -> str:
    return f"{DPKG} dpkg --install --force-confold,downgrade /var/cache/apt/archives/{name}_*.deb"


SHUT_DOWN = (
    'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/clamav/clamd.ctl"); '
    's.sendall(b"zSHUTDOWN" + bytes(1))'
)
# Its handler closes the fanotify group and ends this thread; the first one ends the process at the next read.
CRASH = (
    "python3 -c \"import ctypes, os, sys; pid = int(sys.argv[1]); threads = os.listdir(f'/proc/{pid}/task'); "
    'sys.exit(ctypes.CDLL(None).tgkill(pid, sorted(map(int, threads))[2], 11))" $(pidof clamonacc)'
)
# What docs/clamav.md says about each; the commands run in a shell on a host.
QUICK = {
    "reconfigure clamav-daemon": f"{DPKG} dpkg-reconfigure clamav-daemon",
    f"stop {ON_ACCESS}": f"systemctl stop {ON_ACCESS}",
    "stop both": f"systemctl stop {ENGINE} {ON_ACCESS}",
    "kill both": "kill -9 $(pidof clamd) $(pidof clamonacc)",
}
ALL = {
    **{f"reconfigure {name}": f"{DPKG} dpkg-reconfigure {name}" for name in PACKAGES},
    **{f"reinstall {name}": _reinstall(name) for name in PACKAGES},
    "needrestart -r a, libclamav having been reinstalled": "needrestart -r a",
    "upgrade of all packages": f"{DPKG}{REPACK}",
    "needrestart -r a, all having been upgraded": "needrestart -r a",
    **{f"restart {unit}": f"systemctl restart {unit}" for unit in (ENGINE, "clamav-daemon.socket", ON_ACCESS, GUARD)},
    **{f"stop {unit}": f"systemctl stop {unit}" for unit in (ENGINE, ON_ACCESS)},
    "stop the engine and its socket": f"systemctl stop clamav-daemon.socket {ENGINE}",
    "disable --now the engine": f"systemctl disable --now {ENGINE}; systemctl enable {ENGINE}",
    f"start {PACKAGED}": f"systemctl start {PACKAGED}",
    f"enable --now {PACKAGED}": f"systemctl enable --now {PACKAGED}; systemctl disable {PACKAGED}",
    "kill clamd": "kill -9 $(pidof clamd)",
    "kill clamonacc": "kill -9 $(pidof clamonacc)",
    "crash of a thread of clamonacc": CRASH,
    "kill the guard": f"systemctl kill --signal=KILL {GUARD}",
    "end the engine by its socket": f"python3 -c '{SHUT_DOWN}'",
    "daemon-reload": "systemctl daemon-reload",
    "daemon-reexec": "systemctl daemon-reexec",
    **QUICK,
}
EVENTS = ALL if FULL else QUICK


@dataclass(frozen=True)
class Seen:
    """What the observer saw of one event: seconds in which both folders' files could be read, and the last result."""

    seconds: float
    times: int
    last: tuple[str, ...]
    strange: tuple[str, ...]
    said: str
    journal: str


def prepare() -> None:
    """Give each host the site's unit that is to be started, and, for the full set, needrestart from the archive."""
    with ThreadPoolExecutor(len(lab.HOSTS)) as pool:
        list(pool.map(_prepared, lab.HOSTS))


def _prepared(host: str) -> None:
    unit = f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo once >>{ALERTED}'\n"
    clamav.write(host, f"/etc/systemd/system/{ALERT}", unit)
    if FULL:
        lab.must(host, "sh", "-c", f"{DPKG} apt-get install --yes --no-install-recommends needrestart")


@cache
def seen(event: str) -> dict[str, Seen]:
    """Trigger an event on every host at once; return what was seen, which is kept."""
    with ThreadPoolExecutor(len(lab.HOSTS)) as pool:
        found = dict(zip(lab.HOSTS, pool.map(lambda host: _seen(host, event), lab.HOSTS), strict=True))
    folder = lab.EVIDENCE / "upkeep"
    folder.mkdir(exist_ok=True)
    content = {host: asdict(one) for host, one in found.items()}
    (folder / f"{event.replace('/', '-')}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return found


def comes_back(host: str) -> bool:
    """Return True once reading is refused several times in a row, False if that takes longer than the limit."""
    deadline, looks = time.monotonic() + LONGEST_SECONDS, 0
    while looks < STEADY_LOOKS and time.monotonic() < deadline:
        looks = looks + 1 if is_refused(host) else 0
        time.sleep(0.5)
    return looks == STEADY_LOOKS


def is_refused(host: str) -> bool:
    """Return True if the test file cannot be read."""
    return "Operation not permitted" in tried(host, "/srv", DETECTABLE, "cat").stdout


def _seen(host: str, event: str) -> Seen:
    command = ALL[event]
    if not comes_back(host):
        return Seen(LONGEST_SECONDS, 0, (), (), "it was not protected before", _journal(host))
    observer.start(host)
    lab.must(host, "sh", "-c", f"until grep -q . {observer.LOG} || ls /srv/.observed-test-file; do sleep 0.1; done")
    said = lab.on(host, "sh", "-c", command).stdout
    comes_back(host)
    spans = observer.stop(host)
    by_folder = [[span for span in spans if span.folder == folder] for folder in observer.FOLDERS]
    reads = [[span for span in mine if span.outcome == observer.READ] for mine in by_folder]
    return Seen(
        seconds=round(max(sum(span.last - span.first for span in mine) for mine in reads), 2),
        times=max(len(mine) for mine in reads),
        last=tuple(mine[-1].outcome for mine in by_folder),
        strange=tuple(sorted({span.outcome for span in spans} - {observer.READ, observer.REFUSED})),
        said=said[-2000:],
        journal=_journal(host),
    )


def _journal(host: str) -> str:
    """Return the latest log lines of systemd, the guard and both units, for finding out why a test failed."""
    units = [f"--unit={name}" for name in (ENGINE, ON_ACCESS, GUARD)]
    return lab.on(host, "journalctl", "--no-pager", "--lines=60", "--output=short-precise", *units).stdout[-8000:]
