"""A product is enrolled in its vendor's way, and asked until it is; an installer has to match its checksum."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.handover import enrol, prove_state
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import kit_check, kit_install
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.packages import kit as kit_evidence
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import kit_file, trust
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_places
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import vendor

SECRETS = {"key": "k3y\nof two lines", "word": "w0rd"}


def _product(folder: Path, script: str) -> str:
    """Return the path of a command line that does as a script says, in the folder where it lies."""
    path = folder / "product"
    path.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def _probe(path: str) -> dict[str, Any]:
    checks = [{"id": "joined", "field": "Joined", "ok": ["yes"], "bad": ["no"]}]
    return {"argv": [path, "who"], "limit": 10, "output": "key_value", "checks": checks}


# It joins after it was asked this often since the order to join.
JOINING = """
case "$1" in
who)
    echo x >>asked
    if [ -e told ] && [ "$(wc -l <asked)" -gt 2 ]; then echo "Joined: yes"; else echo "Joined: no"; fi ;;
join) cat >stdin; printf %s "$KEY" >environment; printf %s "$2" >argument; touch told ;;
leave) rm told ;;
fail) echo "cannot use $2" >&2; exit 3 ;;
esac
"""


def _target(folder: Path, script: str, **changed: Any) -> dict[str, Any]:
    path = _product(folder, script)
    join = {"argv": [path, "join", "--word={secret:word}"], "limit": 10, "stdin": "word", "environment": {"KEY": "key"}}
    return {
        "name": "Acme",
        "probes": [_probe(path)],
        "steps": [{"file": str(folder / "etc/key"), "secret": "key"}, join],
        "values": SECRETS,
        "retries": 5,
        "delay": 0,
        "undo": [{"argv": [path, "leave"], "limit": 10}],
        **changed,
    }


def test_secret_goes_where_the_vendor_wants_it(tmp_path: Path) -> None:
    target = _target(tmp_path, JOINING)
    assert not enrol.look(target)
    assert enrol.do(target) == {"asked": 2}
    assert enrol.look(target)
    written = tmp_path / "etc/key"
    assert written.read_text(encoding="utf-8") == SECRETS["key"]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    seen = {name: (tmp_path / name).read_text(encoding="utf-8") for name in ("stdin", "environment", "argument")}
    assert seen == {"stdin": "w0rd\n", "environment": SECRETS["key"], "argument": "--word=w0rd"}


def test_undo_leaves_and_takes_the_secret_s_file_away(tmp_path: Path) -> None:
    target = _target(tmp_path, JOINING)
    enrol.do(target)
    enrol.undo(target)
    assert not (tmp_path / "etc/key").exists()
    assert not enrol.look(target)


def test_product_that_does_not_join_is_asked_as_often_as_told_and_no_more(tmp_path: Path) -> None:
    target = _target(tmp_path, JOINING, steps=[])
    with pytest.raises(EndpointError, match=r"Acme: joined: Joined: 'no'") as caught:
        enrol.do(target)
    assert caught.value.code == "not_enrolled"
    assert (tmp_path / "asked").read_text(encoding="utf-8").count("x") == 5


def test_command_that_refuses_is_told_without_the_argument(tmp_path: Path) -> None:
    path = _product(tmp_path, JOINING)
    refused = {"argv": [path, "fail", "{secret:word}"], "limit": 10}
    with pytest.raises(EndpointError, match=r"fail \{secret:word\}: exit code 3") as caught:
        enrol.do(_target(tmp_path, JOINING, steps=[refused]))
    assert caught.value.code == "enrolment_refused"


def test_staging_is_proven_when_the_answer_comes_and_not_at_all_when_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove_state, "PAUSE", 0)
    (tmp_path / "told").touch()
    probes = [_probe(_product(tmp_path, JOINING))]
    done = prove_state.do({"name": "Acme", "probes": probes, "limit": 10})
    assert [check["result"] for check in done["checks"]] == ["ok"]
    (tmp_path / "told").unlink()
    with pytest.raises(EndpointError, match="joined: Joined: 'no'"):
        prove_state.do({"name": "Acme", "probes": probes, "limit": 0})


def test_answer_that_does_not_come_in_time_is_unknown(tmp_path: Path) -> None:
    probe = {**_probe(_product(tmp_path, "echo 'Joined: yes'; exec sleep 60")), "limit": 0.2}
    assert [check["result"] for check in vendor.prove([probe])] == ["unknown"]


@pytest.fixture(autouse=True)
def _only_what_is_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directories above the test's own are open to all users, and belong to whoever runs the test."""
    monkeypatch.setattr(trust, "TOP", str(tmp_path))
    monkeypatch.setattr(trust, "OWNER", os.geteuid())
    (tmp_path / "own").mkdir(mode=0o700)
    monkeypatch.setattr(own_places, "FOLDERS", [str(tmp_path / "own")])


def _kit(folder: Path, text: str = "#!/bin/sh\ntouch installed\n") -> dict[str, Any]:
    path = folder / "kit"
    path.write_text(f"#!/bin/sh\ncd {folder}\n{text}", encoding="utf-8")
    path.chmod(0o700)
    gone = _product(folder, "rm installed")
    return {
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "argv": [str(path)],
        "limit": 10,
        "installed": str(folder / "installed"),
        "uninstall": [{"argv": [gone], "limit": 10}],
    }


def test_installer_is_run_and_taken_back(tmp_path: Path) -> None:
    target = _kit(tmp_path)
    assert not kit_install.look(target)
    kit_install.do(target)
    assert kit_install.look(target)
    kit_install.undo(target)
    assert not kit_install.look(target)


def test_package_of_a_kit_is_looked_for_where_apt_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [{"name": "acme-guard", "version": "1.0", "status": "install ok installed"}]
    monkeypatch.setattr(kit_install.packages_install.dpkg_status, "named", lambda _names: known)
    change = {"name": "acme-guard", "old": "", "new": "1.0"}
    assert kit_install.look({"changes": [change]})
    assert not kit_install.look({"changes": [{**change, "new": "1.1"}]})


@pytest.mark.parametrize("act", [kit_check.do, kit_install.do])
def test_other_kit_than_the_approved_one_is_never_run(tmp_path: Path, act: Any) -> None:
    target = _kit(tmp_path)
    with Path(target["path"]).open("a", encoding="utf-8") as stream:
        stream.write("# one line more\n")
    with pytest.raises(EndpointError, match="SHA-256") as caught:
        act(target)
    assert caught.value.code == "kit_differs"
    assert not (tmp_path / "installed").exists()
    Path(target["path"]).unlink()
    with pytest.raises(EndpointError, match="it is not there"):
        act(target)


def test_kit_is_described_and_a_link_to_one_is_not_followed(tmp_path: Path) -> None:
    target = _kit(tmp_path)
    asked = [{"path": target["path"], "form": "installer"}, {"path": str(tmp_path / "gone"), "form": "deb"}]
    (item,) = kit_evidence.collect(asked, None)
    assert item["value"]["sha256"] == target["sha256"]
    assert item["value"]["mode"] == "0700"
    link = tmp_path / "link"
    link.symlink_to(target["path"])
    (unknown,) = kit_evidence.collect([{"path": str(link), "form": "installer"}], None)
    assert "unknown" in unknown
    with pytest.raises(EndpointError, match="not a regular file"):
        kit_file.describe("/dev/null")


def test_file_of_an_earlier_enrolment_comes_back(tmp_path: Path) -> None:
    earlier = tmp_path / "etc/key"
    earlier.parent.mkdir()
    earlier.write_text("the owner's", encoding="utf-8")
    earlier.chmod(0o640)
    target = _target(tmp_path, JOINING, retries=1)
    with pytest.raises(EndpointError):
        enrol.do(target)
    assert earlier.read_text(encoding="utf-8") == SECRETS["key"]
    enrol.undo(target)
    assert (earlier.read_text(encoding="utf-8"), stat.S_IMODE(earlier.stat().st_mode)) == ("the owner's", 0o640)
    enrol.do({**target, "retries": 5})
    assert [path.name for path in earlier.parent.iterdir()] == ["key"]
