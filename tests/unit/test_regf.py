"""Hives read by the collection's own reader, and by regipy, python-registry and hivex: all agree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import regf_build

# Debian has none of these readers in such a version. Everywhere else they have to be there.
if os.environ.get("AVSHIFT_CONTROLLER") == "inside":
    pytest.importorskip("regipy", reason="regipy and python-registry are on PyPI alone")
import hive_readers
from hive_readers import Keys
from hypothesis import given, settings
from hypothesis import strategies as st
from regf_build import dword, text
from windows_hosts import HIVES, HOSTS, registry

MANY = {f"Many\\key{number:05}": {"n": dword(number)} for number in range(1201)}
# Of large values, hivex loses the last bytes of some lengths; python-registry, the upper half of odd types.
MADE: dict[str, Keys] = {
    "empty": {"": {}},
    "an index of lists": MANY,
    "names": {"Имя\\Ключ": {"Значение": text("значение"), "": text("x")}, "日本": {"語": text("")}},
    "large": {"Acme": {"s": text("ab" * 14999 + "c"), "b": (3, b"\1" * 16344), "c": (3, bytes(range(256)) * 64)}},
    "deep": {"\\".join("abcdefghij" * 12): {"x": dword(1)}},
    "numbers": {"Acme": {"d": dword(0xFFFFFFFF), "q": (11, b"\xff" * 8), "l": (7, "a\0b\0\0".encode("utf-16-le"))}},
}


def ordinary(keys: Keys) -> Keys:
    """Return keys without the values that regipy reads differently: incomplete or empty texts, odd-sized numbers."""

    def is_one(kind: int, raw: bytes) -> bool:
        if kind in (1, 2, 7):
            return len(raw) > 4 and len(raw) % 2 == 0 and raw.endswith(b"\0\0") and b"\0\xd8" not in raw
        return (kind, len(raw)) in ((4, 4), (11, 8)) or (kind in (0, 3) and bool(raw))

    return {key: {n: v for n, v in values.items() if is_one(*v)} for key, values in keys.items()}


def python_registry_agrees(path: Path, seen: Keys) -> None:
    """It pads values of four bytes and fewer, and reads numbers by their type's size: only their names are compared."""
    told = hive_readers.by_python_registry(path)
    assert {key: set(values) for key, values in told.items()} == {key: set(values) for key, values in seen.items()}
    sizes = {4: 4, 5: 4, 11: 8}
    for key, values in seen.items():
        for name, value in values.items():
            if len(value[1]) > 4 and sizes.get(value[0], len(value[1])) == len(value[1]):
                assert told[key][name] == value


def all_agree(path: Path, keys: Keys) -> None:
    """Fail unless all readers see these keys, and those above them."""
    seen = hive_readers.by_own(path)
    assert {key: seen[key] for key in keys} == keys
    assert all(values == {} for key, values in seen.items() if key not in keys)
    python_registry_agrees(path, seen)
    assert hive_readers.by_hivex(path) == seen
    common = ordinary(seen)
    assert common.keys() == seen.keys()
    told = hive_readers.by_regipy(path)
    assert told.keys() == seen.keys()
    told = {key: {name: told[key].get(name) for name in values} for key, values in common.items()}
    assert told == hive_readers.as_regipy_has_it(common)


@pytest.mark.parametrize("file", sorted(HIVES.values()))
@pytest.mark.parametrize("host", HOSTS)
def test_all_readers_agree_on_a_hive_of_a_host(host: str, file: str, tmp_path: Path) -> None:
    keys = registry(host)[file]
    made = tmp_path / "made"
    made.write_bytes(regf_build.hive(keys))
    all_agree(made, keys)
    by_hivex = tmp_path / "hivex"
    by_hivex.write_bytes(regf_build.hive({}))
    hive_readers.make_by_hivex(by_hivex, keys)
    all_agree(by_hivex, keys)


@pytest.mark.parametrize("name", MADE)
def test_all_readers_agree_on_a_hive_made_for_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    path.write_bytes(regf_build.hive(MADE[name]))
    all_agree(path, MADE[name])


NAMES = st.text(st.sampled_from("abcXYZ 09.-{}Жя€語"), min_size=1, max_size=12)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("\\".join)
RAW = st.tuples(st.sampled_from([*range(12), 0x123]), st.binary(max_size=40))
TREES = st.dictionaries(PATHS, st.dictionaries(NAMES, RAW, max_size=4), max_size=8)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_any_tree_is_read_as_it_was_written(keys: Keys) -> None:
    """Names that differ only in case are one key, spelled as the first."""
    folded = {"\\".join(part.upper() for part in path.split("\\")): values for path, values in keys.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        path.write_bytes(regf_build.hive(folded))
        seen = hive_readers.by_own(path)
        assert {key: seen[key] for key in folded} == folded
        python_registry_agrees(path, seen)
