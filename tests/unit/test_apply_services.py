"""Steps on units, processes, modules, rules and accounts call the right tools; stand-ins replace these."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.accounts import account_remove, group_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.network import packet_marks_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import (
    boot_links_remove,
    kernel_module_unload,
    processes_end,
    unit,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.running import units
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import nf_tables, packet_rules
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files.tree import Tree
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished

HANGS = EndpointError("command_timeout", "Running a command", "systemctl stop", "no end within 90 s", "Look.")


class _Systemd:
    """A stand-in whose units stop only by force."""

    TELL_LIMIT = 90

    def __init__(self, **states: str) -> None:
        self.states = states
        self.said: list[tuple[str, list[str]]] = []

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        return {
            name: {"LoadState": "loaded", "ActiveState": self.states[name.partition(".")[0]], "UnitFileState": "masked"}
            for name in names
        }

    def tell(self, verb: str, names: list[str], _limit: int = 0) -> None:
        self.said.append((verb, names))
        if verb == "stop" and "kill" not in [word for word, _names in self.said]:
            raise HANGS

    def kill(self, names: list[str]) -> None:
        self.said.append(("kill", names))


def test_unit_that_hangs_is_ended_with_force_and_the_record_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = _Systemd(hung="deactivating", quick="inactive")
    monkeypatch.setattr(unit, "systemd", stand_in)
    assert unit.stop(["hung.service", "quick.service"], 90) == {"forced": ["hung.service"], "after_seconds": 90}
    assert stand_in.said[1:] == [("kill", ["hung.service"]), ("stop", ["hung.service"])]


@pytest.mark.parametrize(
    ("was", "told"),
    [
        ({"running": True, "enabled": True}, ["enable", "restart"]),
        ({"running": True, "enabled": False}, ["disable", "restart"]),
        ({"running": False, "enabled": False}, ["disable", "stop"]),
    ],
)
def test_unit_is_taken_back_to_what_it_was(
    monkeypatch: pytest.MonkeyPatch, was: dict[str, bool], told: list[str]
) -> None:
    stand_in = _Systemd(engine="active")
    monkeypatch.setattr(unit, "systemd", stand_in)
    monkeypatch.setattr(unit, "stop", lambda names, _limit: stand_in.said.append(("stop", names)))
    target = {"name": "engine.service", "running": True, "enabled": True, "was": was}
    unit.undo(target)
    assert [verb for verb, _names in stand_in.said] == told
    assert unit.undone_last(target) is was["running"]


def test_unit_that_retired_gets_its_links_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in = _Systemd(gone="inactive")
    monkeypatch.setattr(unit, "systemd", stand_in)
    link = tmp_path / "S01gone"
    target = {
        "name": "gone.service",
        "running": False,
        "retire": True,
        "facts": {"links": [[str(link), "../init.d/gone"]]},
    }
    unit.undo(target)
    assert (str(link.readlink()), stand_in.said) == ("../init.d/gone", [("start", ["gone.service"])])


def test_unit_retires_only_when_no_link_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "systemd", _Systemd(gone="inactive"))
    links = ["/etc/rc2.d/S01gone", "/etc/rc0.d/K01gone", "/etc/systemd/system/multi-user.target.wants/gone.service"]
    monkeypatch.setattr(boot_links_remove, "_links", lambda _unit: links)
    removed: list[str] = []
    monkeypatch.setattr(boot_links_remove.safe_remove, "remove", lambda path, _scope: removed.append(path))
    monkeypatch.setattr(boot_links_remove.os, "readlink", lambda path: f"of {path}")
    monkeypatch.setattr(unit, "stop", lambda _names, _limit: {})
    target = {"name": "gone.service", "running": False, "retire": True, "limit": 90}
    assert unit.look(target) is False
    unit.do(target)
    assert removed == [links[0], links[2]]
    monkeypatch.setattr(boot_links_remove, "_links", lambda _unit: links[1:2])
    assert unit.look(target) is True


@pytest.fixture
def running(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """A watchdog that ignores signals and a child of it, as executables in a separate directory."""
    shell, sleep = shutil.which("sh"), shutil.which("sleep")
    assert shell and sleep
    for name, program in (("watchdog", shell), ("engine", sleep)):
        shutil.copy(program, tmp_path / name)
    engine = subprocess.Popen([tmp_path / "engine", "60"])
    told = subprocess.Popen(
        [tmp_path / "watchdog", "-c", 'trap "" TERM; echo; while :; do read -t 1 x || :; done'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert told.stdout
    told.stdout.readline()
    yield {"engine": engine, "watchdog": told}
    for one in (engine, told):
        one.kill()
        one.wait()


def _reaped(monkeypatch: pytest.MonkeyPatch, running: dict[str, subprocess.Popen[bytes]]) -> None:
    plain = processes_end._running

    def reaping(roots: list[str]) -> dict[int, str]:
        for one in running.values():
            one.poll()
        return plain(roots)

    monkeypatch.setattr(processes_end, "_running", reaping)


def test_watchdog_gets_each_signal_first(
    tmp_path: Path, running: dict[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes_end, "GRACE", 0.3)
    _reaped(monkeypatch, running)
    target = {"below": [str(tmp_path)], "first": ["/watchdog"]}
    assert processes_end.look(target) is False
    ended = processes_end.do(target)["ended"]
    assert [(Path(one["path"]).name, one["signal"]) for one in ended] == [
        ("watchdog", 15),
        ("watchdog", 15),
        ("engine", 15),
        ("watchdog", 9),
    ]
    assert processes_end.look(target) is True


def test_process_of_a_container_is_left_alone(
    tmp_path: Path, running: dict[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes_end, "container_of", lambda _pid: "4f1d2c3b4a59")
    target = {"below": [str(tmp_path)], "first": []}
    assert processes_end.look(target) is True
    processes_end.do(target)
    assert [one.poll() for one in running.values()] == [None, None]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of loaded modules, and no program that could unload one."""
    listed = tmp_path / "modules"
    monkeypatch.setattr(nf_tables, "MODULES", str(listed))
    return listed


def _rmmod(listed: Path, code: int, after: str) -> Any:
    def run(argv: list[str], _limit: int) -> Finished:
        assert argv == ["rmmod", "fixture_module"]
        listed.write_text(after, encoding="utf-8")
        return Finished(code, "", "rmmod: ERROR: Module is in use")

    return run


LOADED = "fixture_module 16384 0 - Live 0x0\n"
USED = "fixture_module 16384 1 nfs, Live 0x0\n"


def test_module_that_nothing_uses_is_unloaded(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules.write_text(LOADED, encoding="utf-8")
    monkeypatch.setattr(kernel_module_unload, "run", _rmmod(modules, 0, ""))
    target = {"name": "fixture_module"}
    assert kernel_module_unload.look(target) is False
    assert kernel_module_unload.do(target) == {"unloaded": "fixture_module"}
    assert kernel_module_unload.look(target) is True


@pytest.mark.parametrize(("listed", "cause"), [(USED, "used by nfs"), (LOADED, "rmmod: ERROR: Module is in use")])
def test_module_in_use_waits_for_a_reboot(
    listed: str, cause: str, modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules.write_text(listed, encoding="utf-8")
    monkeypatch.setattr(kernel_module_unload, "run", _rmmod(modules, 1, listed))
    facts = kernel_module_unload.do({"name": "fixture_module"})
    assert facts == {"reboot_required": True, "module": "fixture_module", "cause": cause}


def _rule(tool: str, table: str, chain: str, rule: str, **more: str) -> dict[str, str]:
    return {"tool": tool, "table": table, "chain": chain, "rule": rule, **more}


LEGACY = _rule("iptables-legacy", "mangle", "OUTPUT", '-A OUTPUT -m comment --comment "a \\"b\\"" -j MARK')
NFT = _rule("nft", "inet filter", "output", "meta mark 0x00000200 accept", handle="7")
ROUTE = _rule("ip -6 rule", "", "", "401: from all fwmark 0x400 lookup main")
OTHER = _rule("nft", "inet filter", "output", "meta mark 0x00000201 accept", handle="8")


def test_rules_are_deleted_by_the_tools_that_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    there, said = [LEGACY, NFT, OTHER, ROUTE], []

    def run(argv: list[str], _limit: int, stdin: str | None = None) -> Finished:
        said.append((argv, stdin))
        return Finished(0, "", "")

    monkeypatch.setattr(packet_rules, "listed", lambda: iter(there))
    monkeypatch.setattr(packet_marks_remove, "run", run)
    # The handle from the time of the plan is not in the target.
    target = {"rules": [LEGACY, {**NFT, "handle": "3"}, ROUTE]}
    assert packet_marks_remove.look(target) is False
    packet_marks_remove.do(target)
    assert said == [
        (["ip", "-6", "rule", "del", "priority", "401", "from", "all", "fwmark", "0x400", "lookup", "main"], None),
        (
            ["iptables-legacy-restore", "-w", "10", "--noflush"],
            '*mangle\n-D OUTPUT -m comment --comment "a \\"b\\"" -j MARK\nCOMMIT\n',
        ),
        (["nft", "-f", "-"], "delete rule inet filter output handle 7\n"),
    ]
    del there[:2], there[1:]
    assert there == [OTHER]
    assert packet_marks_remove.look(target) is True


def test_rule_that_cannot_be_deleted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_rules, "listed", lambda: iter([LEGACY]))
    monkeypatch.setattr(packet_marks_remove, "run", lambda *_args, **_words: Finished(4, "", "held by another"))
    with pytest.raises(EndpointError) as caught:
        packet_marks_remove.do({"rules": [LEGACY]})
    assert caught.value.code == "packet_rule_stays"
    assert "held by another" in str(caught.value)


class _Accounts:
    """A stand-in for the collector of local users and groups, and for the tools that remove them."""

    def __init__(self, users: set[str], groups: dict[str, list[str]]) -> None:
        self.users, self.groups = users, groups
        self.said: list[str] = []

    def collect_users(self, names: list[str], _look: Any) -> list[dict[str, Any]]:
        return [{"what": name} for name in names if name in self.users]

    def collect_groups(self, names: list[str], _look: Any) -> list[dict[str, Any]]:
        return [{"value": {"primary_of": self.groups[name]}} for name in names if name in self.groups]

    def must(self, argv: list[str], *_rest: Any) -> None:
        self.said.append(" ".join(argv))
        if argv[0] == "userdel":
            self.users.discard(argv[1])
        if argv[0] == "groupdel":
            del self.groups[argv[1]]


def _stand_in(monkeypatch: pytest.MonkeyPatch, kind: Any, stand_in: _Accounts) -> _Accounts:
    monkeypatch.setattr(kind, "accounts", stand_in)
    monkeypatch.setattr(kind, "must", stand_in.must)
    return stand_in


def test_users_named_in_the_plan_get_another_primary_group(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = _stand_in(monkeypatch, group_remove, _Accounts(set(), {"fixture": ["alice"]}))
    target = {"name": "fixture", "move": ["alice", "bob"], "to": "nogroup"}
    assert group_remove.look(target) is False
    group_remove.do(target)
    assert stand_in.said == ["usermod -g nogroup alice", "groupdel fixture"]
    assert group_remove.look(target) is True


@pytest.mark.parametrize(
    ("own", "said"), [(True, ["userdel fixture", "groupdel fixture"]), (False, ["userdel fixture"])]
)
def test_account_goes_with_a_group_of_its_own_only(own: bool, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = _stand_in(monkeypatch, account_remove, _Accounts({"fixture"}, {"fixture": []}))
    monkeypatch.setattr(group_remove, "accounts", stand_in)
    target = {"name": "fixture", "own_group": own}
    assert account_remove.look(target) is False
    account_remove.do(target)
    assert stand_in.said == said
    assert account_remove.look(target) is True


def test_unit_gets_its_links_back_after_a_run_that_was_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "systemd", stand_in := _Systemd(gone="inactive"))
    fragment = {"FragmentPath": "/etc/systemd/system/gone.service"}
    monkeypatch.setattr(stand_in, "show", lambda names: dict.fromkeys(names, fragment))
    made: dict[str, str] = {}
    monkeypatch.setattr(unit.os, "symlink", lambda pointed_to, path: made.update({path: pointed_to}))
    links = ["/etc/rc.d/rc2.d/S01avshift-gone", "/etc/systemd/system/multi-user.target.wants/gone.service"]
    unit.undo({"name": "gone.service", "retire": True, "links": links, "facts": {}})
    assert made == {links[0]: "../init.d/avshift-gone", links[1]: "/etc/systemd/system/gone.service"}


def test_links_of_run_levels_are_named_where_they_really_lie(tmp_path: Path) -> None:
    """As on Enterprise Linux, where /etc/rc3.d leads to another directory; nothing is removed through a link."""
    (tmp_path / "etc/rc.d/rc3.d").mkdir(parents=True)
    (tmp_path / "etc/rc3.d").symlink_to("rc.d/rc3.d")
    (tmp_path / "etc/rc2.d").mkdir()
    for folder in ("etc/rc.d/rc3.d", "etc/rc2.d"):
        (tmp_path / folder / "S99agent").symlink_to("../init.d/agent")
    with contextlib.closing(Tree(str(tmp_path))) as tree:
        assert list(units.boot_links(tree)) == [
            ("/etc/rc2.d/S99agent", "agent.service"),
            ("/etc/rc.d/rc3.d/S99agent", "agent.service"),
        ]
