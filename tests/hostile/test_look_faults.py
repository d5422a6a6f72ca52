"""Unexpected errors, old Pythons in the POSIX locale, and what only users control."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacks import attack
from importable import REPOSITORY
from looking import MODULES, Seen, hers, image, look

ASKED = {"home_path": ["KVRT2024_Data"], "group": ["root"], "account": ["root"]}
FAULT = """
import json, sys
sys.path.insert(0, {home!r})
from {modules}collect import collector
from {modules}collect.trust import accounts
def fails(asked, look):
    yield from accounts.collect_groups(["root"], look)
    {fault}
accounts.collect_users = fails
collector.SECONDS = 5
print(json.dumps(collector.collect({asked!r}, sys.argv[1])))
"""
FAULTS = {
    "TypeError": "raise TypeError('no len()')",
    "KeyError": "raise KeyError('missing')",
    "MemoryError": "raise MemoryError",
    "RecursionError": "raise RecursionError('too deep')",
    "AttributeError": "None.text",
    "zlib.error": "import zlib; zlib.decompress(b'x')",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "stopped": "import os; os.kill(os.getpid(), 19)",
    "ended": "import os; os._exit(3)",
    "endless": "exec('while True: pass')",
    "stubborn": "exec('while True:\\n try:\\n  while True: pass\\n except BaseException: pass')",
    "bytes-in-an-answer": "yield {'id': 'account:x', 'kind': 'account', 'what': 'x', 'value': {'a': b'x'}}",
    "a-set-in-an-answer": "yield {'id': 'account:x', 'kind': 'account', 'what': 'x', 'value': {1, 2}}",
}


@pytest.mark.parametrize("name", FAULTS)
@attack(
    "look-unforeseen-error",
    threat="one kind of evidence meets an error that nobody foresaw, or the process that looks is ended or stopped",
    holds="that kind is unknown, what it saw before is kept, and all others are answered",
)
def test_unforeseen_error_costs_one_kind(tmp_path: Path, name: str) -> None:
    root = image(tmp_path / "image", "mallory")
    (root / "home/mallory/KVRT2024_Data").mkdir()
    program = FAULT.format(
        home=str(REPOSITORY / ".cache"), modules=MODULES, fault=FAULTS[name].replace("\n", "\n    "), asked=ASKED
    )
    command = [sys.executable, "-B", "-c", program, str(root)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.returncode == 0, finished.stderr
    items = {item["id"]: item for item in json.loads(finished.stdout)["evidence"]}
    assert "unknown" in items["account:all"]
    assert "value" in items["group:root"]
    assert "value" in items["home_path:/home/mallory/KVRT2024_Data"]


WITHOUT = """
import json, sys
sys.modules["socket"] = None
sys.path.insert(0, {home!r})
from {modules}collect import collector
print(json.dumps(collector.collect({asked!r}, sys.argv[1])))
"""


@attack(
    "look-python-not-whole",
    threat="the host's Python lacks a module of the standard library",
    holds="the kinds that need it are unknown, and all others are answered",
)
def test_missing_part_of_python_costs_the_kinds_that_need_it(tmp_path: Path) -> None:
    program = WITHOUT.format(home=str(REPOSITORY / ".cache"), modules=MODULES, asked={**ASKED, "kernel_module": ["x"]})
    root = image(tmp_path / "image", "mallory")
    command = [sys.executable, "-B", "-c", program, str(root)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert finished.returncode == 0, finished.stderr
    items = {item["id"]: item for item in json.loads(finished.stdout)["evidence"]}
    assert "socket" in items["kernel_module:all"]["unknown"]
    assert {"value" in items["group:root"], "value" in items["account:root"]} == {True}


def _pythons() -> list[str]:
    homes = [Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions", Path("/opt"), Path("/usr/local")]
    found = [str(path) for home in homes for path in sorted(home.glob("3.6*/bin/python3.6"))]
    return [*found[-1:], sys.executable]


STEP = """
import json, sys
sys.path.insert(0, {home!r})
from {modules}apply.files import path_remove as path
target = json.load(sys.stdin)
before = path.look(target)
path.do(target)
print(json.dumps([before, path.look(target)]))
"""
NAMES = {"utf-8": "élan".encode(), "not-utf-8": b"\xe9lan\xff", "ascii": b"elan", "reads-like-a-byte": b"\\xe9lan"}


@pytest.mark.parametrize("python", _pythons(), ids=lambda path: Path(path).name)
@pytest.mark.parametrize("name", NAMES)
@attack(
    "look-names-in-the-posix-locale",
    threat="a home has a name of any bytes on a host with an old Python in the POSIX locale",
    holds="it is looked at, and the step that the answer leads to finds and removes that path and no other",
)
def test_name_of_any_bytes_is_found_and_removed(tmp_path: Path, name: str, python: str) -> None:
    root = image(tmp_path / "image")
    home = os.fsencode(root / "home") + b"/" + NAMES[name]
    others = [os.fsencode(root / "home") + b"/" + other for other in NAMES.values() if other != NAMES[name]]
    for place in (home, *others):
        os.makedirs(place + b"/KVRT2024_Data")
    (root / "etc/passwd").write_bytes(b"root:x:0:0::/root:/bin/sh\nu:x:1000:1000::/home/" + NAMES[name] + b":/bin/sh\n")
    locale = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0"}
    seen: Seen = look(ASKED, root, python=python, environment=locale)
    found = [item for item in seen.items.values() if item["kind"] == "home_path"]
    assert len(found) == len(NAMES)
    told = next(item["what"] for item in found if item["value"]["user"] == "u")
    asked: dict[str, Any] = {"path": str(root) + told, "scope": "tree", "expected_gone": []}
    program = STEP.format(home=str(REPOSITORY / ".cache"), modules=MODULES)
    finished = subprocess.run(
        [python, "-B", "-c", program],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=100,
        check=False,
        env={**os.environ, **locale},
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == [False, True]
    assert os.listdir(home) == []
    assert [os.listdir(other) for other in others] == [[b"KVRT2024_Data"]] * len(others)


SPACE = {"space": {"at": "/", "trees": [], "named_in": [], "in_homes": ["KVRT2024_Data"]}}


@contextmanager
def _home_of_hers() -> Iterator[tuple[Path, Callable[[], Seen]]]:
    """Lend a home of mallory's on the disk, and a look at the room that data there takes."""
    home = Path(f"/var/lib/avshift-hostile-home-{os.getpid()}")
    table = home.with_name(home.name + ".passwd")
    (home / "KVRT2024_Data").mkdir(parents=True)
    try:
        table.write_text(f"mallory:x:61234:61234::{home}:/bin/sh\n", encoding="utf-8")
        hers(home)
        yield home, lambda: look(SPACE, collect__look__PASSWD=str(table))
    finally:
        subprocess.run(["rm", "-r", str(home), str(table)], check=False)


@attack(
    "look-holes-are-no-room",
    threat="a user makes a file of 8 TiB that is all hole where data of hers would be retained",
    holds="it counts as what it takes on the disk",
)
def test_hole_takes_no_room() -> None:
    with _home_of_hers() as (home, look_at_space):
        (home / "KVRT2024_Data/x").touch()
        os.truncate(home / "KVRT2024_Data/x", 1 << 43)
        hers(home)
        seen = look_at_space()
    item = seen.items[f"space:{home}/KVRT2024_Data"]
    assert item["value"]["files"] == 1
    assert item["value"]["bytes"] < 1 << 20
    assert item["user_place"] == str(home)


@attack(
    "look-paths-without-end",
    threat="a user puts 1,500 directories with long names into each other where data of hers would be retained",
    holds="it takes little memory, and the room that it takes is unknown of her home alone",
)
def test_long_path_takes_no_memory() -> None:
    with _home_of_hers() as (home, look_at_space):
        place = os.open(home / "KVRT2024_Data", os.O_RDONLY)
        for name in ["d" * 250] * 1500:
            os.mkdir(name, dir_fd=place)
            below = os.open(name, os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = below
        os.close(place)
        seen = look_at_space()
    assert seen.peak < 100 * 1024
    assert list(seen.unknown()) == [f"space:{home}/KVRT2024_Data"]
    assert seen.items[f"space:{home}/KVRT2024_Data"]["user_place"] == str(home)
