"""The arguments of the system's programs: nothing that was read from a host becomes an option."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.packages import package_changes, packages
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import rpm_database
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import commands

# What rpm would run as a shell command if it took it for an option.
OPTION = "--eval=%(touch {marker})"
RPM = """#!/bin/sh
printf '%s\\n' "$*" >> {log}
for argument do
    case $argument in
    --) break ;;
    --eval=*) touch {marker} ;;
    -qa) printf '%s\\t0\\t1-1\\tnoarch\\tAO Kaspersky Lab\\t(none)\\n' '{option}' ;;
    esac
done
"""
APT = "#!/bin/sh\necho \"$@\" >> {log}\necho 'Purg kesl [1]'\n"


def _program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which programs are searched."""
    monkeypatch.setattr(commands, "SEARCH_PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(rpm_database, "MEMORY", str(tmp_path))
    return tmp_path / "bin"


def test_package_s_name_is_no_option_of_rpm_s(bin: Path, tmp_path: Path) -> None:
    option = OPTION.format(marker=tmp_path / "marker")
    _program(bin, "rpm", RPM.format(log=tmp_path / "log", marker=tmp_path / "marker", option=option))
    database = tmp_path / "root" / "var" / "lib" / "rpm" / "rpmdb.sqlite"
    database.parent.mkdir(parents=True)
    # As many packages as the program reports.
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        connection.execute("CREATE TABLE Name (key TEXT, hnum INTEGER, idx INTEGER)")
        connection.execute("INSERT INTO Packages VALUES (1, x'00')")
        connection.execute("INSERT INTO Name VALUES ('kesl', 1, 0)")
    connection.close()
    asked = {"names": ["kesl"], "word": "kaspersky", "in": []}
    found = list(packages.collect(asked, Look(str(tmp_path / "root"))))
    assert [item["value"]["name"] for item in found] == [option]
    said = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.partition("--nosignature ")[2].split(" ")[0] for line in said] == ["-qa", "-ql", "-q"]
    assert not (tmp_path / "marker").exists()


STATUS = "Package: {}\nStatus: {}\nArchitecture: {}\nVersion: 1\n\n"


def test_removal_is_simulated_of_all_that_a_pattern_fits_in_every_architecture(bin: Path, tmp_path: Path) -> None:
    _program(bin, "apt-get", APT.format(log=tmp_path / "log"))
    status = tmp_path / "root" / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    installed = "install ok installed"
    status.write_text(
        STATUS.format("dpkg", installed, "amd64")
        + STATUS.format("epagent-core", installed, "amd64")
        + STATUS.format("kesl", installed, "i386")
        + STATUS.format("kesl", "deinstall ok config-files", "amd64")
        + STATUS.format("kesl-gui", "deinstall ok not-installed", "amd64"),
        encoding="utf-8",
    )
    (tmp_path / "root" / "etc").mkdir()
    (tmp_path / "root" / "etc" / "os-release").write_text("ID=debian\n", encoding="utf-8")
    asked = {"manager": "apt-get", "install": ["dpkg"], "remove": ["epagent*", "kesl", "kesl-gui"]}
    [found] = package_changes.collect(asked, Look(str(tmp_path / "root")))
    assert (found["what"], found["value"]["names"]) == ("remove", ["epagent-core", "kesl", "kesl:i386"])
    assert (tmp_path / "log").read_text(encoding="utf-8").split()[-4:] == ["purge", "epagent-core", "kesl", "kesl:i386"]
    assert [change["name"] for change in found["value"]["changes"]] == ["kesl"]
