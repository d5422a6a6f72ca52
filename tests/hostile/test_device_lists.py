"""Device lists: a lying management server, hostile names in its data, and files that are not lists."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import console_server
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import inventory, read
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.device import Device, DeviceList, Source
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.server import calls, listing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import reconciliation
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.https import Https
from attacks import attack
from console_server import PASSWORD, USER, Handler, Server

CLOCK = listing.Clock(lambda: "2026-11-29T12:00:00Z", time.monotonic, lambda _seconds: None)
# An ordinary list of 250,000 devices is far below; a list that holds everything in memory at once is far above.
MEMORY = 1500 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with console_server.serving(tmp_path) as state:
        yield state


def _read(server: Server, depth: int = 0, timeout: float = 60) -> DeviceList:
    link = Https(server.address, timeout, server.ca_path)
    return listing.read(link, calls.Account(USER, PASSWORD), listing.Request(secondary_depth=depth), CLOCK)


def _refused(server: Server, **more: Any) -> str:
    """Return the whole traceback of the refusal."""
    try:
        _read(server, **more)
    except AvshiftError as error:
        return "".join(traceback.format_exception(error)) + repr(error.__context__) + repr(error.__cause__)
    raise AssertionError("it was taken for a list")


@attack(
    "server-that-sends-elsewhere",
    threat="the server, or who answers for it, redirects the sign-in to a host of its own",
    holds="nothing is sent there",
)
@pytest.mark.parametrize("status", [301, 303, 307])
@pytest.mark.parametrize("method", ["Session.StartSession", "ChunkAccessor.GetItemsChunk"])
def test_redirect(server: Server, status: int, method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.3)
        place = f"http://127.0.0.1:{other.getsockname()[1]}/api"
        server.faults[method] = lambda handler, _arguments: handler.say({}, status, {"Location": place})
        _refused(server)
        with pytest.raises(TimeoutError):
            other.accept()


def _gigabyte(handler: Handler, _arguments: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 30))
    handler.end_headers()
    for _number in range(1 << 10):
        handler.wfile.write(b" " * (1 << 20))


def _bomb(handler: Handler, _arguments: dict[str, Any]) -> None:
    packed = gzip.compress(b" " * (80 << 20), 1)
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(packed)))
    handler.end_headers()
    handler.wfile.write(packed)


def _endless_headers(handler: Handler, _arguments: dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        handler.wfile.write(b"X-%d: y\r\n" % number)


@attack(
    "server-answers-without-an-end",
    threat="the server answers with a gigabyte, with a packed one, or with headers without end",
    holds="it is refused, and memory stays small",
)
@pytest.mark.parametrize("fault", [_gigabyte, _bomb, _endless_headers])
def test_huge_answer(server: Server, fault: Callable[..., Any]) -> None:
    server.faults["HostGroup.FindHosts"] = fault
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _refused(server)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    # The stand-in's own copy of the packed bytes is also in this process.
    assert grown < 700 << 20


@attack(
    "answer-that-drips",
    threat="the server sends a byte now and then, so that no socket is ever late",
    holds="the whole answer has a limit in time",
)
@pytest.mark.parametrize("where", ["body", "headers"])
def test_drip(server: Server, where: str) -> None:
    stop = threading.Event()

    def drip(handler: Handler, _arguments: dict[str, Any]) -> None:
        if where == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not stop.wait(0.1):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.faults["HostGroup.FindHosts"] = drip
    ended = threading.Event()
    said: list[str] = []

    def ask() -> None:
        said.append(_refused(server, timeout=2))
        ended.set()

    threading.Thread(target=ask, daemon=True).start()
    try:
        assert ended.wait(60), "it waits as long as bytes come"
    finally:
        stop.set()
    assert "server_unreachable" in said[0] or "2 s" in said[0]


@attack(
    "password-in-an-answer",
    threat="the server writes the password into an error, in each form, also across the place of shortening",
    holds="no message, and no trace of one, shows it or a part of it",
)
@pytest.mark.parametrize("padding", [0, 285, 290, 295])
@pytest.mark.parametrize("form", ["plain", "json", "base64"])
def test_echoed_password(server: Server, form: str, padding: int) -> None:
    forms = {
        "plain": PASSWORD,
        "json": json.dumps(PASSWORD)[1:-1],
        "base64": calls.Account(USER, PASSWORD).headers()["Authorization"].split('pass="')[1].split('"')[0],
    }
    secret = forms[form]
    message = "x" * padding + secret
    server.faults["HostGroup.FindHosts"] = lambda _handler, _arguments: {"PxgError": {"code": 5, "message": message}}
    shown = _refused(server)
    assert secret[:5] not in shown.split("reported the error")[1]


JSONS: dict[str, bytes] = {
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a number without end": b'{"PxgRetVal": ' + b"9" * 100_000 + b"}",
    "not a number": b'{"PxgRetVal": NaN, "strAccessor": "x"}',
    "infinite": b'{"PxgRetVal": Infinity, "strAccessor": "x"}',
    "a page of the web": b"<html><body>Sign in</body></html>",
    "nothing": b"",
    "wrapped without end": b'{"type":"params","value":' * 50_000,
    "surrogates": b'{"strAccessor": "\\ud800", "PxgRetVal": 3}',
    "a million devices": b'{"strAccessor": "x", "PxgRetVal": 1000000}',
    "text for numbers": b'{"strAccessor": "x", "PxgRetVal": "3"}',
    "Latin-1": b'{"strAccessor": "\xe9", "PxgRetVal": 3}',
}


@attack(
    "answer-of-any-form",
    threat="the server answers with JSON of any form: deep, endless, of wrong types, or with none",
    holds="one clear error, and no list",
)
@pytest.mark.parametrize("name", JSONS)
def test_any_json(server: Server, name: str) -> None:
    server.faults["HostGroup.FindHosts"] = lambda handler, _arguments: handler.say(JSONS[name])
    _refused(server)


@attack(
    "a-million-devices",
    threat="the server says that it has a million devices, and keeps giving rows",
    holds="it is refused before the first row is asked for",
)
def test_a_million(server: Server) -> None:
    server.faults["HostGroup.FindHosts"] = lambda _handler, _arguments: {"strAccessor": "x", "PxgRetVal": 10**6}
    server.faults["ChunkAccessor.GetItemsCount"] = lambda _handler, _arguments: {"PxgRetVal": 10**6}
    _refused(server)
    assert [method for method, _arguments in server.calls if method.endswith("GetItemsChunk")] == []


@attack(
    "half-a-list",
    threat="the server goes away, or ends the list, after the first page",
    holds="no half list is taken for a whole one",
)
@pytest.mark.parametrize("end", ["empty", "short", "again", "hang up", "refused", "error"])
def test_half_list(server: Server, end: str) -> None:
    server.rows = console_server.devices(900)

    def second(handler: Handler, arguments: dict[str, Any]) -> Any:
        if arguments["nStart"] == 0:
            return handler.on_ChunkAccessor_GetItemsChunk(arguments)
        if end == "hang up":
            handler.close_connection = True
            return None
        if end == "refused":
            handler.say({}, 403)
            return None
        rows: list[Any] = {"empty": [], "short": [], "again": server.rows[:400], "error": []}[end]
        told: dict[str, Any] = {"pChunk": {"KLCSP_ITERATOR_ARRAY": rows}}
        return {"PxgError": {"code": 1}} if end == "error" else {"pChunk": {}} if end == "short" else told

    server.faults["ChunkAccessor.GetItemsChunk"] = second
    _refused(server)


@attack(
    "certificate-of-another",
    threat="another machine on the way answers in the server's place",
    holds="it learns no password",
)
@pytest.mark.parametrize("name", ["127.0.0.1", "ksc.example.org"])
def test_other_certificate(tmp_path: Path, server: Server, name: str) -> None:
    (tmp_path / "other").mkdir()
    with console_server.serving(tmp_path / "other", name) as other:
        other.ca_path = server.ca_path
        _refused(other)
        assert other.calls == []


HOSTILE_NAMES = [
    "{{ lookup('pipe', 'touch /tmp/avshift-owned') }}",
    "{% for x in y %}",
    "-oProxyCommand=touch /tmp/avshift-owned",
    "--limit",
    "../../../etc/cron.d/x",
    "/etc/passwd",
    "a;touch /tmp/avshift-owned",
    "$(touch /tmp/avshift-owned)",
    "`id`",
    "web1\nansible_connection=local",
    "web1\x00",
    "\x1b]0;owned\x07web1",
    "web\u202e1",
    "localhost",
    "LOCALHOST",
    "localhost.localdomain",
    "x.localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "fe80::1%lo",
    "all",
    "ungrouped",
    "_meta",
    "ksc_all",
    "KSC_group_x",
    "web*",
    "web[1:9]",
    "~.*",
    "!web1",
    "web1:web2",
    "web1,web2",
    "web1 ansible_host=evil",
    "@/etc/passwd",
    "root@web1",
    "web1:22",
    "",
    " ",
    ".",
    "..",
    "a" * 5000,
    "пк",
    "web\u0130",
]


@attack(
    "name-that-acts",
    threat="a device, or who can rename one, is called like an option, a path, a pattern, a template or this machine",
    holds="no such name becomes a host's or a group's",
)
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_name(name: str) -> None:
    device = Device(name=name, fqdn=name, dns_name=name, netbios_name=name, address=name, group=name, server=name)
    made = inventory.of_list(DeviceList(Source("server", "x", "", ""), [device]), "ksc_")
    assert len(made.hosts) == 1
    assert re.fullmatch(r"unnamed-[0-9a-f]{8}\.invalid", next(iter(made.hosts)))
    assert [group for group in made.groups if not re.fullmatch(r"ksc_[A-Za-z0-9_]{1,120}", group)] == []


@attack(
    "groups-without-end",
    threat="the server names a group of its own for each device",
    holds="one clear error before Ansible has to hold them all",
)
def test_groups() -> None:
    devices = [Device(name=f"web{number}", group=f"group{number}") for number in range(30_000)]
    with pytest.raises(AvshiftError) as caught:
        inventory.of_list(DeviceList(Source("server", "x", "", ""), devices), "ksc_")
    assert caught.value.code == "device_list_too_large"


@attack(
    "group-that-holds-itself",
    threat="administration groups hold each other in a circle, or are called as Ansible's own",
    holds="the inventory is made, and no group is another's child",
)
def test_group_loop(tmp_path: Path) -> None:
    groups = ["A/B", "B/A", "A/A/A", "A", "all", "ungrouped", "ksc_all", "_meta", "web0"]
    rows = "".join(f"web{number}\t{group}\n" for number, group in enumerate(groups))
    listed = _listed(tmp_path, f"Name\tParent group\n{rows}")
    assert listed["ksc_all"]["hosts"] == [f"web{number}" for number in range(len(groups))]
    assert [name for name, one in listed.items() if name not in ("_meta", "all") and "children" in one] == []


def _listed(home: Path, text: str) -> dict[str, Any]:
    """Return what ansible-inventory lists of an export."""
    (home / "list.txt").write_text(text, encoding="utf-8")
    path = home / "x.ksc.yml"
    path.write_text(f"plugin: avshift.endpoint.ksc\nexport: {home}/list.txt\n", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), "--list", "--export"]
    env = {**os.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_INVENTORY_ENABLED": "auto"}
    env["ANSIBLE_COLLECTIONS_PATH"] = str(Path(__file__).parents[2] / ".cache")
    told = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True).stdout
    content: dict[str, Any] = json.loads(told)
    return content


ROGUE = [
    Device(fqdn="web1.example.org", name="WEB1", host_id="rogue"),
    Device(name="web1", host_id="rogue"),
    Device(netbios_name="WEB1", host_id="rogue"),
    Device(fqdn="web1", host_id="rogue"),
    Device(dns_name="web1", dns_domain="example.org", host_id="rogue"),
    Device(name="web1.example.org", host_id="rogue"),
    Device(fqdn="web1.evil.org", name="WEB1", host_id="rogue"),
]


@attack(
    "device-that-hides-another",
    threat="a user who can register devices adds one with the name of a host that is not migrated",
    holds="no host counts as the rogue device alone, and the real device does not disappear",
)
@pytest.mark.parametrize("rogue", ROGUE, ids=range(len(ROGUE)))
@pytest.mark.parametrize("host", ["web1", "web1.example.org", "WEB1.EXAMPLE.ORG"])
def test_rogue_device(rogue: Device, host: str) -> None:
    real = Device(fqdn="web1.example.org", name="WEB1", host_id="real", agent_version="15")
    found = DeviceList(Source("server", "x", "", ""), [rogue, real])
    made = reconciliation.reconcile(found, [reconciliation.Known(host, True, None)])
    listed = [row["result"] for row in made.rows if row["agent_by_server"] == "15"]
    # Either the host is the real device, by a more reliable name than the rogue's, or all of it is listed.
    assert listed == ["ambiguous"] or (not listed and made.head["matched"] == 1)
    assert [row for row in made.rows if row["host"] and row["result"] == "unknown_to_server"] == []


@attack(
    "host-that-takes-another-s-place",
    threat="a host is called in the inventory so that it passes for another's device as well",
    holds="none of the two counts as that device",
)
@pytest.mark.parametrize("other", ["web1", "WEB1", "web1.example.org.", "10.0.0.5"])
def test_two_hosts(other: str) -> None:
    device = Device(fqdn="web1.example.org", name="WEB1", address="10.0.0.5")
    hosts = [reconciliation.Known(name, True, None) for name in ("web1.example.org", other)]
    made = reconciliation.reconcile(DeviceList(Source("server", "x", "", ""), [device]), hosts)
    assert sorted(row["host"] for row in made.rows) == sorted({"web1.example.org", other})
    assert {row["result"] for row in made.rows} == {"ambiguous"}


@attack(
    "template-in-a-device-s-name",
    threat="a device's name is a template that runs a command on the controller",
    holds="nothing runs it, and it is marked as unsafe",
)
def test_template_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "owned"
    template = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    listed = _listed(tmp_path, f"Name\tDNS name\tParent group\n{template}\tweb1.example.org\t{template}\n")
    assert not mark.exists()
    device = listed["_meta"]["hostvars"]["web1.example.org"]["ksc_devices"][0]
    assert device["name"] == {"__ansible_unsafe": template}


def _million_rows(path: Path) -> None:
    path.write_bytes(b"Name\tDNS name\n" + b"web\tx\n" * 1_000_000)


def _many_columns(path: Path) -> None:
    path.write_bytes(b"Name\t" + b"\t".join(b"c%d" % number for number in range(10_000)) + b"\nweb1\n")


def _gigabyte_file(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"Name\tDNS name\n")
        file.truncate(1 << 30)


def _one_cell(path: Path) -> None:
    path.write_bytes(b'Name\tDNS name\nweb1\t"' + b"x" * (40 << 20) + b"\n")


def _one_line(path: Path) -> None:
    path.write_bytes(b"Name\tDNS name\t" + b"y" * (60 << 20))


def _quotes(path: Path) -> None:
    path.write_bytes(b'Name,DNS name\n"' + b'""' * (10 << 20))


def _written_list(path: Path) -> None:
    device = b'{"name":"a"},'
    path.write_bytes(b'{"kind":"avshift.endpoint device list","devices":[' + device * 1_000_000 + b'{"name":"a"}]}')


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


FILES: list[Callable[[Path], None]] = [_many_columns, _gigabyte_file, _pipe, _link_to_a_device, _folder]
LARGE: list[Callable[[Path], None]] = [_million_rows, _one_cell, _one_line, _quotes, _written_list]
READ = """
import json, resource, sys
sys.path.insert(0, {cache!r})
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import read
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
try:
    read.file({path!r})
except AvshiftError as error:
    print(error.code)
"""


@attack(
    "file-that-is-no-list",
    threat="the file given as an export has a gigabyte or 10,000 columns, or is a pipe, a device or a folder",
    holds="one clear error within 1.5 GB of memory, and nothing hangs",
)
@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__.strip("_"))
def test_odd_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    _is_refused(tmp_path / "list.txt", make)


@attack(
    "file-that-fills-memory",
    threat="the file given as an export has a million rows or devices, or one cell or line without end",
    holds="one clear error within 1.5 GB of memory",
    long=True,
)
@pytest.mark.parametrize("make", LARGE, ids=lambda make: make.__name__.strip("_"))
def test_huge_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    _is_refused(tmp_path / "list.txt", make)


def _is_refused(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    code = READ.format(cache=str(Path(__file__).parents[2] / ".cache"), memory=MEMORY, path=str(path))
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stderr[-1000:]
    assert re.fullmatch(r"(device_list_(wrong|too_large)|file_unreadable)\n", told.stdout)


@attack(
    "list-that-breaks-off",
    threat="an export is incomplete: a full disk, or a broken copy",
    holds="it does not pass as whole",
)
@pytest.mark.parametrize("cut", [1, 2, 4, 9])
def test_broken_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"Name\tDNS name\tParent group\nweb1\tweb1\tA\nweb2\tweb2\t"[:-cut])
    assert read.file(str(path)).gaps != []
