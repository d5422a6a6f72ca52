"""What public CI runs is what a contributor can call, and CONTRIBUTING.md says which of it cannot run everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matrix import by_core, pythons
from schemas import SCHEMAS
from support import REPOSITORY, load_yaml

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
LISTED = json.loads((REPOSITORY / ".github" / "matrix.json").read_text(encoding="utf-8"))
READ_MATRIX = "json.load(open"
# Commands that are no target: they hand the matrix on, wait for all jobs, and prepare Windows, which has no make.
BARE = {
    "ci.yml": {READ_MATRIX, 'test "$result" = success'},
    "windows.yml": {READ_MATRIX, "tests/windows-acceptance/prepare.ps1"},
}
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")


def _commands(path: Path) -> Iterator[str]:
    for job in load_yaml(path)["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def _called() -> set[str]:
    return {name for path in WORKFLOWS for run in _commands(path) for name in TARGET.findall(run)}


def _unasked() -> set[str]:
    """Return the targets, or beginnings of targets, for which the Makefile asks for no package of the machine."""
    (found,) = re.findall(r"^else ifneq \(\$\(filter-out (.+?),\$\(or \$\(MAKECMDGOALS\)", MAKEFILE, re.MULTILINE)
    return set(found.split())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_is_a_target_or_one_of_the_exceptions(path: Path) -> None:
    bare = [run for run in _commands(path) if not re.search(r"\bmake ", run)]
    allowed = BARE.get(path.name, set())
    assert {mark for mark in allowed for run in bare if mark in run} == allowed
    assert len(bare) == len(allowed)
    if any("prepare.ps1" in mark for mark in allowed):
        assert "`prepare.ps1`" in CONTRIBUTING


def test_a_target_that_is_called_without_sudo_needs_no_root() -> None:
    plain = {name for path in WORKFLOWS for run in _commands(path) if "sudo" not in run for name in TARGET.findall(run)}
    assert plain
    for name in plain:
        assert name in _unasked() or f"{name.partition('-')[0]}-%" in _unasked(), name


@pytest.mark.parametrize(("target", "asked"), [("docs", False), ("help", False), ("lint", True)])
def test_make_asks_for_packages_only_where_a_target_needs_some(tmp_path: Path, target: str, asked: bool) -> None:
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-docs.txt", "requirements-lint.txt"):
        (tmp_path / name).touch()
    (tmp_path / "lab").mkdir()
    setup = tmp_path / "lab" / "setup.sh"
    setup.write_text("#!/bin/sh\necho asked\nmkdir -p .cache\necho 'WAY := environment' >$1\n", encoding="utf-8")
    setup.chmod(0o755)
    given = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["make", "-n", target], cwd=tmp_path, env=given, capture_output=True, text=True, check=target != "lint"
    )
    assert ("asked" in done.stdout) == asked


def test_where_pypi_was_refused_docs_says_so(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "way.mk").write_text("WAY := controller\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    shutil.copy(REPOSITORY / "tests" / "left-out.txt", tmp_path / "tests")
    given = {"PATH": os.environ["PATH"]}
    for target in ("docs", "ee"):
        (tmp_path / "requirements.txt").touch()
        os.utime(tmp_path / "requirements.txt", (0, 0))
        os.utime(tmp_path / ".cache" / "way.mk")
        (tmp_path / ".cache" / "controller").mkdir(exist_ok=True)
        (tmp_path / ".cache" / "controller" / "root-x").touch()
        done = subprocess.run(["make", target], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
        assert done.stdout.startswith(f"{target}: "), done
        assert done.returncode


def test_the_table_names_exactly_the_targets_of_public_ci() -> None:
    table = CONTRIBUTING.partition("| job | here |")[2].partition("\n\n")[0]
    named = {
        token.removeprefix("make ").split()[0]
        for row in table.splitlines()[2:]
        for token in re.findall(r"`([^`]+)`", row.split("|")[1])
    }
    assert named == set(LISTED["checks"]) | _called()


BEYOND = {
    "docs": "the documentation",
    "site": "the documentation",
    "release-check": "a dry run of a release",
    "test-matrix": "the endpoint's code on every Python",
    "controller": "the controller in a folder",
    "windows": "a Windows-like disk",
}


def test_what_public_ci_runs_beyond_make_test_is_said_and_nothing_else() -> None:
    """The text is joined again: its lines end where they were filled."""
    joined = " ".join(CONTRIBUTING.split())
    sentence = joined.partition("Public CI runs more than `make test`:")[2].partition(". ")[0]
    (parts,) = re.findall(r"^CHECKS := (.+)$", MAKEFILE, re.MULTILINE)
    beyond = set(LISTED["checks"]) - set(parts.split())
    assert {words for words in BEYOND.values() if words in sentence} == {BEYOND[target] for target in beyond}


def test_each_core_has_the_python_that_is_taken_first_and_every_core_that_is_known_is_there() -> None:
    wanted = by_core.wanted()
    known = [*wanted["controllers"], *wanted["by_name"]]
    assert len(LISTED["cores"]) == len(known)
    for one in LISTED["cores"]:
        assert by_core.entry_of(one["core"])["pythons"][0] == one["python"]
    listed = {one["core"] for one in LISTED["cores"]}
    assert {"2.16", "2.18", "2.19", "2.20", "2.21", "devel"} == listed
    # The local matrix takes as long as three do.
    assert len(wanted["controllers"]) == 3
    needed = (REPOSITORY / "requirements.in").read_text(encoding="utf-8")
    assert set(wanted["units"]) <= set(re.findall(r"^([\w-]+)==", needed, re.MULTILINE))


@pytest.mark.parametrize(
    ("core", "words"), [("2.18", "2.18: no Python 3.12, 3.11, 3.13 for the controller."), ("2.9", "2.9: it is none of")]
)
def test_a_core_that_cannot_be_had_is_a_failure_where_it_was_asked_for(
    core: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(by_core, "CACHE", tmp_path)
    monkeypatch.setattr(pythons, "found", lambda oldest, newest: [])
    monkeypatch.setattr("sys.argv", ["by_core", core])
    assert by_core.main() == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    # Its exit code is make's.
    run = ["make", "--no-print-directory", "-n", "sanity", f"CORE={core}", "SHELL=/bin/sh"]
    assert "by_core" in subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert re.search(r'^WITH_CORE = \$\(if \$\(CORE\),PATH="\$\$\(.+\):\$\$PATH" &&\)$', MAKEFILE, re.MULTILINE)


def test_nothing_is_ignored_in_sanity_but_what_checks_of_old_versions_get_wrong() -> None:
    files = sorted((REPOSITORY / "tests/sanity").iterdir())
    ignored = {path.name: path.read_text(encoding="utf-8").splitlines() for path in files}
    assert {name: len(lines) for name, lines in ignored.items()} == {"ignore-2.16.txt": 3, "ignore-2.18.txt": 1}
    for line in (line for lines in ignored.values() for line in lines):
        what, _mark, reason = line.partition(" # ")
        assert reason, line
        assert (REPOSITORY / what.split()[0]).exists()


def test_windows_takes_its_machines_and_ways_from_the_matrix() -> None:
    jobs = load_yaml(REPOSITORY / ".github/workflows/windows.yml")["jobs"]
    read = "${{ fromJSON(needs.matrix.outputs.all).windows.%s }}"
    assert jobs["acceptance"]["strategy"]["matrix"] == {"system": read % "systems", "way": read % "ways"}
    script = (REPOSITORY / "tests/windows-acceptance/prepare.ps1").read_text(encoding="utf-8")
    assert all(f"'{way}'" in script for way in LISTED["windows"]["ways"])


def test_the_full_tests_try_a_distribution_s_image_that_is_here() -> None:
    recipe = MAKEFILE.partition("\ntest-full: setup")[2].partition("\n\n")[0]
    assert "$(MAKE) molecule-distribution IMAGE=" in recipe
    name = re.findall(r'images\.load\("(\w+)"\)', recipe)
    assert len(name) == 1
    assert (REPOSITORY / "lab" / "images" / f"{name[0]}.yml").exists()


def test_help_says_how_long_the_long_ones_take() -> None:
    helped = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    told = dict(re.findall(r"^  make (\S+) +(.+)$", helped, re.MULTILINE))
    for name in ("demo", "newcomer", "release-check", "sanity", "test", "test-full", "test-matrix", "test-windows"):
        assert re.search(r"minutes|hour", told[name]), name


def test_each_format_with_a_version_is_in_the_table_of_versions() -> None:
    text = (REPOSITORY / "docs" / "platforms.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| (\d+) \| \S+ \|$", text, re.MULTILINE)
    told = {
        name: int(version) for links, version in rows for name in re.findall(r"schemas/(\w+)\.schema\.json\)", links)
    }
    known: dict[str, Any] = {name: one.get("properties", {}).get("format_version") for name, one in SCHEMAS.items()}
    assert told == {name: int(one["const"]) for name, one in known.items() if one}


def _prerequisites(tmp_path: Path, argument: str, *, chrome: bool) -> list[str]:
    """Return what is missing where no package is there, for a user who may install none."""
    stubs = {"dpkg-query": "exit 1", "id": "echo 1000", **({"google-chrome": ""} if chrome else {})}
    for name, text in stubs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    command = ["sh", str(REPOSITORY / "lab" / "prerequisites.sh"), argument]
    done = subprocess.run(
        command, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (found,) = re.findall(r"lab prerequisites missing: (.+?): this needs root", done.stderr)
    return str(found).split()


def test_the_lab_on_ubuntu_gets_debian_s_keys_and_does_with_the_browser_that_is_there(tmp_path: Path) -> None:
    whole = _prerequisites(tmp_path, "", chrome=False)
    assert {"debian-archive-keyring", "chromium", "podman"} <= set(whole)
    assert "debian-archive-keyring" in _prerequisites(tmp_path, "controller", chrome=False)
    assert _prerequisites(tmp_path, "", chrome=True) == [name for name in whole if name != "chromium"]
    assert "podman" not in _prerequisites(tmp_path, "windows", chrome=True)


def test_dependabot_watches_every_kind_of_pin() -> None:
    watched = {
        (one["package-ecosystem"], one["directory"])
        for one in load_yaml(REPOSITORY / ".github/dependabot.yml")["updates"]
    }
    listed = subprocess.run(
        ["git", "ls-files", "*package.json"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    npm = {("npm", f"/{Path(name).parent}") for name in listed.stdout.split()}
    assert watched == {("github-actions", "/"), ("pip", "/")} | npm


def test_what_quotes_a_vendor_s_tool_is_not_claimed_as_the_project_s_own() -> None:
    settings = (REPOSITORY / "REUSE.toml").read_text(encoding="utf-8")
    (quoted,) = (part for part in settings.split("[[annotations]]") if "LicenseRef-Quoted-Output" in part)
    (folder,) = re.findall(r'^path = "(.+)\*\*"$', quoted, re.MULTILINE)
    assert "Whoever" in quoted
    captured = subprocess.run(
        ["git", "grep", "-l", "^captured:", "--", "tests/fixtures"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert captured
    for name in captured:
        assert name.startswith(folder)
        assert load_yaml(REPOSITORY / name)["captured"]["source"]


def test_every_file_has_its_own_bytes_on_windows_too() -> None:
    # A shell script with Windows' ends of lines is none.
    assert "* -text" in (REPOSITORY / ".gitattributes").read_text(encoding="utf-8").splitlines()
