"""Files in forms that no program of the system writes: a finding is never lost on a host that is called complete."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import collector
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import answer
from support import CATALOG
from test_damaged_readers import ASKED, FILES

NAMES = {"package:kesl", "package:klms", "account:ksc", "group:kfladmin"}
SECTIONS = {f"ini_section:/var/opt/kaspersky/applications.setup[{key}]" for key in ("1103", "1194")}
# What reads these files; the test without damage asks for all kinds.
READERS = {kind: ASKED[kind] for kind in ("package", "account", "group", "ini_section", "saved_chain")}
# Other kinds that confirm a product, or have an effect, through their text.
MORE = {
    **FILES,
    "etc/iptables/rules.v4": "*mangle\n:kesl_bypass - [0:0]\n-A OUTPUT -j kesl_bypass\nCOMMIT\n",
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/nsswitch.conf": "passwd: files\n",
}
FOUND = NAMES | SECTIONS | {"saved_chain:/etc/iptables/rules.v4 kesl_bypass"}
# An empty one of these files is in order: it says that there is nothing.
MAY_BE_EMPTY = ("etc/iptables/rules.v4", "var/opt/kaspersky/applications.setup")
DAMAGED = [name for name in MORE if name.startswith(("var/lib/dpkg", "etc/", "var/opt"))]
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "cr": lambda data: data.replace(b"\n", b"\r"),
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "utf-16-le": lambda data: data.decode().encode("utf-16-le"),
    "utf-32": lambda data: data.decode().encode("utf-32"),
    "no-newline": lambda data: data.rstrip(b"\n"),
    "nul-first": lambda data: b"\0" + data,
    "nul-lines": lambda data: data.replace(b"\n", b"\n\0"),
    "nul-for-newline": lambda data: data.replace(b"\n", b"\0"),
    "line-separator": lambda data: data.replace(b"\n", b"\xe2\x80\xa8"),
    "vertical-tab": lambda data: data.replace(b"\n", b"\x0b"),
    "form-feed": lambda data: data.replace(b"\n", b"\x0c\n"),
    "huge-line": lambda data: b"x" * 3000000 + b"\n" + data,
    "header-apart": lambda data: data.replace(b"[", b"[ ").replace(b"]", b" ]"),
    "half-a-letter": lambda data: data + "ü".encode()[:1],
    "doubled": lambda data: data + data,
    "indented": lambda data: b"".join(b" " + line for line in data.splitlines(keepends=True)),
    "blank-ends": lambda data: data.replace(b"\n", b" \n"),
    "tab-ends": lambda data: data.replace(b"\n", b"\t\n"),
    "soft-hyphen": lambda data: data.replace(b":", b":\xc2\xad"),
    "empty": lambda _data: b"",
    "zeroed": lambda data: b"\0" * len(data),
}


def _told(files: dict[str, bytes], asked: dict[str, Any]) -> tuple[set[str], bool, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        told = answer.answer(platforms.evidence(collector.collect(asked, folder)), CATALOG)
    reasons = {reason for finding in told["findings"] for reason in finding["reasons"]}
    # The architecture is part of a package's id, and comes from the damaged file.
    reasons = {reason.rpartition(":")[0] if reason.count(":") == 2 else reason for reason in reasons}
    return reasons, told["complete"], [unknown["id"] for unknown in told["unknowns"]]


WHOLE = {name: text.encode() for name, text in MORE.items()}


def test_all_of_it_is_found_where_nothing_is_damaged() -> None:
    found, complete, _unknowns = _told(WHOLE, ASKED)
    assert found >= FOUND
    assert complete


CASES = [(name, form) for name in DAMAGED for form in FORMS if form != "empty" or name not in MAY_BE_EMPTY]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_no_finding_is_lost_in_another_form(name: str, form: str) -> None:
    found, complete, unknowns = _told({**WHOLE, name: FORMS[form](WHOLE[name])}, READERS)
    assert found >= FOUND or not complete, sorted(FOUND - found)
    assert found >= FOUND or unknowns
