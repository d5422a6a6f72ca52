"""What a collector reads from an existing configuration file matches the published schema, as answers have to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import file_texts
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files.tree import Tree
from schemas import problems
from support import HOST


def test_file_that_is_there_fits_the_schema(tmp_path: Path) -> None:
    (tmp_path / "clamd.conf").write_text("User clamav\n", encoding="utf-8")
    (tmp_path / "clamd.conf").chmod(0o640)
    (found,) = file_texts.collect(["/clamd.conf"], SimpleNamespace(tree=Tree(str(tmp_path))))
    assert found["value"] == {"text": "User clamav\n", "mode": "0640"}
    assert problems("evidence", {"evidence": [found], "host": HOST, "live": True}) == []
