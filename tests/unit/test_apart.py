"""What is kept in a file until a later task of the run needs it is unchanged when it is read, or is refused."""

from __future__ import annotations

import hashlib
import json
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RESULT: dict[str, Any] = {"changed": True, "msg": "done", "steps": [{"id": "01"}], "pending": ["01"]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    host=st.text(min_size=1),
    result=st.dictionaries(st.text(), PLAIN, max_size=5),
    data=st.data(),
)
def test_what_is_put_apart_comes_back_whole(tmp_path: Path, host: str, result: dict[str, Any], data: Any) -> None:
    result.pop(apart.KEPT, None)
    names = data.draw(st.lists(st.sampled_from(sorted(result)) if result else st.nothing(), unique=True))
    small = apart.put(tmp_path, host, result, [*names, "of which there is none"])
    assert set(small) == {*result, apart.KEPT} - set(names)
    assert apart.whole(tmp_path, host, small) == result


def test_a_result_that_was_not_put_apart_is_as_it_is(tmp_path: Path) -> None:
    assert apart.whole(tmp_path / "no such folder", "a", RESULT) == RESULT
    assert apart.whole(tmp_path, "a", {}) == {}


def test_its_file_is_its_users_alone_and_is_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = apart.put(folder, "a", RESULT, ["steps"])
    again = apart.put(folder, "a", {**RESULT, "steps": []}, ["steps"])
    other = apart.put(folder, "b", RESULT, ["steps"])
    assert len({first["kept"], again["kept"], other["kept"]}) == 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert apart.whole(folder, "a", first)["steps"] == RESULT["steps"]


def test_a_result_whose_file_cannot_be_written_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    small = apart.put(tmp_path / "file", "a", RESULT, ["steps"])
    assert small == RESULT
    assert apart.whole(tmp_path / "file", "a", small) == RESULT


def _gone(path: Path) -> None:
    path.unlink()


def _edited(path: Path) -> None:
    content = json.loads(zlib.decompress(path.read_bytes()))
    content["result"]["steps"] = [{"id": "other"}]
    path.write_bytes(zlib.compress(json.dumps(content).encode()))


def _halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


@pytest.mark.parametrize("change", [_gone, _edited, _halved])
def test_a_file_that_is_not_as_it_was_is_refused(tmp_path: Path, change: Any) -> None:
    small = apart.put(tmp_path, "a", RESULT, ["steps"])
    change(tmp_path / small["kept"])
    with pytest.raises(AvshiftError) as refused:
        apart.whole(tmp_path, "a", small)
    assert refused.value.code == "kept_lost"
    assert small["kept"] in str(refused.value)


def test_the_result_of_another_host_is_refused(tmp_path: Path) -> None:
    small = apart.put(tmp_path, "a", RESULT, ["steps"])
    with pytest.raises(AvshiftError, match="it is the result of a"):
        apart.whole(tmp_path, "b", small)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "", None, "A" * 64, "0" * 64 + "\n"])
def test_no_other_name_is_made_a_path(tmp_path: Path, name: Any) -> None:
    content = zlib.compress(json.dumps({"host": "a", "result": {}}).encode())
    (tmp_path / "outside").write_bytes(content)
    (tmp_path / hashlib.sha256(content).hexdigest()).write_bytes(content)
    with pytest.raises(AvshiftError, match="no name of such a file"):
        apart.whole(tmp_path / "run", "a", {"kept": name})
