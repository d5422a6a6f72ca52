"""A host is silent if nothing talks or is configured to; names that only look like the vendor's do not count."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.lines import named_domains
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import flows
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import domains, probes, silence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from hostile_roots import write
from hypothesis import given
from hypothesis import strategies as st
from schemas import problems
from support import CATALOG, FIXTURES, REPOSITORY, evidence, load_yaml

SERVERS = ["ksc.example.org", "192.0.2.10", "2001:db8::10"]
NAMES = [domain.name for domain in CATALOG.domains]
TABLE: list[dict[str, Any]] = load_yaml(FIXTURES / "silence" / "lines.yml")
LINES = [
    (row["place"], line, what) for row in TABLE for what in ("talks", "left", "nothing") for line in row.get(what, ())
]
LEVELS = {"talks": {"error"}, "left": {"info"}, "nothing": set[str]()}


def _told(items: list[dict[str, Any]], servers: list[str] | None = None, live: bool = True) -> dict[str, Any]:
    seen = evidence({"evidence": items, "live": live})
    told: dict[str, Any] = answer(seen, CATALOG, SERVERS if servers is None else servers)["silence"]
    return told


def _ids(told: dict[str, Any]) -> list[str]:
    return [item["id"] for item in told["signs"]]


@pytest.mark.parametrize(("place", "line", "what"), LINES)
def test_line_counts_as_the_table_says(place: str, line: str, what: str) -> None:
    told = _told([{"named_domain": "/etc/x", "place": place, "lines": [f"1: {line}"]}])
    assert {item["level"] for item in told["signs"] if item["id"] != "addresses_compared"} == LEVELS[what]
    assert told["result"] == ("talks" if what == "talks" else "silent")


@pytest.mark.parametrize(("place", "line", "what"), [case for case in LINES if case[2] != "nothing"])
def test_every_line_that_counts_is_sent_by_the_endpoint(place: str, line: str, what: str) -> None:
    asked = silence.probes(CATALOG, SERVERS)["named_domain"]["names"]
    assert named_domains.expression_of(asked).search(line.encode())


def test_host_without_any_sign_is_silent_and_says_what_that_means() -> None:
    told = _told([])
    assert (told["result"], _ids(told)) == ("silent", ["addresses_compared"])
    assert _ids(_told([], servers=[])) == ["addresses_compared", "server_not_named"]
    (unnamed,) = [item for item in _told([], servers=[])["signs"] if item["id"] == "server_not_named"]
    assert "cannot be read from the host" in unnamed["remediation"]


def test_running_product_talks_and_its_residue_does_not() -> None:
    running = _told([{"package": "kesl"}, {"process": "/opt/kaspersky/kesl/libexec/kesl"}])
    assert (running["result"], _ids(running)[0]) == ("talks", "process_of_vendor")
    assert _told([{"path": "/opt/kaspersky/kesl"}])["result"] == "silent"


def test_connection_talks_and_names_its_process() -> None:
    names = ["dnl-01.geo.kaspersky.com"]
    flow = {"flow": "tcp 192.0.2.1 port 443", "process": "/usr/bin/curl", "names": names}
    told = _told([flow, {"known_address": "192.0.2.1", "where": "/etc/hosts", "names": names}])
    assert (told["result"], told["signs"][0]["id"]) == ("talks", "flow_to_vendor")
    assert "by /usr/bin/curl" in told["signs"][0]["diagnosis"]


@pytest.mark.parametrize("kind", ["process", "socket", "named_domain", "flow"])
def test_what_could_not_be_looked_at_is_never_silent(kind: str) -> None:
    told = _told([{kind: "x", "unknown": "no permission"}])
    assert (told["result"], _ids(told)[0]) == ("unknown", "not_looked_at")


def test_image_is_never_silent() -> None:
    assert _told([], live=False)["result"] == "unknown"


def test_what_talks_is_told_although_something_else_is_unknown() -> None:
    line = {
        "named_domain": "/etc/apt/sources.list",
        "place": "repository",
        "lines": ["1: deb http://kaspersky.com/ x y"],
    }
    assert _told([line, {"flow": "all", "unknown": "too long"}])["result"] == "talks"


def test_unknown_of_silence_bears_on_no_finding() -> None:
    told = answer(evidence({"evidence": [{"flow": "x", "unknown": "no permission"}]}), CATALOG, SERVERS)
    assert (told["complete"], told["unknowns"]) == (True, [])


def test_items_have_the_form_of_the_schema() -> None:
    told = answer(evidence({"evidence": [{"named_domain": "/etc/hosts", "lines": ["1: 0.0.0.0 kas.pr"]}]}), CATALOG, [])
    record = {"collected": told, "proof": None}
    assert [found for found in problems("record", {"verification": record}) if "silence" in found] == []


def test_domains_have_the_form_of_the_schema_and_names_of_their_own() -> None:
    for path in sorted((REPOSITORY / "plugins/plugin_utils/catalog/data/domains").glob("*.yml")):
        assert problems("domains", load_yaml(path)) == [], path
    assert len(set(NAMES)) == len(NAMES)
    assert {"kaspersky.com", "kaspersky-labs.com", "ksn.kaspersky-labs.com"} <= set(NAMES)


LABEL = st.text("abcxyz0189-", min_size=1, max_size=8).filter(lambda text: text.strip("-") == text)


@given(st.sampled_from(NAMES), LABEL)
def test_names_below_a_domain_are_its_own_in_any_case(domain: str, label: str) -> None:
    for name in (
        domain,
        f"{label}.{domain}",
        f"{label}.{domain}.",
        domain.upper(),
        f"{label}.{label}.{domain.title()}",
    ):
        owner = domains.owner_of(name, NAMES)
        assert owner and domains.plain(name).endswith(owner)
        assert flows.is_named(name, NAMES)


@given(st.sampled_from(NAMES), LABEL)
def test_names_that_only_begin_or_end_alike_are_others(domain: str, label: str) -> None:
    for name in (f"{label}{domain}", f"{label}-{domain}", f"{domain}.{label}.example", f"{domain}{label}", label):
        if name in NAMES or any(name.endswith(f".{known}") for known in NAMES):
            continue
        assert domains.owner_of(name, NAMES) == ""
        assert not flows.is_named(name, NAMES)
        assert domains.named_in(f"url = https://{name}:443/x", NAMES) == []


@given(st.text(max_size=80))
def test_any_line_is_read_without_an_error(line: str) -> None:
    domains.named_in(line, NAMES)
    domains.named_in(f"{line}kaspersky.com{line}", NAMES)


def _image(root: Path) -> Path:
    write(root, "etc/os-release", "ID=debian\n")
    write(root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    write(root, "var/lib/dpkg/status", "Package: dpkg\nStatus: install ok installed\nVersion: 1\n")
    return root


PLACED = [(place, folder) for place, folders in named_domains.PLACES for folder in folders]


@pytest.mark.parametrize(("place", "folder"), PLACED)
def test_every_place_is_looked_at(place: str, folder: str, tmp_path: Path) -> None:
    is_folder = any(other.startswith(f"{folder}/") for _place, other in PLACED)
    path = f"{folder}/site.list" if is_folder else folder
    write(_image(tmp_path), path[1:], "x\nproxy_pass cache_peer dnl-01.geo.kaspersky.com\n")
    asked = probes.merged(platforms.detection(CATALOG.products), silence.probes(CATALOG, []))
    seen = platforms.evidence(collect(asked, str(tmp_path)))
    value = seen.value("named_domain", path)
    assert value is not None
    assert value["lines"] == ["2: proxy_pass cache_peer dnl-01.geo.kaspersky.com"]
    assert answer(seen, CATALOG, [])["complete"]


def test_unreadable_configuration_is_unknown(tmp_path: Path) -> None:
    (_image(tmp_path) / "etc/apt").mkdir()
    os.mkfifo(tmp_path / "etc/apt/sources.list")
    seen = platforms.evidence(collect(silence.probes(CATALOG, []), str(tmp_path)))
    assert [item["id"] for item in seen.unknowns()] == ["named_domain:/etc/apt/sources.list"]


def test_real_connection_is_seen_with_its_process() -> None:
    """A connected UDP socket sends nothing, and is in the kernel's table."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.connect(("192.0.2.10", 13000))
        items = {item["id"]: item for item in flows.collect({"names": SERVERS}, Look())}
    assert "flow:udp 192.0.2.10 port 13000" in items
    assert items["flow:udp 192.0.2.10 port 13000"]["value"]["process"] == os.readlink("/proc/self/exe")
    assert "known_address:192.0.2.10" in items


def test_without_a_known_address_no_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "TABLES", (("tcp", "/nowhere"),))
    monkeypatch.setattr(flows, "_of_sockets", None)
    monkeypatch.setattr(flows, "_tracked", None)
    assert [item for item in flows.collect({"names": ["vendor.example"]}, Look()) if "value" in item] == []


def test_sinkhole_in_hosts_is_no_address() -> None:
    known: dict[str, Any] = {}
    lines = ["0.0.0.0 kaspersky.com", "127.0.0.1 kaspersky.com", "::1 kaspersky.com", ":: kaspersky.com"]
    flows._add(known, flows.hosts([*lines, "192.0.2.7 dnl.KASPERSKY.com."]), "/etc/hosts", NAMES)
    assert known == {"192.0.2.7": ({"dnl.kaspersky.com"}, "/etc/hosts")}
