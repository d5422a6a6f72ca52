"""Damaged databases: a finding is never lost on a host that is called complete."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import collector
from ansible_collections.avshift.endpoint.plugins.module_utils.kernel import mounts
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import rpm_database, systemd
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import answer
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CATALOG

ASKED = platforms.detection(CATALOG.products)
STATUS = "var/lib/dpkg/status"
# What a single line or record confirms, and nothing else on the host does.
FILES = {
    "usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/arch": "amd64\n",
    STATUS: (
        "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12\nDescription: x\n y\n\n"
        "Package: kesl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.1.0-1297\n\n"
        "Package: klms\nStatus: deinstall ok config-files\nArchitecture: i386\nVersion: 8.0.2-16\n\n"
    ),
    "var/lib/dpkg/info/kesl.list": "/.\n/opt\n",
    "var/lib/dpkg/info/klms:i386.list": "/.\n/opt\n",
    "etc/passwd": "root:x:0:0::/root:/bin/bash\nksc:x:998:997::/var/opt/x:/bin/false\na:x:1000:1000::/home/a:/bin/sh\n",
    "etc/group": "root:x:0:\nkfladmin:x:997:\n",
    "var/opt/kaspersky/applications.setup": "[1103]\nVERSION=15.1\nNAME=agent\n[1194]\nVERSION=5.5\nNAME=proxy\n",
}
DAMAGED = [name for name in FILES if name.startswith(("var/lib/dpkg/status", "etc/", "var/opt"))]


def _zeroed(draw: Callable[[Any], Any], text: str) -> str:
    at, size = draw(st.integers(0, len(text) - 1)), draw(st.integers(1, 60))
    return text[:at] + "\0" * len(text[at : at + size]) + text[at + size :]


def _line_cut(draw: Callable[[Any], Any], text: str) -> str:
    """Shorten a line after its name, or before it."""
    lines = text.split("\n")
    number = draw(st.sampled_from([number for number, line in enumerate(lines) if line]))
    lines[number] = lines[number][: draw(st.integers(0, len(lines[number]) - 1))]
    return "\n".join(lines)


def _ended(draw: Callable[[Any], Any], text: str) -> str:
    return text[: draw(st.integers(1, len(text) - 1))]


def _doubled(draw: Callable[[Any], Any], text: str) -> str:
    lines = text.split("\n")
    first = draw(st.integers(0, len(lines) - 1))
    last = draw(st.integers(first + 1, len(lines)))
    return "\n".join([*lines[:last], *lines[first:last], *lines[last:]])


def _told(files: dict[str, str]) -> tuple[set[str], bool]:
    """Return (what is found in a root with these files, each with its reasons, whether that is complete)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        told = answer.answer(platforms.evidence(collector.collect(ASKED, folder)), CATALOG)
    reasons = {reason for finding in told["findings"] for reason in finding["reasons"]}
    # The architecture is a part of a package's id, and may be what was damaged.
    return {"package:klms" if reason.startswith("package:klms") else reason for reason in reasons}, told["complete"]


@pytest.fixture(scope="module")
def whole() -> set[str]:
    """What is found where nothing is damaged."""
    found, complete = _told(FILES)
    assert complete
    named = {"package:kesl", "package:klms", "account:ksc", "group:kfladmin"}
    assert found >= named | {f"ini_section:/var/opt/kaspersky/applications.setup[{key}]" for key in ("1103", "1194")}
    return found


@pytest.mark.parametrize("damage", [_zeroed, _doubled], ids=["zeroed", "doubled"])
@pytest.mark.parametrize("name", DAMAGED)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_no_finding_is_lost_in_silence(
    name: str, damage: Callable[[Any, str], str], data: st.DataObject, whole: set[str]
) -> None:
    found, complete = _told({**FILES, name: damage(data.draw, FILES[name])})
    assert found >= whole or not complete


@pytest.mark.parametrize("damage", [_line_cut, _ended], ids=["line-cut", "ended"])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_no_package_is_lost_with_a_line_or_the_end(
    damage: Callable[[Any, str], str], data: st.DataObject, whole: set[str]
) -> None:
    found, complete = _told({**FILES, STATUS: damage(data.draw, FILES[STATUS])})
    assert found >= whole or not complete


REGISTRY = "var/opt/kaspersky/applications.setup"


@pytest.mark.parametrize("header", ["[1103]", "[1194]"])
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_no_section_is_lost_with_its_header(header: str, data: st.DataObject, whole: set[str]) -> None:
    cut = header[: data.draw(st.integers(0, len(header) - 1))]
    line = data.draw(st.sampled_from([f"{cut}\n", ""])) if not cut else f"{cut}\n"
    found, complete = _told({**FILES, REGISTRY: FILES[REGISTRY].replace(f"{header}\n", line)})
    assert found >= whole or not complete


@settings(deadline=None)
@given(at=st.integers(0, 200), size=st.integers(1, 30), how=st.sampled_from(["cut", "zero"]))
def test_no_account_is_lost_with_a_part_of_its_line(at: int, size: int, how: str) -> None:
    text = FILES["etc/passwd"]
    at %= text.index("a:x:1000")
    part = text[at : at + size]
    damaged = text[:at] + ("" if how == "cut" else "\0" * len(part)) + text[at + size :]
    if "\n" in part or ":" not in part:
        # A part that keeps the form of a line is another name, home or line, and the system itself would accept it.
        return
    found, complete = _told({**FILES, "etc/passwd": damaged})
    assert "account:ksc" in found or not complete


ROWS = "bash\t0\t5.2-1\tx86_64\tDebian\t(none)\nkesl\t(none)\t12.1-1\tx86_64\tKaspersky\t(none)\n"


@given(st.data())
def test_no_package_of_rpm_is_lost_in_silence(data: st.DataObject) -> None:
    how = data.draw(st.sampled_from([_zeroed, _doubled]))
    database = rpm_database.Database(None, "/var/lib/rpm")
    said = how(data.draw, ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rpm_database, "run", lambda *_arguments: Finished(0, said, ""))
        try:
            names = {package["name"] for package in database.all()}
        except EndpointError:
            return
    assert names >= {"bash", "kesl"}


@pytest.mark.parametrize("said", ["kesl\t0\n", "\t0\t1\t2\t3\t4\n", "kesl\t0\t12.1-1\tx86_64\tKaspersky\n"])
def test_row_of_rpm_that_is_not_understood_is_no_package_passed_over(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpm_database, "run", lambda *_arguments: Finished(0, said, ""))
    with pytest.raises(EndpointError, match="cannot be parsed"):
        rpm_database.Database(None, "/var/lib/rpm").all()


@pytest.mark.parametrize(
    "errors",
    [
        "error: rpmdbNextIterator: skipping h#     512 blob size(3344): BAD, 8 + 16 * il(70) + dl(2200)\n",
        "error: rpmdb: damaged header #512 retrieved -- skipping.\n",
        "warning: rpmdb: skipping a malformed header\n",
    ],
)
def test_record_that_rpm_passes_over_is_not_passed_over(errors: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm_database, "run", lambda *_arguments: Finished(0, ROWS, errors))
    with pytest.raises(EndpointError) as caught:
        rpm_database.Database(None, "/var/lib/rpm").all()
    assert caught.value.code == "rpm_broken"


def test_line_of_mountinfo_that_is_not_understood_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mountinfo"
    table.write_text("21 1 0:20 / / rw - ext4 /dev/sda rw\n22 21 0:21 / /opt/kaspersky rw\n", encoding="ascii")
    monkeypatch.setattr(mounts, "TABLE", str(table))
    with pytest.raises(ValueError, match="cannot be parsed"):
        mounts.now()


def test_unit_of_which_systemd_does_not_tell_the_state_is_not_taken_for_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "run", lambda *_arguments: Finished(0, "Id=kesl.service\nLoadState=loaded\n", ""))
    with pytest.raises(EndpointError) as caught:
        systemd.show(["kesl.service"])
    assert caught.value.code == "systemd_silent"
