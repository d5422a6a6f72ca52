"""A release has the same bytes however it was built, and none is built from incomplete sources."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "release"))
import owner
import pins
import release
import tarball
import versions

VERSION = "1.0.0"
MATRIX = '{"distributions": [{"image": "docker.io/library/debian", "tag": "13", "digest": "%s"}]}'
FILES = {"README.md": b"x\n", "plugins/a.py": b"a = 1\n", "run.sh": b"#!/bin/sh\n"}


def _built(path: Path, names: list[str], time: int, mode: int, owner: str) -> Path:
    """Write a tarball as a machine with its own clock, umask, user and file order would."""
    entries = [{"name": name, "ftype": "file"} for name in names]
    manifest = {"file_manifest_file": {"name": "FILES.json", "chksum_sha256": str(time)}}
    content = {
        "MANIFEST.json": json.dumps(manifest, indent=4).encode(),
        "FILES.json": json.dumps({"files": entries, "format": 1}, indent=4).encode(),
        **{name: FILES[name] for name in names},
    }
    with (
        gzip.GzipFile(path.name, "wb", 6, path.open("wb"), mtime=time) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name, text in content.items():
            header = tarfile.TarInfo(name)
            header.size, header.mtime, header.mode, header.uname, header.uid = len(text), time, mode, owner, time % 100
            tar.addfile(header, io.BytesIO(text))
    return path


def test_two_builds_of_one_commit_have_the_same_bytes(tmp_path: Path) -> None:
    one = _built(tmp_path / "one.tar.gz", sorted(FILES), 1_700_000_000, 0o644, "ada")
    other = _built(tmp_path / "other.tar.gz", sorted(FILES, reverse=True), 1_700_086_400, 0o660, "root")
    assert one.read_bytes() != other.read_bytes()
    for path in (one, other):
        tarball.repack(path, path.with_suffix(".made"), {"run.sh"}, 1_600_000_000)
    made = one.with_suffix(".made")
    assert made.read_bytes() == other.with_suffix(".made").read_bytes()
    with tarfile.open(made) as tar:
        members = {member.name: member for member in tar}
        assert list(members)[:2] == ["FILES.json", "MANIFEST.json"]
        assert {member.mtime for member in members.values()} == {1_600_000_000}
        assert [members["run.sh"].mode, members["README.md"].mode] == [0o755, 0o644]
    listed = subprocess.run(["tar", "-xzOf", made, "FILES.json"], check=True, capture_output=True).stdout
    summed = subprocess.run(["sha256sum"], input=listed, check=True, capture_output=True, text=False).stdout.split()[0]
    manifest = subprocess.run(["tar", "-xzOf", made, "MANIFEST.json"], check=True, capture_output=True).stdout
    assert json.loads(manifest)["file_manifest_file"]["chksum_sha256"] == summed.decode()


def test_what_is_no_plain_file_is_not_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(SystemExit, match="link: it is no file"):
        tarball.repack(path, tmp_path / "made", set(), 0)


GIVEN = {
    "repository": "https://git.example.org/ada/x",
    "documentation": "https://docs.example.org/x",
    "issues": "https://bugs.example.org/x",
    "security_contact": "security@example.org",
    "maintainers": ["Ada (@ada)", "Grace: (@grace)"],
    "code_owners": "@ada/x",
}
GALAXY = f"""version: {VERSION}
authors:
  - Ada (@ada)
  - 'Grace: (@grace)'
repository: https://git.example.org/ada/x
documentation: https://docs.example.org/x
issues: https://bugs.example.org/x
"""
TABLE = "| record | 1 | %s |\n"
WHOLE = {
    ".github/CODEOWNERS": "# Whom to ask\n* @ada/x\n",
    ".github/matrix.json": MATRIX % f"sha256:{'d' * 64}",
    ".github/workflows/ci.yml": f"steps:\n  - uses: actions/checkout@{'a' * 40} # v4\n",
    "MAINTAINERS.md": "<!-- maintainers -->\n- Ada (@ada)\n- Grace: (@grace)\n<!-- end of maintainers -->\n",
    "README.md": f"Version {VERSION}. Install avshift-endpoint-{VERSION}.tar.gz.\n",
    "SECURITY.md": "[a private report](mailto:security@example.org), [issues](https://bugs.example.org/x)\n",
    "changelogs/changelog.yaml": f"releases: {{0.9.0: {{}}, {VERSION}: {{}}}}\n",
    "docs/docsite/links.yml": "edit_on_github:\n  repository: ada/x\n",
    "docs/examples/plan.html": f"the collection ({VERSION})\n",
    "docs/examples/plan.md": f"| Made by | collection {VERSION} | catalog c |\n",
    "docs/examples/record-redacted.json": f'{{"collection_version": "{VERSION}"}}\n',
    "docs/ci.md": f"install avshift-endpoint-{VERSION}.tar.gz\n",
    "docs/platforms.md": TABLE % "0.9.0" + TABLE % VERSION,
    "galaxy.yml": GALAXY,
    "plugins/modules/a.py": f"version_added: {VERSION}\n",
    "plugins/modules/b.py": "version_added: 0.9.0\n",
    "plugins/plugin_utils/version.py": f'VERSION = "{VERSION}"\n',
    "release/owner.yml": yaml.safe_dump(GIVEN),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with everything that a release needs."""
    for name, text in WHOLE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _git(tmp_path, "init", "--quiet")
    _commit(tmp_path)
    return tmp_path


def _git(home: Path, *arguments: str) -> None:
    own = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *own, *arguments], cwd=home, check=True, capture_output=True)


def _commit(home: Path) -> None:
    _git(home, "add", "--all", "--force")
    _git(home, "commit", "--quiet", "--message", "x")


def test_a_whole_checkout_can_be_released(checkout: Path) -> None:
    assert list(release.problems(checkout, VERSION)) == []


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("galaxy.yml", GALAXY.replace(VERSION, "0.9.0"), "galaxy.yml has the version 0.9.0"),
        ("galaxy.yml", GALAXY.replace("git.", "hg."), "files say otherwise than release/owner.yml: galaxy.yml"),
        ("galaxy.yml", GALAXY.replace("Ada", "Eve"), "1 files say otherwise than release/owner.yml: galaxy.yml"),
        ("plugins/plugin_utils/version.py", 'VERSION = "0.9.0"\n', "version.py has the version 0.9.0"),
        ("plugins/plugin_utils/version.py", "\n", "version.py names no version"),
        ("plugins/modules/a.py", "version_added: 0.8.0\n", "plugins/modules/a.py has the version 0.8.0"),
        ("README.md", f"Version {VERSION}: not released yet.\n", "README.md says 'not released yet'"),
        ("README.md", f"Version {VERSION}. avshift-endpoint-0.9.0.tar.gz\n", "README.md has the version 0.9.0"),
        ("docs/ci.md", "avshift-endpoint-0.9.0.tar.gz\n", "docs/ci.md has the version 0.9.0"),
        ("docs/platforms.md", TABLE % "0.8.0", "docs/platforms.md has the version 0.8.0"),
        ("docs/examples/plan.md", "| Made by | collection 0.9.0 |\n", "plan.md has the version 0.9.0"),
        ("changelogs/changelog.yaml", "releases: {0.9.0: {}}\n", "has no release 1.0.0"),
        ("changelogs/fragments/a.yml", "bugfixes: []\n", "fragments are in no release: a.yml"),
        (".github/workflows/ci.yml", "  - uses: actions/checkout@v4\n", "not pinned by a commit"),
        (".github/workflows/ci.yml", "    uses: a/b/.github/workflows/c.yml@main\n", "not pinned by a commit"),
        (".github/matrix.json", MATRIX % "<make pins>", "debian:13, which is not pinned by a digest"),
        (".github/CODEOWNERS", "# nobody\n", "release/owner.yml: .github/CODEOWNERS. Call 'make owner'"),
        ("SECURITY.md", "[a private report](https://example.org/)\n", "release/owner.yml: SECURITY.md. Call"),
        ("SUPPORT.md", f"{owner.WRITTEN}/issues\n", "release/owner.yml: SUPPORT.md. Call"),
        ("release/owner.yml", yaml.safe_dump({**GIVEN, "repository": "<URL>"}), "repository is a placeholder"),
        ("release/owner.yml", yaml.safe_dump({**GIVEN, "maintainers": ["Ada", "<x>"]}), "maintainers is a placeholder"),
    ],
)
def test_what_is_not_whole_is_named(checkout: Path, file: str, text: str, words: str) -> None:
    path = checkout / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert [found for found in release.problems(checkout, VERSION) if "the tree is not clean" in found]
    _commit(checkout)
    (found,) = release.problems(checkout, VERSION)
    assert words in found


def test_a_version_is_written_into_every_place_and_what_was_released_before_keeps_its_own(checkout: Path) -> None:
    (checkout / "README.md").write_text(
        "Version 1.0.0: not released yet. avshift-endpoint-1.0.0.tar.gz, ansible 2.19.0\n"
    )
    (checkout / "plugins/modules/new.py").write_text("version_added: 0.1.0\n")
    _commit(checkout)
    changed = versions.write(checkout, "2.10.0")
    assert {"README.md", "galaxy.yml", "docs/ci.md", "plugins/modules/new.py"} <= set(changed)
    assert (checkout / "README.md").read_text() == "Version 2.10.0. avshift-endpoint-2.10.0.tar.gz, ansible 2.19.0\n"
    assert (checkout / "docs/platforms.md").read_text() == WHOLE["docs/platforms.md"]
    assert (checkout / "plugins/modules/b.py").read_text() == "version_added: 0.9.0\n"
    assert (checkout / "plugins/modules/new.py").read_text() == "version_added: 2.10.0\n"
    assert list(versions.others(checkout, "2.10.0")) == []


def test_no_place_of_this_repository_has_another_version() -> None:
    (now,) = re.findall(r"^version: (\S+)$", (REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert [told for told in versions.others(REPOSITORY, now) if "not released yet" not in told] == []
    if yaml.safe_load((REPOSITORY / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]:
        return
    # A place that the patterns no longer find would be left behind by the first release.
    command = ["git", "grep", "-lwF", now, "--", ".", *versions.HISTORY]
    named = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    listed = {told.split(" has the version ")[0] for told in versions.others(REPOSITORY, "999.0.0") if " has " in told}
    assert set(named.stdout.split()) == listed


def test_what_the_owner_gives_is_written_everywhere(checkout: Path) -> None:
    given = {**GIVEN, "repository": "https://git.example.org/eve/y", "issues": "https://git.example.org/eve/y/bugs"}
    texts = {
        "SECURITY.md": f"[a private report](x), [bugs]({owner.WRITTEN}/issues), {owner.WRITTEN}-other",
        "docs/a.md": "https://git.example.org/ada/x/blob/main/docs/b.md, https://bugs.example.org/x/7",
    }
    for name, text in texts.items():
        (checkout / name).write_text(text)
    _commit(checkout)
    made = dict(owner.changes(checkout, {**given, "security_contact": "https://git.example.org/eve/y/private"}))
    assert made["SECURITY.md"] == (
        "[a private report](https://git.example.org/eve/y/private), [bugs](https://git.example.org/eve/y/bugs),"
        f" {owner.WRITTEN}-other"
    )
    assert (
        made["docs/a.md"] == "https://git.example.org/eve/y/blob/main/docs/b.md, https://git.example.org/eve/y/bugs/7"
    )
    assert "repository: eve/y\n" in made["docs/docsite/links.yml"]
    assert yaml.safe_load(made["galaxy.yml"])["issues"] == given["issues"]
    for name, text in made.items():
        (checkout / name).write_text(text)
    (checkout / ".github/CODEOWNERS").write_text("# Whom to ask\n")
    assert (
        dict(owner.changes(checkout, {**given, "code_owners": "@eve"}))[".github/CODEOWNERS"]
        == "# Whom to ask\n* @eve\n"
    )


def test_this_repository_has_every_place_that_the_owner_s_values_go_to() -> None:
    made = dict(owner.changes(REPOSITORY, GIVEN))
    assert set(owner.OWN) <= set(made)
    assert yaml.safe_load(made["galaxy.yml"])["authors"] == GIVEN["maintainers"]
    assert "[a private report](mailto:security@example.org)" in made["SECURITY.md"]
    assert made[".github/CODEOWNERS"].endswith("\n* @ada/x\n")
    assert "<!-- maintainers -->\n- Ada (@ada)\n- Grace: (@grace)\n<!-- end" in made["MAINTAINERS.md"]
    assert not [name for name, text in made.items() if re.search(re.escape(owner.WRITTEN) + r"(?![\w-])", text)]
    assert set(owner.read(REPOSITORY)) == set(GIVEN)


MARKUP = re.compile(r"\b(?:[BCEILMOPUV]|RV|HORIZONTALLINE)\(")


def test_fragments_have_no_markup_of_modules_and_before_the_first_release_there_is_one_summary() -> None:
    fragments = sorted((REPOSITORY / "changelogs" / "fragments").glob("*.yml"))
    for path in fragments:
        assert not MARKUP.findall(path.read_text(encoding="utf-8")), path.name
    if yaml.safe_load((REPOSITORY / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]:
        return
    assert [set(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in fragments] == [{"release_summary"}]
    told = (REPOSITORY / "CHANGELOG.rst").read_text(encoding="utf-8")
    assert "Nothing is released yet." in told
    assert not re.search(r"^v\d", told, re.MULTILINE)
    summary = fragments[0].read_text(encoding="utf-8")
    playbooks = {path.stem for path in (REPOSITORY / "playbooks").glob("*.yml")}
    assert set(re.findall(r"``(\w+)``", summary)) == playbooks


def test_notes_are_markdown() -> None:
    pytest.importorskip("antsibull_changelog", reason="antsibull-changelog is on PyPI alone")
    (now,) = re.findall(r"^version: (\S+)$", (REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    told = release.notes(now, release.changes(REPOSITORY, now), "d" * 64, "a.tar.gz")
    assert told.startswith(f"# avshift.endpoint {now}\n\n")
    assert re.findall(r"^## (.+)$", told, re.MULTILINE)[0] == "Release Summary"
    assert f"    echo '{'d' * 64}  a.tar.gz' | sha256sum --check" in told
    assert not re.search(r"^[=-]{3,}$|``", told, re.MULTILINE)


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "", "01.0.0", "1.0.0\n"])
def test_what_is_no_version_is_refused(checkout: Path, version: str) -> None:
    assert any("is no version" in found for found in release.problems(checkout, version))


def test_an_action_is_pinned_and_one_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "commit_of", lambda name, version: "b" * 40 if name == "a/b" else None)
    text = f"uses: a/b@v1\nuses: c/d@v2\nuses: a/b@{'c' * 40} # v1\n"
    made, left = pins.pinned(text)
    assert made == f"uses: a/b@{'b' * 40} # v1\nuses: c/d@v2\nuses: a/b@{'b' * 40} # v1\n"
    assert left == ["c/d@v2"]


def test_an_image_is_pinned_and_one_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = f"sha256:{'e' * 64}"
    monkeypatch.setattr(pins, "digest_of", lambda image: digest)
    assert pins.images_pinned(MATRIX % "<make pins>") == (MATRIX % digest, [])
    monkeypatch.setattr(pins, "digest_of", lambda image: None)
    assert pins.images_pinned(MATRIX % "<make pins>") == (MATRIX % "<make pins>", ["docker.io/library/debian:13"])
    # One that was pinned before stays pinned if the registry cannot be reached.
    assert pins.images_pinned(MATRIX % digest) == (MATRIX % digest, [])


def test_every_distribution_of_the_matrix_has_a_tag_and_a_digest_or_a_placeholder_for_it() -> None:
    text = (REPOSITORY / ".github" / "matrix.json").read_text(encoding="utf-8")
    listed = json.loads(text)["distributions"]
    names = [one["image"].rpartition("/")[2] for one in listed]
    assert [names.count(name) for name in ("debian", "ubuntu", "almalinux")] == [3, 3, 3]
    assert {"fedora", "leap", "bci-base", "amazonlinux"} <= set(names)
    for one in listed:
        assert one.keys() == {"image", "tag", "digest"}
        assert one["digest"] == "<make pins>" or pins.DIGEST.fullmatch(one["digest"]), one
        # As make pins finds it.
        changed = text.replace(f'"tag": "{one["tag"]}", "digest": "{one["digest"]}"', "")
        assert changed != text, one


WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def _jobs(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["permissions"] == {}
    yield from content["jobs"].items()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_job_calls_targets_that_there_are_with_least_rights_and_is_not_let_off(path: Path) -> None:
    made = set(re.findall(r"^([a-z][a-z-]*):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    assert "continue-on-error" not in text
    assert "if: false" not in text
    assert "pull_request_target" not in text
    assert set(re.findall(r"run: .*\bmake ([a-z][a-z-]+)", text)) <= made
    for name, job in _jobs(path):
        assert job.keys() >= {"permissions", "timeout-minutes", "runs-on"}, name
        steps = list(job["steps"])  # type: ignore[call-overload]
        fetching = [step for step in steps if str(step.get("uses", "")).startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in fetching), name


def test_the_workflow_of_every_change_runs_every_check_and_scenario_and_one_job_waits_for_all(tmp_path: Path) -> None:
    jobs = dict(_jobs(REPOSITORY / ".github" / "workflows" / "ci.yml"))
    checks = re.search(r"^CHECKS := (.+)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert checks is not None
    listed = json.loads((REPOSITORY / ".github" / "matrix.json").read_text(encoding="utf-8"))
    made = set(re.findall(r"^([a-z][a-z-]*):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(checks[1].split()) <= set(listed["checks"]) <= made
    scenarios = {path.parent.name for path in (REPOSITORY / "molecule").glob("*/molecule.yml")}
    assert set(listed["scenarios"]) == scenarios - {"distribution"}
    # The workflow takes both lists from there, and the only job that is no target hands the file on as it is.
    matrix = {name: job["strategy"]["matrix"] for name, job in jobs.items() if "strategy" in job}  # type: ignore[index]
    read = "${{ fromJSON(needs.matrix.outputs.all).%s }}"
    assert matrix == {
        "checks": {"target": read % "checks"},
        "sanity": {"version": read % "cores"},
        "units": {"version": read % "cores"},
        "molecule": {"scenario": read % "scenarios"},
        "distribution": {"distribution": read % "distributions"},
    }
    (step,) = (step["run"] for step in jobs["matrix"]["steps"] if "run" in step)  # type: ignore[index]
    given = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(tmp_path / "output")}
    subprocess.run(["bash", "-c", step], cwd=REPOSITORY, env=given, check=True)
    name, _is, text = (tmp_path / "output").read_text(encoding="utf-8").rstrip("\n").partition("=")
    assert (name, json.loads(text)) == ("all", listed)
    assert set(jobs["all-green"]["needs"]) == set(jobs) - {"all-green"}  # type: ignore[call-overload]
