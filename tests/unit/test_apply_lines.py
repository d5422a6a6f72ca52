"""Lines are removed from other programs' files, and every other byte of them stays."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import lines_remove, selinux_contexts_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.lines import mentioned_lines
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import file_replace
from hypothesis import given
from hypothesis import strategies as st

PLACES = ("cron", "mta", "samba", "squid", "sudoers")
GONE = "0 3 * * * root /opt/product/scan"
REPLACED = "vfs objects = product recycle"
EDITS: list[dict[str, Any]] = [
    {"before": GONE, "after": None},
    {"before": REPLACED, "after": "vfs objects = recycle"},
    {"before": "command =\n    /opt/product/scan", "after": None},
]


def _target(place: Path | str = "", kind: str = "cron", **changed: Any) -> dict[str, Any]:
    return {"path": str(place), "place": kind, "edits": EDITS, "whole": False, **changed}


LINES = st.one_of(
    st.sampled_from([edit["before"].encode() for edit in EDITS]),
    st.sampled_from([GONE.encode() + b" ", b"\t" + GONE.encode(), b"\\", b"a \\", b"", b"# " + GONE.encode(), b"\r"]),
    st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
)


def _files() -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda lines, end: b"\n".join(lines) + end, st.lists(LINES, max_size=12), st.sampled_from([b"", b"\n"])
    )


@given(_files(), st.sampled_from(PLACES))
def test_no_other_line_is_touched(data: bytes, place: str) -> None:
    """What stays is what was there, in order and with its line ends, and nothing else is in between."""
    planned = {edit["before"].encode(): (edit["after"] or "").encode() for edit in EDITS}
    expected, rest = b"", data
    for _number, lines in mentioned_lines.blocks(data, place):
        block = b"\n".join(lines)
        end, rest = rest[len(block) : len(block) + 1], rest[len(block) + 1 :]
        left = planned.get(block, block)
        expected += left + end if left or block not in planned else b""
    assert lines_remove.edited(data, _target(kind=place)) == expected


@given(_files(), st.sampled_from(PLACES))
def test_taking_out_twice_is_taking_out_once(data: bytes, place: str) -> None:
    once = lines_remove.edited(data, _target(kind=place))
    assert lines_remove.edited(once, _target(kind=place)) == once


@given(st.binary(max_size=400), st.sampled_from(PLACES))
def test_file_without_the_lines_stays_byte_for_byte(data: bytes, place: str) -> None:
    assert lines_remove.edited(data, _target(kind=place)) == data
    blocks = [lines for _number, lines in mentioned_lines.blocks(data, place)]
    assert b"\n".join(line for lines in blocks for line in lines) == data


def test_file_keeps_mode_and_the_end_that_it_had(tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.write_bytes(b"MAILTO=ops\n" + GONE.encode() + b"\n# \xe4\r\nlast")
    place.chmod(0o640)
    target = _target(place)
    assert lines_remove.look(target) is False
    lines_remove.do(target)
    assert lines_remove.look(target) is True
    assert place.read_bytes() == b"MAILTO=ops\n# \xe4\r\nlast"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert [child.name for child in tmp_path.iterdir()] == ["site"], "no draft stays"


def test_labels_of_a_file_are_kept(tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.write_text(GONE, encoding="utf-8")
    try:
        os.setxattr(place, "user.label", b"the owner's")
    except OSError:
        pytest.skip("the file system knows no extended attributes")
    lines_remove.do(_target(place))
    assert os.getxattr(place, "user.label") == b"the owner's"


def test_lines_that_are_gone_already_are_done(tmp_path: Path) -> None:
    assert lines_remove.look(_target(tmp_path / "never-there")) is True
    (tmp_path / "site").write_text("another\n", encoding="utf-8")
    assert lines_remove.look(_target(tmp_path / "site")) is True


def test_line_that_its_owner_has_changed_stays(tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.write_text(f"{GONE} --quiet\n", encoding="utf-8")
    lines_remove.do(_target(place))
    assert place.read_text(encoding="utf-8") == f"{GONE} --quiet\n"


def _whole(place: Path) -> dict[str, Any]:
    return _target(place, whole=True, sha256=hashlib.sha256(place.read_bytes()).hexdigest())


def test_file_with_nothing_else_goes(tmp_path: Path) -> None:
    place = tmp_path / "product"
    place.write_text(f"{GONE}\n", encoding="utf-8")
    target = _whole(place)
    assert lines_remove.look(target) is False
    lines_remove.do(target)
    assert lines_remove.look(target) is True
    assert not place.exists()


def test_file_to_which_somebody_has_added_since_does_not_go(tmp_path: Path) -> None:
    place = tmp_path / "product"
    place.write_text(f"{GONE}\n", encoding="utf-8")
    target = _whole(place)
    place.write_text(f"{GONE}\n@daily root backup\n", encoding="utf-8")
    with pytest.raises(EndpointError) as caught:
        lines_remove.do(target)
    assert caught.value.code == "file_drifted"
    assert place.exists()


def test_link_in_the_file_s_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text(f"{GONE}\n", encoding="utf-8")
    (tmp_path / "site").symlink_to("other")
    with pytest.raises(EndpointError):
        lines_remove.look(_target(tmp_path / "site"))
    assert (tmp_path / "other").read_text(encoding="utf-8") == f"{GONE}\n"


def test_draft_that_somebody_has_put_there_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "site").write_text(f"{GONE}\n", encoding="utf-8")
    (tmp_path / "victim").write_text("kept", encoding="utf-8")
    os.link(tmp_path / "victim", tmp_path / ".site.avshift")
    lines_remove.do(_target(tmp_path / "site"))
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "kept"


def test_what_the_check_refuses_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "rules"
    place.write_text("before\n", encoding="utf-8")

    def refuse(draft: str, path: str) -> None:
        assert Path(draft).read_text(encoding="utf-8") == "after\n"
        raise EndpointError("refused", "Checking", path, "it is wrong", "Correct it.")

    with pytest.raises(EndpointError):
        file_replace.replace(str(place), b"after\n", refuse)
    assert place.read_text(encoding="utf-8") == "before\n"
    assert [child.name for child in tmp_path.iterdir()] == ["rules"]


@pytest.mark.skipif(shutil.which("visudo") is None, reason="there is no sudo here")
def test_rules_that_sudo_could_not_read_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "rules"
    place.write_text(f"{GONE}\nthis is no rule\n", encoding="utf-8")
    with pytest.raises(EndpointError) as caught:
        lines_remove.do(_target(place, "sudoers"))
    assert caught.value.code == "sudoers_invalid"
    assert GONE in place.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/opt/product(/.*)? system_u:object_r:t:s0", ["/opt/product(/.*)?"]),
        ("/opt/product/x\t--\tsystem_u:object_r:t:s0", ["-f", "f", "/opt/product/x"]),
        ("/opt/product/x -d system_u:object_r:t:s0", ["-f", "d", "/opt/product/x"]),
    ],
)
def test_rule_for_labels_is_named_to_the_tool_as_it_was_given(line: str, words: list[str]) -> None:
    target = {"tool": "semanage", "policy": "targeted"}
    named = selinux_contexts_remove.deleting(line, target)
    assert named == ["semanage", "fcontext", "-d", "-S", "targeted", *words]
