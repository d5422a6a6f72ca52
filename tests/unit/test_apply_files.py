"""Steps that write and remove files do what they say, twice if need be, and can be undone."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import file, ini_section_remove, path_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import ini_sections
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError


def _target(place: Path, before: str | None, **changed: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"path": str(place), "mode": "0644", "before": before, "after": "after\n", "parents": []}
    return {**plain, "before_mode": "0640", "after_packages": False, "anyhow": False, **changed}


def _carry_out(kind: Any, target: dict[str, Any]) -> None:
    assert kind.look(target) is False
    kind.do(target)
    assert kind.look(target) is True


def test_file_is_written_and_put_back(tmp_path: Path) -> None:
    place = tmp_path / "clamd.conf"
    place.write_text("before\n", encoding="utf-8")
    place.chmod(0o640)
    target = _target(place, "before\n")
    _carry_out(file, target)
    file.undo(target)
    assert place.read_text(encoding="utf-8") == "before\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


def test_new_file_goes_with_the_directories_made_for_it(tmp_path: Path) -> None:
    place = tmp_path / "new" / "er" / "clamd.conf"
    target = _target(place, None, parents=[str(tmp_path / "new"), str(tmp_path / "new" / "er")])
    _carry_out(file, target)
    file.undo(target)
    assert list(tmp_path.iterdir()) == []


def test_directory_that_another_has_used_since_stays(tmp_path: Path) -> None:
    place = tmp_path / "new" / "clamd.conf"
    target = _target(place, None, parents=[str(tmp_path / "new")])
    file.do(target)
    (tmp_path / "new" / "other").write_text("", encoding="utf-8")
    file.undo(target)
    assert [child.name for child in (tmp_path / "new").iterdir()] == ["other"]


def test_wrong_mode_is_not_done(tmp_path: Path) -> None:
    place = tmp_path / "clamd.conf"
    place.write_text("after\n", encoding="utf-8")
    place.chmod(0o666)
    _carry_out(file, _target(place, "before\n"))
    assert stat.S_IMODE(place.stat().st_mode) == 0o644


@pytest.mark.parametrize("before", ["before\n", None])
def test_file_that_somebody_has_changed_since_is_not_overwritten(before: str | None, tmp_path: Path) -> None:
    place = tmp_path / "clamd.conf"
    place.write_text("somebody's\n", encoding="utf-8")
    with pytest.raises(EndpointError) as caught:
        file.do(_target(place, before))
    assert caught.value.code == "file_drifted"
    assert place.read_text(encoding="utf-8") == "somebody's\n"


def test_file_that_a_package_brings_may_be_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "site.ndb"
    place.write_text("the package's\n", encoding="utf-8")
    _carry_out(file, _target(place, None, anyhow=True))


def test_link_in_a_file_s_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("before\n", encoding="utf-8")
    (tmp_path / "link").symlink_to("kept")
    target = _target(tmp_path / "link", "before\n")
    assert file.look(target) is False
    with pytest.raises(EndpointError):
        file.do(target)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "before\n"


REGISTRY = "; head\n[1103]\nNAME=agent\n\n[1194]\nNAME=proxy\n"


@pytest.mark.parametrize(
    ("section", "left"),
    [("1103", "; head\n[1194]\nNAME=proxy\n"), ("1194", "; head\n[1103]\nNAME=agent\n\n")],
)
def test_section_goes_and_the_others_stay(section: str, left: str, tmp_path: Path) -> None:
    place = tmp_path / "applications.setup"
    place.write_text(REGISTRY, encoding="utf-8")
    place.chmod(0o640)
    _carry_out(ini_section_remove, {"file": str(place), "section": section})
    assert place.read_text(encoding="utf-8") == left
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


OTHERS = {
    "line ends of another system": "[1194]\r\nNAME=proxy\r\n",
    "no line end at the end": "[1194]\nNAME=proxy",
    "form feed in a value": "[1194]\nNAME=a\x0cb\n",
    "other encoding": "[1194]\nNAME=\udce4\n",
    "next-line character": "[1194]\nNAME=a\x85b\n",
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_other_sections_stay_byte_for_byte(name: str, tmp_path: Path) -> None:
    place, raw = tmp_path / "applications.setup", OTHERS[name].encode("utf-8", "surrogateescape")
    place.write_bytes(b"[1103]\nNAME=agent\n" + raw)
    ini_section_remove.do({"file": str(place), "section": "1103"})
    assert place.read_bytes() == raw


def test_file_goes_with_its_last_section(tmp_path: Path) -> None:
    place = tmp_path / "applications.setup"
    place.write_text("; head\n[1103]\nNAME=agent\n", encoding="utf-8")
    _carry_out(ini_section_remove, {"file": str(place), "section": "1103"})
    assert not place.exists()


def test_section_that_is_not_there_is_done(tmp_path: Path) -> None:
    target = {"file": str(tmp_path / "applications.setup"), "section": "1103"}
    assert ini_section_remove.look(target) is True
    (tmp_path / "applications.setup").write_text("[11030]\n1103=[1103]x\n", encoding="utf-8")
    assert ini_section_remove.look(target) is True


def test_plan_says_of_a_section_that_stands_twice_what_its_removal_does(tmp_path: Path) -> None:
    place = tmp_path / "applications.setup"
    place.write_text("[1103]\nNAME=agent\n[1103]\nNAME=agent\n", encoding="utf-8")
    asked = [{"file": str(place), "section": "1103"}]
    planned = [seen["value"]["last"] for seen in ini_sections.collect(asked, Look())]
    ini_section_remove.do(asked[0])
    assert planned == [not place.exists()]


def test_path_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    _carry_out(path_remove, {"path": str(tmp_path / "tree"), "scope": "tree", "expected_gone": []})
    assert path_remove.look({"path": str(tmp_path / "tree"), "scope": "empty", "expected_gone": []}) is True


def test_shared_directory_goes_only_when_nothing_else_is_in_it(tmp_path: Path) -> None:
    shared = tmp_path / "kaspersky"
    (shared / "kesl").mkdir(parents=True)
    target = {"path": str(shared), "scope": "empty", "expected_gone": ["kesl"]}
    assert path_remove.look(target) is False, "what is in it goes before"
    (shared / "ScanEngine").mkdir()
    assert path_remove.look(target) is True, "another product has come, so that it stays"
    (shared / "ScanEngine").rmdir()
    with pytest.raises(EndpointError):
        path_remove.do(target)
    (shared / "kesl").rmdir()
    _carry_out(path_remove, target)
