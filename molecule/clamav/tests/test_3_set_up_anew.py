"""Other ways to set it up, and some that cannot succeed, which say why and leave the host unchanged.

Each needs a new host: full set only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from fidelity.fidelity import BOOKKEEPING
from fidelity.observation import changes
from integration import clamav, faulty, lab, upkeep
from integration.clamav import OWNED, SIGNATURE
from integration.samples import DETECTABLE, tried

pytestmark = pytest.mark.skipif(not upkeep.FULL, reason="the full set only")
CATALOG = "plugins/plugin_utils/catalog/data/providers/clamav.yml"
# Of Debian's engine: the line that clears its conditions, and what follows it.
CLEARED = """- {text: "ConditionPathExistsGlob=\\n", when: *without_official}
          - |

            [Service]
            ExecStartPre="""
# What a run keeps about itself, and what packages leave in the databases after they were installed and removed.
OWN = ("/var/lib/avshift*", "/etc/passwd*", "/etc/shadow*", "/etc/group*", "/etc/gshadow*", "/etc/sub?id*")
PORT = 8099
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Proxy-Authorization") == "Basic " + sys.argv[3]
        data = open(sys.argv[2], "rb").read()
        with open("/run/requests", "a") as log:
            log.write("%s %s\\n" % (self.path, known))
        self.send_response(200 if known or not sys.argv[3] else 407)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    do_HEAD = do_GET
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def host() -> Iterator[str]:
    """A host on which nothing has happened."""
    made = lab.run("lab/fleet.py", "up", "--fresh", "--fleet", os.environ["AVSHIFT_LAB_FLEET"], OWNED)
    assert made.returncode == 0, made.stdout
    lab.must(OWNED, "mkdir", "-p", clamav.FEED, "/var/www")
    clamav.write(OWNED, f"{clamav.FEED}/lab.ldb", SIGNATURE)
    lab.observe("untouched", OWNED)
    yield OWNED


def _deploy(options: dict[str, Any], *accepted: str, collections: Path | None = None) -> dict[str, Any]:
    asked = json.dumps({"avshift_provider_options": options, "avshift_accept": accepted})
    return clamav.ansible(str(clamav.DEPLOY), [OWNED], "-e", asked, kept_as="alone", collections=collections)


def _deployed(host: str, options: dict[str, Any], *accepted: str) -> dict[str, int]:
    said = _deploy(options, *accepted)
    assert said["stats"][host]["failures"] == 0, clamav.failure(said, host)["msg"]
    stats: dict[str, int] = said["stats"][host]
    return stats


def _refused(host: str, code: str, options: dict[str, Any], collections: Path | None = None) -> str:
    found = clamav.failure(_deploy(options, collections=collections), host)
    assert found["code"] == code, found["msg"]
    return str(found["msg"])


def _is_as_before(host: str) -> None:
    lab.observe("taken-back", host)
    kept = [*OWN, *(f"{one['path']}*" for one in yaml.safe_load(BOOKKEEPING.read_text(encoding="utf-8")))]
    left = changes(lab.observed("untouched", host), lab.observed("taken-back", host))
    times = {"mtime", "size"}
    told = [
        str(change)
        for change in left
        if not (change.kind == "d" and change.change == "changed" and set(change.fields) <= times)
        and not any(fnmatchcase(change.path, pattern) for pattern in kept)
    ]
    assert told == []


MALFORMED = {"line.ldb": SIGNATURE + "\n", "word.ndb": "Site.Other:0:*\n", "rule.yara": "rule cut { strings: $a ="}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_signature_never_reaches_the_engine(host: str, name: str) -> None:
    given = {"good.ldb": SIGNATURE, name: MALFORMED[name]}
    assert name in _refused(host, "signatures_malformed", {"database": "site", "site_signatures": given})
    _is_as_before(host)


def test_engine_that_answers_and_finds_nothing_is_refused(host: str) -> None:
    options = {"database": "site", "site_signatures": clamav.OTHER}
    assert "on_demand_detects" in _refused(host, "engine_not_proven", options)
    _is_as_before(host)


def test_unit_that_its_condition_passes_over_is_refused(host: str, tmp_path: Path) -> None:
    fault = faulty.Fault(CATALOG, CLEARED, CLEARED.replace("ConditionPathExistsGlob=", "Documentation="))
    faults = faulty.copy(tmp_path, fault)
    _refused(host, "unit_condition", {"database": "site", "site_signatures": {"a.ldb": SIGNATURE}}, faults)


def test_mirror_that_is_down_does_not_keep_other_feeds_back(host: str) -> None:
    mirrors = ["http://127.0.0.1:9"]
    urls = [f"file://{clamav.FEED}/lab.ldb"]
    options = {"database": "official", "mirrors": mirrors, "custom_urls": urls, "fetch_limit": 30}
    said = _refused(host, "data_not_fetched", options)
    assert "daily" in said
    assert "lab.ldb" not in said
    _is_as_before(host)


ONLY_TOLD = {"database": "site", "site_signatures": {"a.ldb": SIGNATURE}, "prevention": False}


def test_notify_only_has_to_be_accepted(host: str) -> None:
    assert "nothing_blocked" in _refused(host, "plan_blocked", ONLY_TOLD)
    _is_as_before(host)


def test_notify_only_tells_of_what_can_be_opened(host: str) -> None:
    _deployed(host, ONLY_TOLD, "nothing_blocked")
    assert tried(host, "/srv", DETECTABLE, "sh", "-c", 'cat "$0"; sleep 3').stdout == DETECTABLE
    told = lab.must(host, "journalctl", "--unit=avshift-clamonacc.service", "--output=cat")
    assert [line for line in told.splitlines() if "/srv/scenario-sample" in line and "FOUND" in line]
    assert _deployed(host, ONLY_TOLD, "nothing_blocked")["changed"] == 0
    lab.must(host, "systemctl", "kill", "--signal=STOP", "avshift-clamonacc.service")
    asked = json.dumps({"avshift_provider_options": ONLY_TOLD})
    said = clamav.ansible("avshift.endpoint.verify", [host], "-e", asked, kept_as="verify")
    assert "on_access_tells" in json.dumps(clamav.failure(said, host))


def _serve(host: str, file: str, password: str) -> None:
    clamav.write(host, "/run/server.py", SERVER)
    unit = ("systemd-run", "--collect", "--unit=feed", "python3", "/run/server.py", str(PORT), file, password)
    lab.must(host, *unit)


def test_private_mirror_is_asked_and_its_unsigned_databases_are_refused(host: str) -> None:
    _serve(host, f"{clamav.FEED}/lab.ldb", "")
    options = {"database": "private_mirror", "mirrors": [f"http://127.0.0.1:{PORT}"], "fetch_limit": 30}
    assert "daily" in _refused(host, "data_not_fetched", options)
    assert "/daily.c" in lab.must(host, "cat", "/run/requests")


def test_password_of_a_proxy_is_used_and_told_nobody(host: str) -> None:
    """user:geheim42, as HTTP's basic authentication has it."""
    _serve(host, f"{clamav.FEED}/lab.ldb", "dXNlcjpnZWhlaW00Mg==")
    clamav.write(host, "/etc/clamav/proxy", f"http_proxy=http://user:geheim42@127.0.0.1:{PORT}\n")
    lab.must(host, "chmod", "0600", "/etc/clamav/proxy")
    urls = ["http://feed.example.org/lab.ldb"]
    _deployed(host, {"database": "custom", "custom_urls": urls, "proxy_environment_file": "/etc/clamav/proxy"})
    assert "http://feed.example.org/lab.ldb True" in lab.must(host, "cat", "/run/requests")
    assert "geheim42" not in (lab.EVIDENCE / "alone.json").read_text(encoding="utf-8")
