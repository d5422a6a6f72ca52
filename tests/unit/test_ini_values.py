"""A configuration value is what the file says, or it is not known: never one of several, or the default."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import space
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files.ini_values import one_value
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[a]\nKey=/srv/x\n", "/srv/x"),
        ("[a]\r\nkey = /srv/x\r\n", "/srv/x"),
        ("Key=/srv/x", "/srv/x"),
        ("[a]\nKey=/srv/x\n[b]\nKey=/srv/x\n", "/srv/x"),
        ("[a]\n#Key=/srv/x\nKeys=1\n", None),
        ("", None),
    ],
)
def test_value_is_read(text: str, value: str | None) -> None:
    assert one_value(text, "Key") == value


@pytest.mark.parametrize("text", ["Key=/a\nKey=/b\n", "[a]\nKey=/a\n[b]\nKey=/b\n", "K\0e\0y\0=\0/\0a\0"])
def test_what_says_more_than_one_thing_or_is_no_text_is_not_known(text: str) -> None:
    with pytest.raises(ValueError, match=r"Key is|not plain text"):
        one_value(text, "Key")


def test_setting_that_is_not_known_costs_no_other_size(tmp_path: Path) -> None:
    (tmp_path / "set.ini").write_text("BackupFolder=/a\nBackupFolder=/b\n", encoding="ascii")
    (tmp_path / "tree").mkdir()
    file = str(tmp_path / "set.ini")
    asked = {"at": "/", "trees": [], "named_in": [{"file": file, "key": "BackupFolder"}], "in_homes": []}
    items = list(space.collect(asked, Look("/")))
    assert [item["what"] for item in items if "unknown" in item] == [f"{file}[BackupFolder]"]
    assert any("free_bytes" in item.get("value", {}) for item in items)
