"""Hosts that get ClamAV with most of its options, and Ansible's output about it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from integration import lab

INVENTORY = lab.EVIDENCE / "hosts.yml"
AVSHIFT = lab.EVIDENCE / "avshift"
PLAN = AVSHIFT / "plan/plan.json"
DEPLOY = lab.REPOSITORY / "molecule/clamav/deploy.yml"
WITHOUT_CLAMDSCAN = "clean-debian11"
OWNED = "clean-debian13"

FEED = "/srv/feed"
QUARANTINE = "/var/spool/quarantine"
EVENTS = "/var/log/clamav/events"
EXCLUDED = "/srv/excluded"
SPACED = "/opt/with space"
MISSING = "/var/www"
PATHS = ["/home", "/root", "/srv", "/tmp", "/var/tmp", SPACED]
# The test file's bytes in hexadecimal, as the lab's inventory has them.
SIGNATURE = yaml.safe_load((lab.REPOSITORY / "inventories/lab/group_vars/lab.yml").read_text(encoding="utf-8"))[
    "avshift_provider_options"
]["site_signatures"]["avshift-lab.ldb"]
NAME = SIGNATURE.partition(";")[0]
OTHER = {"other.ndb": "Site.Other:0:*:00112233445566778899\n"}
OWNERS_CONF = "# the owner's own\nLocalSocket /run/clamav/clamd.ctl\nOfficialDatabaseOnly yes\nUser clamav\n"
OWNERS_RULE = "/opt/owners/** r,\n"
OWNERS_FILES = {
    "/etc/clamav/clamd.conf": OWNERS_CONF,
    "/etc/clamav/freshclam.conf": "# the owner's own\nDatabaseMirror mirror.example.org\n",
    "/etc/apparmor.d/local/usr.sbin.clamd": OWNERS_RULE,
}


def options(host: str) -> dict[str, Any]:
    """Return the options that a host is to get."""
    chosen = {
        "database": "custom",
        "custom_urls": [f"file://{FEED}/lab.ldb"],
        "site_signatures": OTHER,
        "paths": [*PATHS, MISSING],
        "exclude_paths": [EXCLUDED],
        "exclude_users": ["nobody"],
        "quarantine": QUARANTINE,
        "virus_event": f'#!/bin/sh\necho "$CLAM_VIRUSEVENT_FILENAME $CLAM_VIRUSEVENT_VIRUSNAME $(id -un)" >>{EVENTS}\n',
        "threads": 4,
        "concurrent_reload": False,
        "scan_max_recursion": 9,
        "socket_mode": "600",
        "apparmor_rules": [f"{FEED}/** r,"],
        "fetch_limit": 60,
    }
    return chosen if host == WITHOUT_CLAMDSCAN else {**chosen, "scan_schedule": "Sun 03:00", "scan_paths": PATHS}


def prepare() -> None:
    """Write the inventory, give every host a signature feed, and give one of them an owner that already existed."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    told = {name: {"avshift_provider_options": options(name)} for name in lab.HOSTS}
    INVENTORY.write_text(yaml.safe_dump({"lab": {"hosts": told}}), encoding="utf-8")
    for host in lab.HOSTS:
        lab.must(host, "mkdir", "-p", FEED, EXCLUDED, SPACED)
        write(host, f"{FEED}/lab.ldb", SIGNATURE)
    for path, text in OWNERS_FILES.items():
        write(OWNED, path, text)


def plan(host: str) -> dict[str, Any]:
    """Return a host's plan, which identical hosts share."""
    content = json.loads(PLAN.read_text(encoding="utf-8"))
    found: dict[str, Any] = content["classes"][content["hosts"][host]["digest"]]
    return found


def write(host: str, path: str, text: str) -> None:
    """Put a file on a host."""
    lab.must(host, "install", "-D", "-m", "0644", "/dev/stdin", path, given=text)


def ansible(
    play: str, hosts: list[str], *arguments: str, kept_as: str, collections: Path | None = None
) -> dict[str, Any]:
    """Run a play for several hosts at once, with the collection or a copy of it; return its output, which is kept."""
    sources = [f"--inventory={source}" for source in (*lab.inventories(), str(INVENTORY))]
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_FORCE_COLOR": "0"}
    if collections is not None:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    done = subprocess.run(
        ["ansible-playbook", play, *sources, f"--limit={','.join(hosts)}", *arguments],
        cwd=lab.EVIDENCE,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=lab.TIMEOUT_SECONDS,
        check=False,
    )
    (lab.EVIDENCE / f"{kept_as}.json").write_text(done.stdout, encoding="utf-8")
    content: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{\n") :])
    return content


def failure(content: dict[str, Any], host: str) -> dict[str, Any]:
    """Return the result with which a play failed on a host."""
    results = [task["hosts"][host] for play in content["plays"] for task in play["tasks"] if host in task["hosts"]]
    return next(result for result in results if result.get("failed"))
