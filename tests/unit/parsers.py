"""The pure parsers of endpoint code, each by its module and name, as a function of its input bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import rpm
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import host, look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import ini_sections, ini_values, obstacles
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.lines import (
    mentioned_lines,
    mentions,
    shell_lines,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import (
    flows,
    kernel_names,
    packet_marks,
    sockets,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.packages import (
    debconf,
    package_changes,
    package_holds,
    rpm_installs,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.running import kernel_modules, resources
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.trust import (
    accounts,
    selinux_booleans,
    trusted_keys,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.kernel import mounts
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import (
    certificates,
    containers,
    dpkg_status,
    interception,
    kernel_tables,
    netlink,
    nf_tables,
    packet_chains,
    packet_rules,
    packet_views,
    policy_rules,
    rpm_database,
    systemd,
    traffic_control,
    xfrm,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix import names, odd_lines
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import vendor

BLOCK = 64
NAMED = (b"/opt/kaspersky/kesl", b"/var/opt/kaspersky/kesl", b"kesl_exec_t")
WORD = b"kesl"
ADDRESSES = {"192.0.2.10": ({"ksc"}, "x"), "2001:db8::10": ({"ksc"}, "x")}
KEYS = ("EulaId", "KsvlaMode")


def text_of(raw: bytes) -> str:
    """Return bytes as the endpoint's files are read."""
    return raw.decode("utf-8", "surrogateescape")


def lines_of(raw: bytes) -> list[str]:
    """Return the lines without their ends; only a line feed ends one."""
    lines = text_of(raw).split("\n")
    return lines if lines[-1] else lines[:-1]


def _blocks(raw: bytes) -> list[bytes]:
    return [raw[start : start + BLOCK] for start in range(0, len(raw), BLOCK)]


def _stanzas(raw: bytes) -> list[dict[str, Any]]:
    """Return what is read from each stanza that names a package, with the words of its dependencies."""
    return [
        dict(dpkg_status.fields(stanza), depends=sorted(set(dpkg_status.WORDS.findall(_depends(stanza)))))
        for chunk in dpkg_status.chunks(_blocks(raw))
        for stanza in dpkg_status.stanzas_at(chunk, [named.start(1) for named in dpkg_status.NAME.finditer(chunk)])
    ]


def _depends(stanza: bytes) -> str:
    return str(dpkg_status.fields(stanza).get("depends", ""))


def _stanzas_with_a_word(raw: bytes) -> list[str]:
    chunk = b"\n" + raw
    return [text_of(stanza) for stanza in dpkg_status.stanzas_at(chunk, [*dpkg_status.occurrences(WORD, chunk)])]


def _fitting(raw: bytes) -> list[str]:
    """Return the names, one per line, that match the patterns in the first line."""
    patterns, *told = lines_of(raw) or [""]
    fits = names.any_of(patterns.split())
    return [name for name in told if fits(name)]


def _accounts(raw: bytes) -> list[str]:
    return [line for line in lines_of(raw) if list(look.users([line]))]


def _container(raw: bytes) -> str:
    """Return the container of a process; the groups of process 1 follow after an empty line."""
    own, _empty, first = text_of(raw).partition("\n\n")
    return containers.container_in(own, first or "0::/init.scope\n")


def _hexadecimal(raw: bytes) -> bytes:
    try:
        return bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        return raw


# Asks for every rule in every form; the first line is the exit code.
FORMS = ("json", "key_value", "assignments", "columns", "indexed", "pattern", "return_code")
CLEANED = ["attention", "managed", "quotes", "parentheses", "final_dot"]
RULES: list[dict[str, Any]] = [
    {"id": "value", "field": "healthy", "ok": ["true"], "bad": ["false"]},
    {"id": "set", "field": "aid", "set": True},
    {"id": "empty", "field": "conflicts", "empty": True},
    {"id": "minutes", "field": "age", "age": {"unit": "minutes", "max_hours": 24, "sane_days": 365}},
    {"id": "date", "field": "day", "age": {"unit": "date", "max_hours": 24, "sane_days": 365}},
]
NOON = 1795348800  # 2026-11-22 12:00 UTC


def _judged(raw: bytes) -> dict[str, list[str]]:
    code, _end, text = text_of(raw).partition("\n")
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 4 else 0
    probe = {"argv": ["/x"], "clean": CLEANED, "pattern": r"^(?P<healthy>\w+) (?P<day>\S+)", "checks": RULES}
    return {
        form: [found["result"] for found in vendor.judge({**probe, "output": form}, number, text, NOON)]
        for form in FORMS
    }


CHAINS = {"kesl_bypass"}

PARSERS: dict[str, Callable[[bytes], Any]] = {
    "accounts.groups": lambda raw: list(accounts.groups(lines_of(raw))),
    "certificates.name": lambda raw: certificates.name(_hexadecimal(raw)),
    "certificates.pem_blocks": lambda raw: [der.hex() for der in certificates.pem_blocks(raw)],
    "certificates.subject": lambda raw: [certificates.subject(der) for der in [*certificates.pem_blocks(raw)] or [raw]],
    "containers.container_in": _container,
    "debconf.answers": lambda raw: list(debconf.answers(lines_of(raw))),
    "dpkg_status.fields": _stanzas,
    "dpkg_status.occurrences": lambda raw: list(dpkg_status.occurrences(WORD, raw)),
    "dpkg_status.stanzas_at": _stanzas_with_a_word,
    "flows.cached": lambda raw: flows.cached(text_of(raw)),
    "flows.flows": lambda raw: list(flows.flows(lines_of(raw), ADDRESSES)),
    "flows.hosts": lambda raw: list(flows.hosts(lines_of(raw))),
    "flows.is_named": lambda raw: [name for name in lines_of(raw) if flows.is_named(name, ("vendor.example",))],
    "flows.tracked": lambda raw: list(flows.tracked(lines_of(raw), ADDRESSES)),
    "host.os_release": lambda raw: host.os_release(lines_of(raw)),
    "ini_sections.sections": lambda raw: list(ini_sections.sections(lines_of(raw))),
    "ini_values.value_of": lambda raw: {key: ini_values.value_of(lines_of(raw), key) for key in KEYS},
    "interception.marks": lambda raw: list(interception.marks(lines_of(raw))),
    "kernel_modules.modules": lambda raw: list(kernel_modules.modules(lines_of(raw))),
    "kernel_names.declared_in": lambda raw: [kernel_names.declared_in(line) for line in lines_of(raw)],
    "kernel_tables.named_in": lambda raw: {
        kind: list(kernel_tables.named_in(_hexadecimal(raw), kind)) for kind in sorted(kernel_tables.ASKED)
    },
    "kernel_tables.sets_in": lambda raw: list(kernel_tables.sets_in(_hexadecimal(raw))),
    "look.users": lambda raw: list(look.users(lines_of(raw))),
    "mentioned_lines.blocks": lambda raw: {
        place: [[number, text_of(b"\n".join(lines))] for number, lines in mentioned_lines.blocks(raw, place)]
        for place in ("cron", "mta")
    },
    "mentions.lines_naming": lambda raw: list(mentions.lines_naming(raw, mentions.expression_of(NAMED))),
    "mounts.mounts": lambda raw: list(mounts.mounts(lines_of(raw))),
    "names.any_of": _fitting,
    "netlink.attributes": lambda raw: [[kind, part.hex()] for kind, part in netlink.attributes(_hexadecimal(raw))],
    "netlink.messages": lambda raw: [[kind, part.hex()] for kind, part in netlink.messages(_hexadecimal(raw))],
    "nf_tables.chains_in": lambda raw: list(nf_tables.chains_in(_hexadecimal(raw))),
    "obstacles.mapped": lambda raw: list(obstacles.mapped(lines_of(raw))),
    "odd_lines.in_accounts": lambda raw: odd_lines.in_accounts(lines_of(raw), _accounts(raw)),
    "odd_lines.in_sections": lambda raw: odd_lines.in_sections(lines_of(raw)),
    "odd_lines.in_stanzas": odd_lines.in_stanzas,
    "package_changes.simulated": lambda raw: list(package_changes.simulated(lines_of(raw))),
    "package_holds.locks": lambda raw: list(package_holds.locks(lines_of(raw))),
    "package_holds.protected": lambda raw: list(package_holds.protected(lines_of(raw))),
    "packet_chains.nft_chains": lambda raw: list(packet_chains.nft_chains(lines_of(raw), CHAINS)),
    "packet_chains.saved_chains": lambda raw: list(packet_chains.saved_chains(lines_of(raw), "iptables-nft", CHAINS)),
    "packet_marks.marked": lambda raw: list(packet_marks.marked(lines_of(raw))),
    "packet_rules.nft_rules": lambda raw: list(packet_rules.nft_rules(lines_of(raw))),
    "packet_rules.route_rules": lambda raw: list(packet_rules.route_rules(lines_of(raw), packet_rules.ROUTES[0])),
    "packet_rules.saved_rules": lambda raw: list(packet_rules.saved_rules(lines_of(raw), packet_views.LEGACY[0][0])),
    "packet_views.odd_line": lambda raw: packet_views.odd_line(lines_of(raw)),
    "packet_views.table_blocks": lambda raw: list(packet_views.table_blocks(lines_of(raw))),
    "traffic_control.filters_in": lambda raw: [
        [one.place, one.kind, sorted(one.marks), one.names, one.unknown]
        for one in traffic_control.filters_in(_hexadecimal(raw))
    ],
    "xfrm.marked_in": lambda raw: list(xfrm.marked_in(_hexadecimal(raw))),
    "policy_rules.marked": lambda raw: list(policy_rules.marked(_hexadecimal(raw))),
    "resources.memory_mb": lambda raw: resources.memory_mb(text_of(raw)),
    "rpm.dnf_rows": lambda raw: list(rpm.dnf_rows(lines_of(raw))),
    "rpm.zypper_solvables": lambda raw: rpm.zypper_solvables(text_of(raw)),
    "rpm_database.packages": lambda raw: list(rpm_database.packages(lines_of(raw))),
    "rpm_installs.dnf_changes": lambda raw: list(rpm_installs.dnf_changes(text_of(raw))),
    "rpm_installs.zypper_changes": lambda raw: list(rpm_installs.zypper_changes(text_of(raw))),
    "selinux_booleans.values": lambda raw: list(selinux_booleans.values(lines_of(raw))),
    "sockets.listening": lambda raw: {
        state: list(sockets.listening(lines_of(raw), state)) for state in sorted(set(sockets.LISTENING.values()))
    },
    "sockets.address_of": lambda raw: [sockets.address_of(line) for line in lines_of(raw)],
    "shell_lines.context": lambda raw: [
        [number, shell_lines.context(logical, number)]
        for logical in [list(mentioned_lines.blocks(raw, "shell"))]
        for number, _lines in logical
    ],
    "trusted_keys.holds": lambda raw: trusted_keys.holds(raw, "kaspersky"),
    "trusted_keys.kernel_keys": lambda raw: list(trusted_keys.kernel_keys(lines_of(raw), "kaspersky")),
    "sockets.local": lambda raw: list(sockets.local(lines_of(raw))),
    "systemd.properties": lambda raw: list(systemd.properties(text_of(raw))),
    "vendor.judge": _judged,
}
