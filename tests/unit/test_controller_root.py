"""The controller in a folder: from which mirror it is made, what is remembered of that, and what is left as it was."""

from __future__ import annotations

import fcntl
import functools
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support import REPOSITORY

from avshift_controller import locks, mirrors, roots, unsynced
from avshift_controller.errors import ControllerError
from avshift_controller.places import Places
from avshift_lab import images
from avshift_lab.errors import LabError

MIRROR = "http://mirror.example/debian"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The places of a checkout in which nothing was made."""
    for name in ("MIRROR", "KEYRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(roots, "ROOM", 0)
    made = Places(tmp_path)
    made.home.mkdir(parents=True)
    return made


def _bootstraps(monkeypatch: pytest.MonkeyPatch, error: str = "") -> list[mirrors.Mirror]:
    """Have a root made of a folder alone, or fail; return the mirrors that were asked."""
    asked: list[mirrors.Mirror] = []

    def bootstrap(_places: Places, root: Path, mirror: mirrors.Mirror) -> None:
        asked.append(mirror)
        if error:
            raise ControllerError("Making a controller", str(root), error, "Name a mirror")
        (root / "usr/local/bin").mkdir(parents=True)

    monkeypatch.setattr(roots, "_bootstrap", bootstrap)
    return asked


def test_a_mirror_that_was_named_once_is_remembered(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _bootstraps(monkeypatch)
    monkeypatch.setenv("MIRROR", f"{MIRROR}/")
    made = roots.make(places)
    monkeypatch.delenv("MIRROR")
    assert roots.make(places) == made
    assert [mirror.main for mirror in asked] == [MIRROR]


def test_an_own_keyring_is_where_the_wrapper_in_the_root_says(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bootstraps(monkeypatch)
    keyring = tmp_path / "site.gpg"
    keyring.write_bytes(b"a key")
    monkeypatch.setenv("MIRROR", MIRROR)
    monkeypatch.setenv("KEYRING", str(keyring))
    root = roots.make(places)
    words = (root / "usr/local/bin/mmdebstrap").read_text(encoding="utf-8").split()
    (option,) = [word for word in words if word.startswith("--keyring=")]
    assert (root / option.partition("=")[2].lstrip("/")).read_bytes() == b"a key"
    assert str(tmp_path) not in " ".join(words)


def test_a_mirror_that_does_not_answer_leaves_the_good_root(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    _bootstraps(monkeypatch)
    good = roots.make(places)
    _bootstraps(monkeypatch, "it does not answer")
    monkeypatch.setenv("MIRROR", MIRROR)
    with pytest.raises(ControllerError, match="does not answer"):
        roots.make(places)
    monkeypatch.delenv("MIRROR")
    assert good.is_dir()
    assert roots.make(places) == good


def test_a_new_root_takes_the_place_of_the_others(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    _bootstraps(monkeypatch)
    earlier = roots.make(places)
    monkeypatch.setenv("MIRROR", MIRROR)
    later = roots.make(places)
    assert later != earlier
    assert [path for path in places.home.iterdir() if path.name.startswith(roots.PREFIX)] == [later]


def test_a_root_in_which_a_command_runs_is_not_taken_away(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _bootstraps(monkeypatch)
    good = roots.make(places)
    monkeypatch.setenv("MIRROR", MIRROR)
    with (
        locks.held(places.lock("use"), fcntl.LOCK_SH),
        pytest.raises(ControllerError, match="another command is running"),
    ):
        roots.make(places)
    assert good.is_dir()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("security", "said", "words"),
    [
        ("", "", "no mirror of it is known"),
        (MIRROR, "E: Failed to fetch  404  Not Found", "has no such suite"),
        (MIRROR, "E: Could not connect: Connection refused", "could not be read"),
    ],
)
def test_what_is_left_out_is_named_with_its_reason(
    security: str, said: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(argv: list[str], **_given: Any) -> Any:
        code = 0 if "trixie-updates" in argv[2] else 100
        return mirrors.subprocess.CompletedProcess(argv, code, "", said if code else "")

    monkeypatch.setattr(mirrors, "proxies", dict)
    monkeypatch.setattr(mirrors.subprocess, "run", run)
    lines = mirrors.Mirror(MIRROR, security, "").sources("trixie")
    assert lines == [f"deb {MIRROR} trixie main", f"deb {MIRROR} trixie-updates main"]
    assert words in capsys.readouterr().out


def test_a_changed_list_makes_another_root(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _bootstraps(monkeypatch)
    listed = tmp_path / "packages.txt"
    monkeypatch.setattr(Places, "packages", listed)
    made = []
    for text in ("python3\n", "# Another word about it.\npython3\n", "python3\nnftables\n"):
        listed.write_text(text, encoding="utf-8")
        made.append(roots.make(places))
    assert made[0] == made[1] != made[2]
    assert len(asked) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="the filter needs root, as making a root does")
@pytest.mark.skipif(platform.machine() not in unsynced.MACHINES, reason="this machine's calls have other numbers")
def test_what_makes_a_root_does_not_wait_for_the_disk_and_its_caller_does() -> None:
    # A number that is no open file: whoever really asks for it gets an error.
    for name in ("fsync", "fdatasync"):
        argv = [
            sys.executable,
            "-c",
            f"import os, pathlib; os.{name}(9999); pathlib.Path('/proc/self/stat').read_text()",
        ]
        assert subprocess.run(argv, preexec_fn=unsynced.begin, check=False).returncode == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fsync(9999)


def _of_makefile(name: str) -> set[str]:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (found,) = re.findall(rf"^{name} := (.*)$", text, re.MULTILINE)
    return set(found.split())


def test_every_target_runs_there_or_says_why_not() -> None:
    lines = (REPOSITORY / "tests/left-out.txt").read_text(encoding="utf-8").splitlines()
    left_out = {line.partition(":")[0] for line in lines}
    assert _of_makefile("NEED_PYPI") - left_out == set()
    assert _of_makefile("CHECKS") - _of_makefile("DEBIAN_CHECKS") - left_out == set()
    assert _of_makefile("NEED_PYPI") & _of_makefile("IN_CONTROLLER") == set()


@pytest.fixture
def bookworm_alone(tmp_path: Path) -> Iterator[str]:
    """The address of a mirror that has Debian 12 and nothing else."""
    suite = tmp_path / "mirror/dists/bookworm"
    suite.mkdir(parents=True)
    (suite / "InRelease").write_text("Suite: stable\n", encoding="utf-8")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(not Path(mirrors.HELPER).exists(), reason="there is no apt here")
def test_an_image_whose_suite_the_mirror_lacks_is_left_out_by_name(
    bookworm_alone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mirrors, "proxies", dict)
    monkeypatch.setenv("MIRROR", f"{bookworm_alone}/")
    assert images.lacking(images.load("debian12-tools")) == ""
    assert "has no such suite" in images.lacking(images.load("debian11"))
    # A host that needs it is refused before anything is made.
    with pytest.raises(LabError, match=r"debian11: .*has no such suite\. Leave its hosts out"):
        images.make(images.load("debian11"))
    monkeypatch.delenv("MIRROR")
    assert images.lacking(images.load("debian11")) == ""
