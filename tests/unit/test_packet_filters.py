"""Packet filters are read completely: if one tool's view is incomplete, another one is asked, or it is unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.network import packet_chains_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import packet_chains, packet_marks
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import (
    nf_tables,
    packet_rules,
    packet_views,
    policy_rules,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import NOWHERE, cases, load_yaml, name_of

FILTERS = cases("packet_filters")
ASKED = {"marks": ["0x200", "0x400"], "set_by": []}


class Host:
    """The packet filters of a case, as its programs and its kernel show them."""

    def __init__(self, case: dict[str, Any], tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
        self.programs: dict[str, str] = dict(case["programs"])
        self.given: list[str] = []
        kernel, legacy = case.get("kernel", []), case.get("legacy", {})
        for tool, _table in packet_views.LEGACY:
            (tmp_path / tool).write_text(f"{legacy[tool]}\n" if tool in legacy else "", encoding="ascii")
        tables = tuple((tool, str(tmp_path / tool)) for tool, _table in packet_views.LEGACY)
        patch.setattr(packet_views, "LEGACY", tables)
        patch.setattr(packet_views, "has", lambda name: any(name == line.split(" ")[0] for line in self.programs))
        patch.setattr(packet_views, "run", self.run)
        patch.setattr(packet_chains_remove, "run", self.run)
        patch.setattr(nf_tables, "may_be_there", lambda: bool(kernel))
        patch.setattr(nf_tables, "chains", lambda: self.chains(kernel))
        patch.setattr(policy_rules, "now", list)

    def run(self, argv: list[str], _limit: int, stdin: str | None = None) -> Finished:
        """Stand in for a program of the host."""
        if stdin is not None:
            self.given.append(f"{' '.join(argv)}\n{stdin}")
            return Finished(0, "", "")
        if " ".join(argv) not in self.programs:
            raise EndpointError("command_missing", "Running a command", argv[0], "No such file", "Install it.")
        return Finished(0, self.programs[" ".join(argv)], "")

    @staticmethod
    def chains(kernel: Any) -> list[tuple[str, str]]:
        """Stand in for the kernel's own answer."""
        if isinstance(kernel, str):
            raise PermissionError(1, kernel)
        return list(map(tuple, kernel))


def _told(items: Any) -> tuple[list[str], list[str]]:
    """Return (what was seen, where something is unknown) from evidence items."""
    items = list(items)
    return sorted(item["what"] for item in items if "value" in item), sorted(
        item["what"] for item in items if "unknown" in item
    )


@pytest.mark.parametrize("path", FILTERS, ids=name_of)
def test_filters_are_told_whole_or_as_not_known(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load_yaml(path)
    Host(case, tmp_path, monkeypatch)
    expect, look = case["expect"], Look(str(NOWHERE))
    unknown = sorted(expect.get("unknown", []))
    assert _told(packet_marks.collect(ASKED, look)) == (expect["marks"], unknown)
    chains, not_known = _told(packet_chains.collect(["kesl_bypass"], look))
    assert chains == expect["chains"]
    assert not_known == sorted(expect.get("chains_unknown", unknown if chains else _legacy(unknown)))
    if unknown:
        with pytest.raises(EndpointError):
            list(packet_rules.listed())
    elif "rules" in expect:
        assert [f"{rule['tool']}: {rule['rule']}" for rule in packet_rules.listed()] == expect["rules"]


def _legacy(unknown: list[str]) -> list[str]:
    return [tool for tool in unknown if tool.endswith("-legacy")]


WHOLE = load_yaml(next(path for path in FILTERS if path.stem == "warned-and-translated"))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_listing_never_loses_a_mark_in_silence(
    data: st.DataObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shortened, zeroed or doubled from anywhere: each mark is seen, or something is unknown."""
    programs = dict(WHOLE["programs"])
    damaged = data.draw(st.sampled_from(sorted(programs)))
    text = programs[damaged]
    at = data.draw(st.integers(0, len(text) - 1))
    how = data.draw(st.sampled_from(["end", "zero", "double"]))
    size = data.draw(st.integers(1, 40))
    middle = {
        "end": "",
        "zero": "\0" * len(text[at : at + size]) + text[at + size :],
        "double": text[max(at - size, 0) :],
    }
    programs[damaged] = text[:at] + middle[how]
    with monkeypatch.context() as patch:
        Host({**WHOLE, "programs": programs}, tmp_path, patch)
        seen, unknown = _told(packet_marks.collect(ASKED, Look(str(NOWHERE))))
        chains, _chains_unknown = _told(packet_chains.collect(["kesl_bypass"], Look(str(NOWHERE))))
    assert {mark.rpartition(" ")[2] for mark in seen} == {"0x200", "0x400"} or unknown
    # The kernel gives the name, whatever happens to the listing.
    assert chains


def test_chain_is_removed_in_one_go_and_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(WHOLE, tmp_path, monkeypatch)
    (item,) = list(packet_chains.collect(["kesl_bypass"], Look(str(NOWHERE))))
    target = {key: item["value"][key] for key in ("tool", "table", "chain", "rules", "jumps")}
    assert packet_chains_remove.look(target) is False
    facts = packet_chains_remove.do(target)
    packet_chains_remove.undo({**target, "facts": facts})
    assert host.given == [
        "iptables-nft-restore -w 10 --noflush\n*mangle\n-D OUTPUT -j kesl_bypass\n-F kesl_bypass\n-X kesl_bypass\n"
        "COMMIT\n",
        "iptables-nft-restore -w 10 --noflush\n*mangle\n:kesl_bypass - [0:0]\n"
        "-A kesl_bypass -p tcp -m tcp --dport 80 -j ACCEPT\n-I OUTPUT 2 -j kesl_bypass\nCOMMIT\n",
    ]
    with pytest.raises(EndpointError) as caught:
        packet_chains_remove.do({**target, "rules": []})
    assert caught.value.code == "packet_chain_drifted"
    assert len(host.given) == 2
    host.programs["iptables-nft-save"] = "*mangle\nCOMMIT\n"
    monkeypatch.setattr(nf_tables, "chains", lambda: [("ip mangle", "OUTPUT")])
    assert packet_chains_remove.look(target) is True


def test_chain_of_nft_is_removed_in_one_go_and_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset = (
        "table inet site { # handle 3\n\tchain input { # handle 1\n\t\ttcp dport 22 accept # handle 9\n"
        "\t\tjump kesl_bypass # handle 4\n\t}\n\tchain kesl_bypass { # handle 2\n"
        "\t\ttcp dport 80 accept # handle 5\n\t}\n}\n"
    )
    kernel = [("inet site", "input"), ("inet site", "kesl_bypass")]
    host = Host({"programs": {"nft -nn -s -a list ruleset": ruleset}, "kernel": kernel}, tmp_path, monkeypatch)
    (item,) = list(packet_chains.collect(["kesl_bypass"], Look(str(NOWHERE))))
    target = {key: item["value"][key] for key in ("tool", "table", "chain", "rules", "jumps")}
    packet_chains_remove.undo({**target, "facts": packet_chains_remove.do(target)})
    assert host.given == [
        "nft -f -\ndelete rule inet site input handle 4\nflush chain inet site kesl_bypass\n"
        "delete chain inet site kesl_bypass\n",
        "nft -f -\nadd chain inet site kesl_bypass\nadd rule inet site kesl_bypass tcp dport 80 accept\n"
        "add rule inet site input index 0 jump kesl_bypass\n",
    ]


SAVED = "*mangle\n:OUTPUT ACCEPT [0:0]\n:kesl_bypass - [0:0]\n-A OUTPUT -j kesl_bypass\n-A OUTPUT -j ACCEPT\nCOMMIT\n"


@pytest.mark.parametrize(
    ("path", "text", "plain"),
    [
        ("/etc/iptables/rules.v4", SAVED, True),
        ("/etc/sysconfig/ip6tables", SAVED.replace("-A", "[1:2] -A"), True),
        ("/etc/nftables.conf", "chain kesl_bypass {\n}\n", False),
        ("/etc/network/if-pre-up.d/site", "iptables -t mangle -N kesl_bypass\n", False),
        ("/etc/iptables.rules", "# kesl_bypass\n*mangle\n:kesl_bypass_site - [0:0]\nCOMMIT\n", None),
        ("/srv/rules", SAVED, None),
    ],
)
def test_saved_rules_that_name_a_chain_are_told(path: str, text: str, plain: bool | None, tmp_path: Path) -> None:
    (tmp_path / path[1:]).parent.mkdir(parents=True)
    (tmp_path / path[1:]).write_text(text, encoding="utf-8")
    items = list(packet_chains.collect_saved(["kesl_bypass"], Look(str(tmp_path))))
    assert [item["value"]["plain"] for item in items] == ([] if plain is None else [plain])
    assert all("kesl_bypass" in line for item in items for line in item["value"]["lines"])
