"""The tables of Windows Installer packages are read as msiinfo reads them, and a hostile package is an error."""

from __future__ import annotations

import builtins
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forecasts
import msi_build
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi import compound
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.contents import contents, masked
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.errors import DamagedError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.tables import tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from windows_hosts import make_disk

PACKAGES = sorted(msi_build.SQL)
MADE = pytest.mark.skipif(
    bool(msi_build.missing()), reason=f"needs {', '.join(msi_build.missing())} of msitools and wixl"
)
# What msiinfo adds itself: the summary stream, and the pool's code page.
NOT_TABLES = {"_SummaryInformation", "_ForceCodepage"}
SECONDS, MEGABYTES = 60, 1500
STREAMS = "ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows.msi.tables.streams"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    known: dict[str, Path] = {}

    def one(name: str) -> Path:
        if name not in known:
            known[name] = msi_build.package(name, tmp_path_factory.mktemp(name))
        return known[name]

    return one


def _as_text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    # msiinfo writes line ends and tabs within texts as control characters.
    return str(value).replace("\r", "\x11").replace("\n", "\x19").replace("\t", "\x10")


@MADE
@pytest.mark.parametrize("name", PACKAGES)
def test_every_table_is_what_msiinfo_exports(name: str, made: Callable[[str], Path]) -> None:
    path = made(name)
    expected = {table: told for table, told in msi_build.exported(path).items() if table not in NOT_TABLES}
    read = tables(path.read_bytes())
    assert set(read) == set(expected) and len(read) > 20
    rows = 0
    for table, (columns, kinds, exported) in expected.items():
        assert list(read[table].columns) == columns
        streams = [at for at, kind in enumerate(kinds) if kind.lower().startswith("v")]
        told = [
            [exported[number][at] if at in streams else _as_text(value, kinds[at]) for at, value in enumerate(row)]
            for number, row in enumerate(read[table].rows)
        ]
        assert told == exported, table
        rows += len(exported)
    assert rows > 60


@MADE
def test_long_texts_and_many_rows_are_read(tmp_path: Path, made: Callable[[str], Path]) -> None:
    path = tmp_path / "long.msi"
    path.write_bytes(made("wide").read_bytes())
    msi_build.query(path, f"INSERT INTO `Property` (`Property`,`Value`) VALUES ('LONG', '{'x' * 70000}')")
    msi_build.query(path, "INSERT INTO `Property` (`Property`,`Value`) VALUES ('AFTER', 'still right')")
    told = dict(tables(path.read_bytes())["Property"].rows)
    assert told["LONG"] == "x" * 70000 and told["AFTER"] == "still right"


@MADE
def test_what_goes_and_what_stays_is_told_from_the_tables(made: Callable[[str], Path]) -> None:
    told = contents(made("protected").read_bytes())
    engine = "%ProgramFiles(x86)%\\Acme Lab\\Endpoint 12"
    assert told["files"] == [f"{engine}\\*.log", f"{engine}\\engine.exe"]
    key = "HKLM\\SOFTWARE\\Acme\\Engine (32-bit view)"
    assert told["registry"] == [f"{key}: Number", f"{key}: Version"]
    service = {"name": "AcmeEngine", "display_name": "Acme Engine", "stopped": True, "deleted": True}
    assert told["services"] == [service]
    assert [(one["name"], one["sequence"], one["as_system"]) for one in told["actions"]] == [
        ("StopSelfDefence", 1550, True)
    ]
    assert told["restarts"] == []
    assert "hunter2" not in repr(told) and "ACMEPASSWD" in told["conditions"][0]
    wide = contents(made("wide").read_bytes())
    assert wide["files"] == ["%ProgramData%\\AcmeLab\\settings.xml", "%ProgramFiles%\\Acme é\\Agent\\agent.exe"]
    assert wide["restarts"] == ['ScheduleReboot: REMOVE="ALL"']


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ('REMOVE="ALL"', 'REMOVE="ALL"'),
        ('KLPASSWD="hunter2" OR X=""', 'KLPASSWD="…" OR X=""'),
        ('"hunter2"=KLPASSWD', '"…"=KLPASSWD'),
        ("Installed", "Installed"),
    ],
)
def test_no_text_that_something_is_compared_with_is_shown(condition: str, shown: str) -> None:
    assert masked(condition) == shown


@MADE
def test_the_package_of_a_host_is_read_by_a_second_look(tmp_path: Path, made: Callable[[str], Path]) -> None:
    """The cached package of one product is complete, the other's is damaged: each is reported for its product."""
    root = make_disk("installed", tmp_path)
    kept = root / "windows" / "Installer"
    kept.mkdir(exist_ok=True)
    (kept / "c31b.msi").write_bytes(made("protected").read_bytes())
    (kept / "c3f9.msi").write_bytes(made("wide").read_bytes()[:9000])
    told = forecasts.of_disk(root)
    states = [(one["path"][-8:], one["state"]) for one in told["packages"]]
    assert states == [("c31b.msi", "read"), ("c3f9.msi", "damaged")]
    ids = {check["id"]: check for check in told["preflight"]}
    assert ids["package_damaged"]["level"] == "overridable" and "StopSelfDefence" in ids["package_read"]["diagnosis"]
    assert "hunter2" not in repr(told)


def test_without_the_library_the_package_is_not_read_and_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_disk("installed", tmp_path)
    (root / "windows" / "Installer").mkdir(exist_ok=True)
    for name in ("c31b.msi", "c3f9.msi"):
        (root / "windows" / "Installer" / name).write_bytes(_container())
    real = builtins.__import__

    def without(name: str, *given: Any, **named: Any) -> Any:
        if name == "olefile":
            raise ImportError(name)
        return real(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    told = forecasts.of_disk(root)
    assert {one["state"] for one in told["packages"]} == {"unread"}
    assert all("olefile" in one["why"] for one in told["packages"])
    assert [check["level"] for check in told["preflight"] if check["id"] == "package_unread"] == ["unknown"] * 2


def _container(**claims: Any) -> bytes:
    """Return a compound file of a header and two sectors."""
    sectors = struct.pack("<128I", msi_build.LIST, msi_build.END, *[msi_build.FREE] * 126) + bytes(512)
    return msi_build.head(**claims) + sectors


HOSTILE = {
    "nothing": b"",
    "a program": b"MZ" + bytes(5000),
    "the mark alone": msi_build.MAGIC + bytes(504),
    "no tables": _container(),
    "more sectors than there are": _container(fats=0xFFFFFFFF),
    "more lists than there are": _container(difats=0xFFFFFFFF),
    "a list in a circle": _container(fats=200, difats=3, first=0),
    "a sector twice in the list": _container(fats=2, listed=(0, 0)),
    "a list far behind the end": _container(listed=(0x00FFFFFF,)),
    "a folder whose tree is a chain": msi_build.container([(f"!{number}", 0, 0) for number in range(3000)]),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_is_no_whole_package_is_an_error(name: str) -> None:
    with pytest.raises(DamagedError):
        contents(HOSTILE[name])


def test_streams_of_one_name_share_the_room_of_the_file() -> None:
    """A name can be encoded in many ways: each stream of it would be read, and only the last one kept."""
    half, ways = 1 << 20, [f"!{first}{second}" for first in ("A", "\u480a") for second in ("B", "\u480b")]
    entries = [(name, at, half - 512 * at) for at, name in enumerate(ways)]
    with pytest.raises(DamagedError, match="larger than it is"):
        compound.streams(msi_build.container(entries, bytes(2 * half)))
    told = compound.streams(msi_build.container(entries[2:], bytes(2 * half)))
    assert {name: len(stream) for name, stream in told.items()} == {"!AB": half - 512 * 3}


@MADE
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_package_is_read_or_an_error(data: st.DataObject, made: Callable[[str], Path]) -> None:
    content = bytearray(made("protected").read_bytes())
    for _change in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    begun = time.monotonic()
    for candidate in (bytes(content), bytes(content[:cut])):
        try:
            contents(candidate)
        except DamagedError as error:
            assert str(error)
    assert time.monotonic() - begun < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEGABYTES << 10


LONG = "y" * 60_000
OF_COMPONENT = (("Component", "Directory_"), [("Main", "Top")])
NAMES = [f"d{number:04}" for number in range(3000)]
# Of a few kilobytes each, plus one long text.
REPEATING: dict[str, dict[str, Any]] = {
    "folders below folders": {
        "Directory": (
            ("Directory", "Directory_Parent", "DefaultDir"),
            [*zip(NAMES, NAMES[1:], [LONG] * 2999, strict=False)],
        ),
    },
    "folders of a short name each": {
        "Directory": (
            ("Directory", "Directory_Parent", "DefaultDir"),
            [*zip(NAMES, NAMES[1:], [LONG[:500]] * 2999, strict=False)],
        ),
    },
    "files in a folder": {
        "Component": (("Component", "Directory_"), [("Main", LONG)]),
        "File": (("Component_", "FileName"), [("Main", name) for name in NAMES]),
    },
    "components of folders that are not there": {
        "Component": (("Component", "Directory_"), [(name, LONG) for name in NAMES]),
        "Shortcut": (("Component_", "Name", "Directory_"), [(name, "x", LONG) for name in NAMES]),
    },
    "values of a key": {
        "Component": OF_COMPONENT,
        "Registry": (("Component_", "Key", "Name"), [("Main", LONG, name) for name in NAMES]),
    },
    "conditions": {"LaunchCondition": (("Condition",), [(f'{LONG}="x"',)] * 3000)},
    "services": {"ServiceInstall": (("Name", "DisplayName"), [(name, LONG) for name in NAMES])},
}


@pytest.mark.parametrize("name", sorted(REPEATING))
def test_a_long_text_that_many_rows_name_is_not_told_each_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = msi_build.table_streams(REPEATING[name])
    assert sum(map(len, told.values())) < 200_000
    monkeypatch.setattr(STREAMS, lambda _content: told)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedError, match=r"more than [\d,]+ characters"):
        contents(b"")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


def _streams(columns: int, rows: int) -> dict[str, bytes]:
    """Return the streams of a package with one table of many rows, whose columns are numbers of two bytes."""
    names = ["Big", *(f"C{number}" for number in range(columns))]
    pool = struct.pack("<I", 65001) + b"".join(struct.pack("<HH", len(name), 1) for name in names)
    listed = [
        [1] * columns,
        [0x8000 + at + 1 for at in range(columns)],
        list(range(2, columns + 2)),
        [0x8502] * columns,
    ]
    described = b"".join(struct.pack(f"<{columns}H", *column) for column in listed)
    return {"!_StringPool": pool, "!_StringData": "".join(names).encode(), "!_Columns": described,
            "!Big": b"\x01\x80" * (columns * rows)}  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "rows", "is_read"), [(2, 1000, True), (1, 10_000_000, False), (255, 100_000, False)]
)
def test_tables_of_ten_million_rows_are_an_error(
    columns: int, rows: int, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _streams(columns, rows)
    monkeypatch.setattr(STREAMS, lambda _content: told)
    if is_read:
        assert len(tables(b"")["Big"].rows) == rows
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedError, match="more than"):
        tables(b"")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10
