"""Make a release out of a commit: check it, build it twice, compare, install it in an empty place, write the notes.

``make release VERSION=1.0.0`` calls ``release.py 1.0.0``. With ``--rehearsal`` what only the owner can give,
the state of the tree and the version are reported and do not stop it. Nothing is published.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import owner
import versions
import yaml
from tarball import repack

HOME = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
USES = re.compile(r"^\s*(?:- )?uses:\s*(\S+)", re.MULTILINE)
ELSEWHERE = {"PYTHONPATH": str(HOME / "release/tomorrow"), "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati"}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PINNED = re.compile(r"(\./\S+|[\w.-]+/[\w./-]+@[0-9a-f]{40})")


def main() -> int:
    """Make the release named on the command line; return an exit code."""
    parser = argparse.ArgumentParser(description="Make a release out of the commit that is checked out.")
    parser.add_argument("version")
    parser.add_argument("--rehearsal", action="store_true", help="go on although something is missing")
    parser.add_argument("--output", type=Path, default=HOME / "dist")
    given = parser.parse_args()
    found = list(problems(HOME, given.version))
    for problem in found:
        say(f"   {problem}")
    if found and not given.rehearsal:
        say(f"Making the release: {given.version}: {len(found)} things are missing, see above. Nothing was made.")
        return 1
    make(given.version, given.output)
    return 0


def say(text: str) -> None:
    """Print it now."""
    print(text, flush=True)


def problems(home: Path, version: str) -> Iterator[str]:
    """Yield what keeps a checkout from being released as a version."""
    if not SEMVER.fullmatch(version):
        yield f"{version!r} is no version: give three numbers, such as 1.0.0."
    dirty = _git(home, "status", "--porcelain").splitlines()
    if dirty:
        yield f"the tree is not clean: {len(dirty)} files, {dirty[0][3:]} first. Commit or remove them."
    yield from versions.others(home, version)
    if version not in _yaml(home / "changelogs/changelog.yaml")["releases"]:
        yield f"changelogs/changelog.yaml has no release {version}."
    if left := sorted(path.name for path in (home / "changelogs/fragments").glob("*.yml")):
        yield f"fragments are in no release: {', '.join(left)}."
    yield from _unpinned(home)
    yield from _images(home)
    yield from owner.problems(home)


def _unpinned(home: Path) -> Iterator[str]:
    for path in sorted((home / ".github/workflows").glob("*.yml")):
        for used in USES.findall(path.read_text(encoding="utf-8")):
            if not PINNED.fullmatch(used):
                yield f"{path.name} uses {used}, which is not pinned by a commit. Call 'make pins'."


def _images(home: Path) -> Iterator[str]:
    for one in json.loads((home / ".github/matrix.json").read_text(encoding="utf-8"))["distributions"]:
        if not DIGEST.fullmatch(one["digest"]):
            yield f"matrix.json has {one['image']}:{one['tag']}, which is not pinned by a digest. Call 'make pins'."


def make(version: str, output: Path) -> Path:
    """Write tarball, sums and notes into a folder, and return the tarball's path."""
    say("== build, twice, and compare")
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, other = build(HOME, Path(first)), build(HOME, Path(second), elsewhere=True)
        if one.read_bytes() != other.read_bytes():
            raise SystemExit(f"Making the release: {one.name}: two builds of one commit differ. Nothing was made.")
        installs(one)
        imports(one)
        output.mkdir(parents=True, exist_ok=True)
        made = output / one.name
        shutil.copyfile(one, made)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    (output / "SHA256SUMS").write_text(f"{digest}  {made.name}\n", encoding="ascii")
    told = notes(version, changes(HOME, version), digest, made.name)
    (output / "NOTES.md").write_text(told, encoding="utf-8")
    say(f"   {digest}  {made}")
    return made


def build(home: Path, place: Path, *, elsewhere: bool = False) -> Path:
    """Build the tarball of the commit that is checked out, and return its path below ``place``.

    ``elsewhere`` builds it as another machine might: with the clock a day on, another umask, locale and time zone.
    """
    umask, own = (0o077, ELSEWHERE) if elsewhere else (0o022, {})
    source = _copied(home, place / "source", umask)
    built, made = place / "built", place / "made"
    command = [TOOLS / "ansible-galaxy", "collection", "build", "--output-path", built, source]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**_environment(place), **own}, umask=umask)
    (tarball,) = built.glob("*.tar.gz")
    made.mkdir()
    repack(tarball, made / tarball.name, _executable(home), int(_git(home, "log", "-1", "--format=%ct")))
    return made / tarball.name


def installs(tarball: Path) -> None:
    """Install a tarball in an empty place, have its sums checked there, and call a playbook of it."""
    say("== install in an empty place, and verify")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        environment = {**_environment(place), "ANSIBLE_COLLECTIONS_PATH": str(place / "collections")}
        galaxy = [TOOLS / "ansible-galaxy", "collection"]
        for arguments in (
            [*galaxy, "install", "--offline", "-p", place / "collections", tarball],
            [*galaxy, "verify", "--offline", "avshift.endpoint"],
            [TOOLS / "ansible-playbook", "--syntax-check", "-i", "localhost,", "avshift.endpoint.detect"],
        ):
            subprocess.run(arguments, cwd=place, check=True, stdout=subprocess.DEVNULL, env=environment)


def imports(tarball: Path) -> None:
    """Have Galaxy's own importer read a tarball, where make lint has installed it."""
    lint = HOME / ".cache/lint/bin"
    say("== Galaxy's importer")
    with tempfile.TemporaryDirectory() as name:
        own = {
            "GALAXY_IMPORTER_CONFIG": str(HOME / "tests/galaxy-importer.cfg"),
            "PATH": f"{lint}:{os.environ['PATH']}",
        }
        command = [lint / "python3", "-m", "galaxy_importer.main", tarball]
        done = subprocess.run(
            command, cwd=name, env={**_environment(Path(name)), **own}, capture_output=True, text=True, check=False
        )
    if done.returncode or "ERROR" in done.stderr:
        raise SystemExit(f"Making the release: {tarball.name}: the importer refuses it. {done.stdout}{done.stderr}")


def changes(home: Path, version: str) -> str:
    """Return what the changelog says of a version, as Markdown; one that it does not have is released in a copy."""
    with tempfile.TemporaryDirectory() as name:
        # antsibull-changelog wants the path that Ansible wants.
        source = _copied(home, Path(name) / "ansible_collections/avshift/endpoint", 0o022)
        known = version in _yaml(source / "changelogs/changelog.yaml")["releases"]
        made = Path(name) / "changes.md"
        generate = ["generate", "--only-latest", "--output-format", "md", "--output", made]
        for arguments in [*([] if known else [["release", "--date", "2000-01-01"]]), generate]:
            command = [TOOLS / "antsibull-changelog", *arguments]
            environment = {**_environment(Path(name)), "PATH": f"{TOOLS}:{os.environ['PATH']}"}
            done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"Making the release: antsibull-changelog {arguments[0]}: {done.stdout}{done.stderr}")
        return made.read_text(encoding="utf-8")


def notes(version: str, changed: str, digest: str, name: str) -> str:
    """Return the notes of a release: what the changelog says of it, and how to check the tarball."""
    check = f"    echo '{digest}  {name}' | sha256sum --check\n"
    return f"# avshift.endpoint {version}\n\n{changed.strip()}\n\n## Check what you downloaded\n\n{check}"


def _copied(home: Path, place: Path, umask: int) -> Path:
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=home, check=True, capture_output=True).stdout
    place.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", place], input=archive, check=True, umask=umask)
    return place


def _executable(home: Path) -> set[str]:
    listed = _git(home, "ls-tree", "-r", "HEAD").splitlines()
    return {line.partition("\t")[2] for line in listed if line.startswith("100755")}


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return {**kept, "HOME": str(home)}


def _git(home: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=home, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Making the release: git {arguments[0]}: {done.stderr.strip()}. Call it in a git checkout.")
    return done.stdout.strip("\n")


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
