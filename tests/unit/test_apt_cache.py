"""A simulation with apt gives the same result with a copy of its cache as without, and the cache stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.packages import apt_cache
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import trust
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import run

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="apt is Debian's")
INSTALLED = """Package: old
Status: install ok installed
Architecture: amd64
Maintainer: x <x@example.org>
Version: {version}
Description: x
"""
OFFERED = "".join(
    f"Package: {name}\nArchitecture: amd64\nMaintainer: x <x@example.org>\nVersion: {version}\n{more}"
    f"Filename: ./{name}.deb\nSize: 1\nSHA256: {'0' * 64}\nDescription: x\n\n"
    for name, version, more in (("scanner", "2", "Depends: engine\n"), ("engine", "2", "Conflicts: old (<< 3)\n"))
)
ASKED = (["install", "scanner"], ["purge", "old"], ["install", "nothing-of-this-name"])
VALID = "Debug::pkgCacheGen=1"


class World:
    """A root with only apt's files: a repository, what is installed, the lists, and the caches made from them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("etc/apt/apt.conf.d", "etc/apt/sources.list.d", "etc/apt/preferences.d", "repo"):
            (root / folder).mkdir(parents=True)
        for folder in ("var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt"):
            (root / folder).mkdir(parents=True)
        (root / "repo/Packages").write_text(OFFERED, encoding="utf-8")
        (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{root}/repo ./\n", encoding="utf-8")
        self.installs("1")
        self.apt("update")
        self.apt("check")
        # On a fast machine they have the time of the lists that they were made from.
        _later(self.root / "var/lib/apt/lists")
        for path in (self.cache, self.cache.with_name("srcpkgcache.bin")):
            os.utime(path)

    @property
    def cache(self) -> Path:
        """The better one of the caches."""
        return self.root / "var/cache/apt/pkgcache.bin"

    def installs(self, version: str) -> None:
        """Make a version the installed one."""
        (self.root / "var/lib/dpkg/status").write_text(INSTALLED.format(version=version), encoding="utf-8")

    def settings(self) -> list[str]:
        """Return options that make apt use only this root."""
        named = [f"Dir={self.root}", f"Dir::State::status={self.root}/var/lib/dpkg/status"]
        named += ["APT::Sandbox::User=root", "APT::Architecture=amd64", "Dir::Log::Planner=/dev/null"]
        return [word for name in named for word in ("-o", name)]

    def apt(self, *arguments: str) -> None:
        """Run apt as an administrator does."""
        # Containers are often configured to keep no caches.
        on = [word for name in ("pkgcache", "srcpkgcache") for word in ("-o", f"Dir::Cache::{name}={name}.bin")]
        argv = ["apt-get", "-q", *self.settings(), *on, *arguments]
        subprocess.run(argv, check=True, capture_output=True, timeout=300)

    def plain(self, asked: list[str]) -> tuple[int, str]:
        """Simulate without any cache."""
        off = ["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
        done = run(["apt-get", "-s", "-q", *off, *self.settings(), *asked], 300)
        return done.code, done.output

    def cached(self, asked: list[str]) -> tuple[int, str, set[str]]:
        """Simulate as a look at a host does; also return which caches apt could use."""
        with apt_cache.copied(str(self.root)) as (options, copies):
            given = {word.partition("=")[0][12:] for word in options if "/proc/self/fd/" in word}
            argv = ["apt-get", "-s", "-q", *self.settings(), *options, "-o", VALID, *asked]
            told = run(argv, 300, keep=copies).errors
        done = apt_cache.simulated([*self.settings(), *asked], 300, str(self.root))
        return done.code, done.output, given if "is valid - no need to build" in told or not given else set()

    def snapshot(self) -> dict[str, tuple[int, int, int, int]]:
        """Return inode, size and times of all files and directories."""
        found = {str(path): path.lstat() for path in sorted(self.root.rglob("*"))}
        return {path: (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns) for path, told in found.items()}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A separate root, and no rule for the directories above it."""
    monkeypatch.setattr(trust, "TOP", str(tmp_path))
    yield World(tmp_path / "root")


def _later(path: Path) -> None:
    """Make sure that the next change has a later time than the last."""
    before = path.stat().st_ctime_ns
    probe = path.with_name("probe")
    while True:
        probe.touch()
        if probe.stat().st_ctime_ns > before:
            return probe.unlink()
        time.sleep(0.01)


def _other_version(world: World) -> None:
    world.installs("3")


def _other_version_of_the_same_time(world: World) -> None:
    """Size and time are what apt itself looks at."""
    status = world.root / "var/lib/dpkg/status"
    before = status.stat()
    world.installs("3")
    os.utime(status, ns=(before.st_atime_ns, before.st_mtime_ns))


def _other_lists_of_the_same_time(world: World) -> None:
    (path,) = (world.root / "var/lib/apt/lists").glob("*Packages*")
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Version: 2", b"Version: 4"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _other_settings(world: World) -> None:
    (world.root / "etc/apt/apt.conf.d/50site").write_text('APT::Install-Recommends "false";\n', encoding="utf-8")


def _of_another_user(world: World) -> None:
    os.chown(world.cache, 65534, 0)
    os.chown(world.cache.with_name("srcpkgcache.bin"), 65534, 0)


def _in_a_folder_of_others(world: World) -> None:
    world.cache.parent.chmod(0o777)


def _of_another_host(world: World) -> None:
    other = World(world.root.parent / "other")
    (other.root / "repo/Packages").write_text(OFFERED.replace("Version: 2", "Version: 9"), encoding="utf-8")
    other.installs("8")
    other.apt("update")
    for name in ("pkgcache.bin", "srcpkgcache.bin"):
        shutil.copyfile(other.root / "var/cache/apt" / name, world.root / "var/cache/apt" / name)


def _half(world: World) -> None:
    for name in ("pkgcache.bin", "srcpkgcache.bin"):
        path = world.cache.with_name(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _noise(world: World) -> None:
    world.cache.write_bytes(os.urandom(1 << 16))
    world.cache.with_name("srcpkgcache.bin").write_bytes(b"")


def _a_pipe(world: World) -> None:
    world.cache.unlink()
    os.mkfifo(world.cache)


def _none(world: World) -> None:
    shutil.rmtree(world.cache.parent)


CHANGES: dict[str, Callable[[World], None]] = {
    name.lstrip("_"): change
    for name, change in list(globals().items())
    if name.startswith("_") and callable(change) and getattr(change, "__annotations__", {}).get("world") == "World"
}


def _compare(world: World) -> list[set[str]]:
    before = world.snapshot()
    used = []
    for asked in ASKED:
        plain, (code, output, valid) = world.plain(asked), world.cached(asked)
        assert (code, output) == plain, asked
        used.append(valid)
    assert world.snapshot() == before
    return used


def test_a_valid_cache_is_used_and_changes_nothing(world: World) -> None:
    assert _compare(world) == [{"pkgcache"}] * len(ASKED)
    assert "Remv old" in world.plain(ASKED[0])[1]


@pytest.mark.parametrize("name", CHANGES)
def test_no_other_cache_changes_what_is_read(world: World, name: str) -> None:
    _later(world.cache)
    CHANGES[name](world)
    _compare(world)


@pytest.mark.parametrize("name", ["other_version", "other_version_of_the_same_time"])
def test_without_what_is_installed_the_lists_cache_is_used(world: World, name: str) -> None:
    _later(world.cache)
    CHANGES[name](world)
    with apt_cache.copied(str(world.root)) as (options, copies):
        assert [word.partition("=")[0] for word in options if "/fd/" in word] == ["Dir::Cache::srcpkgcache"]
        assert len(copies) == 1
    assert "Remv old" not in world.plain(ASKED[0])[1]


def test_no_copy_is_made_where_memory_is_short(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemAvailable: 64 kB\n", encoding="ascii")
    monkeypatch.setattr(apt_cache, "MEMORY", str(tmp_path / "meminfo"))
    with apt_cache.copied(str(world.root)) as (options, copies):
        assert (copies, [word for word in options if "/fd/" in word]) == ((), [])


def test_no_descriptor_stays_open(world: World) -> None:
    def descriptors() -> list[str]:
        return sorted(os.listdir("/proc/self/fd"))

    before = descriptors()
    with pytest.raises(ZeroDivisionError), apt_cache.copied(str(world.root)):
        raise ZeroDivisionError
    assert descriptors() == before
