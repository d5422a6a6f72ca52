"""Outputs under tests/fixtures are understood as the file beside them says, and no bytes make a parser fail."""

from __future__ import annotations

import ast
import json
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import items
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.lines import mentions
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import (
    certificates,
    dpkg_status,
    netlink,
    policy_rules,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix import names
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.time_limit import time_limit
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsers import PARSERS, lines_of
from sources import ENDPOINT, tree
from support import FIXTURES, cases, load_yaml, name_of

OUTPUTS = cases("outputs", "*.txt")
# Words of every format, pieces of text, and bytes that are not text.
WORDS = ["Package: ", "Status: ", "Version", ":", "=", "[", "]", "Inst ", "Purg ", "(", "fanotify ", "mask:", "ino:"]
WORDS += ["Name: ", "Value:", ",", "x", "0", "30000", " ", "\t", "\n", "\n\n", "²", "٣", "\x00", "\x85", "\u2028"]
WORDS += ["mark ", "0x200", "0A ", "0100007F:08AE ", "kesl", "/opt/kaspersky/kesl", " - ", "\\040", "\\777", "(none)"]
WORDS += [
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
    "MAMCAQE=",
    "docker-" + "0f" * 32,
    "kubepods",
    "/",
]
SPLINTERS = st.one_of(
    st.sampled_from([word.encode() for word in WORDS]), st.binary(max_size=6), st.just(b"\xed\xa0\x80")
)
GARBLED = st.lists(SPLINTERS, max_size=30).map(b"".join)
# Lengths and kinds of DER and netlink, which the strategies above would seldom hit.
RECORDED = [path.read_bytes() for path in OUTPUTS]


def _spoilt(raw: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy that shortens a recorded output, and inserts something else into it."""
    place = st.integers(0, len(raw))
    return st.tuples(place, place, SPLINTERS).map(lambda cut: raw[: cut[0]] + cut[2] + raw[cut[1] :])


RAW = st.one_of(GARBLED, st.binary(max_size=300), st.sampled_from(RECORDED).flatmap(_spoilt))


def _plain(content: Any) -> Any:
    """Return content without tuples, as YAML has it."""
    return json.loads(json.dumps(content))


def test_every_parser_has_outputs() -> None:
    assert {path.name for path in (FIXTURES / "outputs").iterdir()} == set(PARSERS)
    assert {path.parent.name for path in OUTPUTS} == set(PARSERS)


def test_every_function_that_never_raises_is_put_to_the_test() -> None:
    promising = {
        f"{path.stem}.{node.name}"
        for path in ENDPOINT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and "Never raises." in (ast.get_docstring(node) or "")
    }
    assert promising
    assert promising - set(PARSERS) == set()


@pytest.mark.parametrize("path", OUTPUTS, ids=name_of)
def test_output_is_understood_as_expected(path: Path) -> None:
    assert _plain(PARSERS[path.parent.name](path.read_bytes())) == load_yaml(path.with_suffix(".yml"))


class _Sealed:
    """Refuses any effect on the outside while a parser works: an audit hook cannot be removed again."""

    FORBIDDEN = ("open", "os.", "subprocess.", "socket.", "shutil.", "tempfile.", "sqlite3.", "exec", "ctypes.")

    def __init__(self) -> None:
        self.closed = False
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.closed and event.startswith(self.FORBIDDEN):
            raise PermissionError(f"a parser did {event}{arguments!r:.200}")

    def call(self, parser: Callable[[bytes], Any], raw: bytes) -> Any:
        """Return what a parser makes of bytes; PermissionError if it uses anything else."""
        self.closed = True
        try:
            return parser(raw)
        finally:
            self.closed = False


SEALED = _Sealed()


@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=40)
@given(RAW)
def test_parser_takes_any_bytes_and_nothing_else(name: str, raw: bytes) -> None:
    told = SEALED.call(PARSERS[name], raw)
    assert told == SEALED.call(PARSERS[name], bytes(raw))
    json.dumps(items.printable(_plain(told))).encode("utf-8")


def test_sealed_parser_cannot_read_a_file() -> None:
    """Otherwise the test above would show nothing."""
    with pytest.raises(PermissionError, match="a parser did open"):
        SEALED.call(lambda raw: Path("/etc/passwd").read_bytes(), b"")
    assert Path("/etc/passwd").read_bytes()


@given(RAW)
def test_groups_are_well_formed(raw: bytes) -> None:
    for name, gid, members in PARSERS["accounts.groups"](raw):
        assert name
        assert gid >= 0
        assert all(members)


@pytest.mark.parametrize("number", ["²", "٣", "１", "", " 5", "-5", "+5", "1_0", "99999999999"])
def test_number_of_other_than_digits_is_no_group_and_no_user(number: str) -> None:
    assert PARSERS["accounts.groups"](f"kesladmin:x:{number}:\n".encode()) == []
    assert PARSERS["look.users"](f"alice:x:{number}:1000::/home/alice:/bin/sh\n".encode()) == []
    assert PARSERS["look.users"](f"alice:x:1000:{number}::/home/alice:/bin/sh\n".encode()) == []


@given(RAW)
def test_users_are_well_formed(raw: bytes) -> None:
    for name, uid, gid, home, shell in PARSERS["look.users"](raw):
        assert name
        assert min(uid, gid) >= 0
        assert ":" not in home + shell


@given(RAW)
def test_answers_are_well_formed(raw: bytes) -> None:
    for name, value in PARSERS["debconf.answers"](raw):
        assert name == name.strip()
        assert value == value.strip()


STATUS = st.lists(
    st.sampled_from(
        [
            b"Package: a",
            b"\nPackage:",
            b"\n",
            b"\n\n",
            b" b",
            b"Version: 1\n",
            b"Depends: a, b (>= 1)\n",
            b"\n Package: c",
        ]
    )
)


@given(STATUS)
def test_stanzas_are_the_same_however_the_file_is_cut_into_blocks(blocks: list[bytes]) -> None:
    """They are those that start a line with a name, in blocks separated by empty lines."""
    stanzas = [b"\n" + stanza for stanza in b"".join(blocks).split(b"\n\n")]
    expected = [dpkg_status.fields(stanza) for stanza in stanzas if dpkg_status.NAME.search(stanza)]
    for cut in (blocks, [b"".join(blocks)], [bytes([byte]) for byte in b"".join(blocks)]):
        chunks = list(dpkg_status.chunks(cut))
        found = [
            dpkg_status.fields(stanza)
            for chunk in chunks
            for stanza in dpkg_status.stanzas_at(chunk, [named.start(1) for named in dpkg_status.NAME.finditer(chunk)])
        ]
        assert found == expected


def test_stanza_that_dpkg_never_wrote_is_refused_before_it_fills_the_memory() -> None:
    block = b"x" * (1 << 18)
    with pytest.raises(ValueError, match="a stanza of more than"):
        list(dpkg_status.chunks(block for _number in range(100)))


@given(st.lists(SPLINTERS).map(b"".join), st.lists(st.integers(0, 200), max_size=5))
def test_stanzas_hold_the_positions_that_they_were_chosen_by(chunk: bytes, positions: list[int]) -> None:
    inside = [position for position in positions if position < len(chunk)]
    for stanza in dpkg_status.stanzas_at(chunk, inside):
        assert stanza in chunk
        assert b"\n\n" not in stanza.strip(b"\n")


@given(st.lists(SPLINTERS).map(b"".join), st.sampled_from([b"kesl", b"x", b"\n\n"]))
def test_occurrences_are_all_that_do_not_overlap(data: bytes, text: bytes) -> None:
    found = list(dpkg_status.occurrences(text, data))
    assert len(found) == data.count(text)
    assert all(data.startswith(text, position) for position in found)


@given(RAW)
def test_stanzas_are_well_formed(raw: bytes) -> None:
    for stanza in PARSERS["dpkg_status.fields"](raw):
        assert set(stanza) <= {*dpkg_status.FIELDS.values()}
        assert all(value == value.strip(" \t\r\n\v\f") for value in stanza.values() if isinstance(value, str))


BLOCKS = st.lists(st.binary(max_size=4).map(lambda raw: raw.replace(b"a", b"/x\n")), max_size=9)


@given(BLOCKS, st.sets(st.sampled_from([b"/x", b"/", b"x", b"/x/x"]), min_size=1))
def test_lines_are_found_however_the_file_is_cut_into_blocks(blocks: list[bytes], wanted: set[bytes]) -> None:
    assert dpkg_status.lines_among(iter(blocks), wanted) == wanted & {*b"".join(blocks).split(b"\n")}


@given(RAW)
def test_release_is_well_formed(raw: bytes) -> None:
    for key, value in PARSERS["host.os_release"](raw).items():
        assert key == key.strip()
        assert isinstance(value, str)


@given(RAW)
def test_sections_lose_no_line(raw: bytes) -> None:
    found = PARSERS["ini_sections.sections"](raw)
    assert [line for _name, block in found for line in block] == lines_of(raw)
    for name, block in found[1:]:
        assert block[0].strip() == f"[{name}]"


@given(RAW)
def test_values_are_well_formed(raw: bytes) -> None:
    for value in PARSERS["ini_values.value_of"](raw).values():
        assert value is None or value == value.strip()


@given(RAW)
def test_marks_of_processes_are_well_formed(raw: bytes) -> None:
    for target, mask in PARSERS["interception.marks"](raw):
        assert target.startswith(("ino:", "mnt_id:", "sdev:"))
        assert isinstance(mask, int)


@given(RAW)
def test_marks_of_packets_stand_in_their_lines(raw: bytes) -> None:
    for mark, line in PARSERS["packet_marks.marked"](raw):
        assert mark == hex(int(mark, 16))
        assert mark[2:] in line.lower()


@given(RAW)
def test_mounts_are_well_formed(raw: bytes) -> None:
    found = PARSERS["mounts.mounts"](raw)
    assert len(found) <= sum(" - " in line for line in lines_of(raw))
    for point, source, kind in found:
        assert isinstance(point + source + kind, str)


@given(RAW)
def test_modules_are_well_formed(raw: bytes) -> None:
    for name, users in PARSERS["kernel_modules.modules"](raw):
        assert name.split() == [name]
        assert all(users)


@given(RAW)
def test_listening_sockets_are_well_formed(raw: bytes) -> None:
    for found in PARSERS["sockets.listening"](raw).values():
        for inode, address in found:
            host, _colon, port = address.rpartition(":")
            assert inode
            assert int(port) >= 0
            assert host.count(".") == 3 or (host[0], host[-1]) == ("[", "]")


@given(RAW)
def test_local_sockets_are_paths(raw: bytes) -> None:
    assert all(path.startswith("/") for path in PARSERS["sockets.local"](raw))


@given(RAW)
def test_mentions_are_lines_of_what_was_given(raw: bytes) -> None:
    told = raw.decode("utf-8", "replace").split("\n")
    for number, line in PARSERS["mentions.lines_naming"](raw):
        start = line.rstrip("\ufffd")
        assert told[number - 1].startswith(start)
        assert len(line) <= mentions.LONGEST


@given(RAW)
def test_changes_are_well_formed(raw: bytes) -> None:
    for action, name, old, new in PARSERS["package_changes.simulated"](raw):
        assert action in ("install", "remove", "purge")
        assert name.strip() == name
        assert isinstance(old, str)
        assert isinstance(new, str)


@given(RAW)
def test_packages_of_rpm_are_well_formed(raw: bytes) -> None:
    for told in PARSERS["rpm_database.packages"](raw):
        assert set(told) == {"name", "version", "architecture", "vendor"}
        assert told["name"] not in ("", "gpg-pubkey")
        assert "(none)" not in told["version"] or "(none)" in raw.decode("utf-8", "replace")


@given(RAW)
def test_properties_are_well_formed(raw: bytes) -> None:
    for unit in PARSERS["systemd.properties"](raw):
        assert unit
        assert all("=" not in key for key in unit)


@given(RAW)
def test_container_is_named_by_what_was_given(raw: bytes) -> None:
    assert PARSERS["containers.container_in"](raw) in raw.decode("utf-8", "surrogateescape")


def _element(kind: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([kind, size]) + content if size < 128 else bytes([kind, 0x82]) + size.to_bytes(2, "big") + content


CERTIFICATE = (FIXTURES / "outputs" / "certificates.subject" / "bundle-with-the-vendor-s.txt").read_bytes()


@given(st.integers(0, 600), st.integers(0, 255))
def test_certificate_with_any_byte_changed_tells_no_more_than_it_holds(place: int, byte: int) -> None:
    """A length that reaches beyond its element must not make anything else a part of the name."""
    der = bytearray(next(certificates.pem_blocks(CERTIFICATE)))
    der[place % len(der)] = byte
    for part in certificates.subject(bytes(der)).split(", "):
        _key, _equals, text = part.partition("=")
        assert text.rstrip("\ufffd").encode()[:4] in bytes(der) or "\ufffd" in text or "," in text or text == ""


def _pair(text: bytes) -> bytes:
    return _element(0x30, _element(0x06, b"\x55\x04\x03") + _element(0x0C, text))


@given(st.binary(max_size=40), st.sampled_from([b"\x80", b"\x7f", b"\x84\xff\xff\xff\xff", b"\x85\0\0\0\0\1", b"\xff"]))
def test_length_beyond_the_end_ends_the_reading(content: bytes, size: bytes) -> None:
    before = _element(0x31, _pair(b"before"))
    assert certificates.name(before + b"\x31" + size + _pair(b"behind") + content) == "CN=before"


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_rules_of_messages_with_any_attributes(contents: list[bytes]) -> None:
    message = b"".join(netlink.ATTRIBUTE.pack(4 + len(part), 10) + part + b"\0" * (-len(part) % 4) for part in contents)
    whole = netlink.HEADER.pack(16 + 12 + len(message), policy_rules.NEW_RULE, 0, 1, 0) + b"\0" * 12 + message
    marks = [int.from_bytes(part, sys.byteorder) for part in contents if len(part) == 4]
    assert list(policy_rules.marked(whole)) == [(mark, 0) for mark in marks[-1:] if mark]


@pytest.mark.parametrize("length", range(4))
def test_rules_of_messages_that_have_no_length_end(length: int) -> None:
    """They would be read again and again."""
    attribute = netlink.ATTRIBUTE.pack(length, policy_rules.MARK) + b"\0\0\0\1"
    size = netlink.HEADER.size + policy_rules.RULE_SIZE + len(attribute)
    whole = netlink.HEADER.pack(size, policy_rules.NEW_RULE, 0, 1, 0) + b"\0" * policy_rules.RULE_SIZE + attribute
    with time_limit(20, "rules"):
        assert list(policy_rules.marked(whole)) == []
        assert list(policy_rules.marked(netlink.HEADER.pack(length, policy_rules.NEW_RULE, 0, 1, 0) + whole)) == []


PATTERNS = st.lists(st.text(st.sampled_from("ab*.[?\n(\udcff"), max_size=6), max_size=5)


@given(PATTERNS, st.text(st.sampled_from("ab.[?\n(\udcff"), max_size=8))
def test_only_the_star_has_a_meaning_in_a_pattern(patterns: list[str], name: str) -> None:
    assert names.any_of(patterns)(name) is any(_fits(pattern, name) for pattern in patterns)


def _fits(pattern: str, name: str) -> bool:
    """The same, computed by hand: the parts between the stars occur in the name in order."""
    first, *parts = pattern.split("*")
    if not parts:
        return name == pattern
    if not name.startswith(first):
        return False
    at = len(first)
    for part in parts[:-1]:
        at = name.find(part, at) + len(part)
        if at < len(part):
            return False
    return len(name) - at >= len(parts[-1]) and name.endswith(parts[-1])


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4), st.text(max_size=40))
def test_expression_of_texts_finds_them_and_takes_them_literally(texts: list[str], other: str) -> None:
    expression = mentions.expression_of([text.encode() for text in texts])
    assert expression.search(f"{other} {texts[0]} {other}".encode())
    assert not expression.search(b"")


@example("\ud800 and \udc00")
@example("\udc80\udcff")
@given(st.text(max_size=30))
def test_what_is_told_can_be_encoded(text: str) -> None:
    told = items.printable({text: [text, {"more": text}], "number": 1})
    json.dumps(told, ensure_ascii=False).encode("utf-8")
    if all(unicodedata.category(char) != "Cs" for char in text):
        assert told == {text: [text, {"more": text}], "number": 1}


@given(st.binary(max_size=12))
def test_bytes_that_are_no_text_are_told_as_numbers(raw: bytes) -> None:
    assert items.printable(raw.decode("utf-8", "surrogateescape")) == raw.decode("utf-8", "backslashreplace")


def test_what_is_nested_too_deep_is_refused() -> None:
    for levels in (items.MOST_LEVELS, items.MOST_LEVELS + 1, 900):
        content: Any = "x"
        for _level in range(levels):
            content = [content]
        if levels <= items.MOST_LEVELS:
            assert items.printable(content) == content
        else:
            with pytest.raises(ValueError, match="nested"):
                items.printable(content)
