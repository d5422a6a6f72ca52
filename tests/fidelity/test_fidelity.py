"""The check of plan fidelity itself: it finds what was not planned, and what did not happen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fidelity import observation
from fidelity.effects import Effect, of_host
from fidelity.fidelity import judge
from fidelity.observation import Observation

FILE: tuple[str, ...] = ("f", "644", "0:0", "5", "1.0", "aa", "-")
EDITED = ("f", "644", "0:0", "5", "2.0", "bb", "-")
FOLDER = ("d", "755", "0:0", "4096", "1.0", "-", "-")
TOUCHED = ("d", "755", "0:0", "4096", "2.0", "-", "-")
LINK: tuple[str, ...] = ("l", "777", "0:0", "7", "1.0", "-", "usr/lib")

CREATED = Effect("file", "/etc/new", "created")
NOTHING = Observation({})


def _files(**files: tuple[str, ...]) -> Observation:
    """Return an observation of files below /etc by their names."""
    return Observation({f"/etc/{name}": file for name, file in files.items()})


def _unexplained(before: Observation, after: Observation, *effects: Effect) -> list[str]:
    return judge(before, after, list(effects)).unexplained


def _not_happened(before: Observation, after: Observation, *effects: Effect) -> list[str]:
    return judge(before, after, list(effects)).not_happened


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (NOTHING, _files(new=FILE), "/etc/new: created"),
        (_files(old=FILE), NOTHING, "/etc/old: removed"),
        (_files(old=FILE), _files(old=EDITED), "/etc/old: changed (mtime, sum)"),
        (_files(old=FOLDER), _files(old=TOUCHED), "/etc/old: changed (mtime)"),
    ],
)
def test_a_change_that_nobody_planned_is_found(before: Observation, after: Observation, told: str) -> None:
    assert _unexplained(before, after) == [told]
    assert _unexplained(before, before) == []


@pytest.mark.parametrize("kind", ["created", "changed", "removed"])
def test_an_effect_that_did_not_happen_is_found(kind: str) -> None:
    for scope in ("file", "tree", "glob"):
        effect = Effect(scope, "/etc/old", kind, "07-step")
        assert _not_happened(_files(old=FILE), _files(old=FILE), effect) == [f"07-step: {scope} /etc/old: {kind}"]


def test_a_tree_that_is_only_half_removed_did_not_happen() -> None:
    effect = Effect("tree", "/etc/a", "removed")
    before = Observation({"/etc/a": FOLDER, "/etc/a/b": FILE, "/etc/a/c": FILE})
    assert _not_happened(before, Observation({"/etc/a": FOLDER, "/etc/a/c": FILE}), effect)
    assert not _not_happened(before, NOTHING, effect)


def test_an_effect_explains_its_own_change_only() -> None:
    assert _unexplained(_files(old=FILE), _files(old=EDITED), Effect("file", "/etc/old", "created")) != []
    assert _unexplained(NOTHING, _files(newer=FILE), Effect("tree", "/etc/new", "created")) != []
    assert _unexplained(NOTHING, Observation({"/etc/a/b/c": FILE}), Effect("glob", "/etc/*/c", "created")) != []
    assert _unexplained(NOTHING, Observation({"/etc/a/c": FILE}), Effect("glob", "/etc/*/c", "created")) == []


def test_a_directory_is_explained_by_a_child_that_came_or_went_but_not_in_its_mode() -> None:
    before, opened = Observation({"/etc": FOLDER}), ("d", "777", *TOUCHED[2:])
    assert _unexplained(before, Observation({"/etc": TOUCHED, "/etc/new": FILE}), CREATED) == []
    told = _unexplained(before, Observation({"/etc": opened, "/etc/new": FILE}), CREATED)
    assert told == ["/etc: changed (mode, mtime)"]


def test_a_package_explains_its_files_where_they_really_lie() -> None:
    usr_merged = {"/lib": LINK}
    after = Observation(usr_merged | {"/usr/lib/unit": FILE}, {"clam": "1"}, {"clam": frozenset({"/usr/lib/unit"})})
    before = Observation(usr_merged)
    effect = Effect("package", "clam", "created")
    assert judge(before, after, [effect]).unexplained == []
    assert judge(before, after, []).unexplained == ["/usr/lib/unit: created", ": package clam: created"]
    assert _unexplained(after, before, replace(effect, change="removed")) == []


def test_a_package_that_came_along_is_found() -> None:
    after = Observation({}, {"clam": "1", "other": "1"})
    assert _unexplained(NOTHING, after, Effect("package", "clam", "created")) == [": package other: created"]


def test_bookkeeping_is_explained_only_where_a_package_was_planned() -> None:
    before, after = Observation({"/var/lib/dpkg/status": FILE}), Observation({"/var/lib/dpkg/status": EDITED})
    assert _unexplained(before, after, CREATED) == ["/var/lib/dpkg/status: changed (mtime, sum)"]
    assert _unexplained(before, after, Effect("package", "clam", "created")) == []


def test_a_group_beyond_the_planned_one_is_found_in_the_same_file() -> None:
    before = Observation({"/etc/group": FILE})
    after = Observation({"/etc/group": EDITED}, groups={"clamav": "clamav:x:1:", "wheel": "wheel:x:2:"})
    effect = Effect("group", "clamav", "created")
    assert _unexplained(before, after, effect) == [": group wheel: created"]
    assert _not_happened(before, before, effect) == [str(effect)]


def test_what_is_in_memory_is_held_to_the_plan_too() -> None:
    effect = Effect("file", "/run/socket", "removed")
    there = Observation({}, run=frozenset({"/run/socket"}))
    assert _not_happened(there, NOTHING, effect) == []
    assert _not_happened(there, there, effect) == [str(effect)]


def test_a_plan_is_read_with_its_digest_in_place_of_the_mark(tmp_path: Path) -> None:
    effects = [
        {"path": "/var/{digest}.tar", "scope": "file", "change": "created"},
        {"package": "clam", "change": "created"},
    ]
    shared = {"0123456789abcdef": {"steps": [{"id": "01-step", "effects": effects}]}}
    plan = tmp_path / "plan.json"
    hosts = {"one": {"digest": "0123456789abcdef"}}
    plan.write_text(json.dumps({"classes": shared, "hosts": hosts}), encoding="utf-8")
    assert of_host(plan, "one") == [
        Effect("file", "/var/0123456789ab.tar", "created", "01-step"),
        Effect("package", "clam", "created", "01-step"),
    ]


def test_an_observation_is_read_as_observe_sh_writes_it(tmp_path: Path) -> None:
    written = {
        "files": "/lib\tl\t777\t0:0\t7\t1.0\t-\tusr/lib\n/usr/lib/a b\tf\t644\t0:0\t5\t1.0\taa\t-\n",
        "packages": "clam\t1.0\tinstall ok installed\n",
        "owned": "clam:amd64.list:/lib/a b\n",
        "groups": "root:x:0:\n",
        "accounts": "root:x:0:0::/root:/bin/sh\n",
        "run": "/run\n/run/lock\n",
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    seen = observation.read(tmp_path)
    assert seen.files == {"/lib": LINK, "/usr/lib/a b": FILE}
    assert seen.owned == {"clam": frozenset({"/usr/lib/a b"})}
    assert (set(seen.packages), set(seen.groups), set(seen.accounts)) == ({"clam"}, {"root"}, {"root"})
    assert seen.run == {"/run", "/run/lock"}
