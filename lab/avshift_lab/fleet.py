"""Brings a fleet's containers up and takes them down. Containers of others are never touched."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import disks, images, packages
from .commands import podman, podman_attempt
from .errors import LabError
from .hosts import Host, Wanted
from .paths import CACHE
from .progress import say, step

AT_ONCE = 2
BOOTED = ("running", "degraded")
FLEET_LABEL = "avshift.lab"
HOST_LABEL = "avshift.lab.host"
MADE_FROM_LABEL = "avshift.lab.made-from"
# Not on the host's disk: nothing of the lab may be seen there.
PACKAGES_IN_CONTAINER = "/run/avshift-lab"


@dataclass(frozen=True)
class Container:
    """A container of the lab as podman knows it."""

    identifier: str
    name: str
    fleet: str
    host: str
    state: str
    made_from: str
    image: str

    @property
    def is_ready(self) -> bool:
        """Whether it was brought up to the end: an interrupted `up` does not count."""
        return (CACHE / "ready" / self.identifier).exists()


def container_name(fleet: str, host: str) -> str:
    """The name that inventories use."""
    return f"avshift-lab-{fleet}-{host}"


def containers(fleet: str | None = None) -> list[Container]:
    """The lab's containers, of one fleet or of all."""
    label = f"label={FLEET_LABEL}" + (f"={fleet}" if fleet else "")
    listed = json.loads(podman("ps", "--all", f"--filter={label}", "--format=json"))
    found = [
        Container(
            identifier=one["Id"],
            name=one["Names"][0],
            fleet=one["Labels"][FLEET_LABEL],
            host=one["Labels"].get(HOST_LABEL, ""),
            state=one["State"],
            made_from=one["Labels"].get(MADE_FROM_LABEL, ""),
            image=one["Image"],
        )
        for one in listed
    ]
    return sorted(found, key=lambda one: one.name)


def prepare_images_and_packages(hosts: list[Host]) -> None:
    """Everything that hosts are made of, so that they can then be started in parallel."""
    for image in {host.image.reference: host.image for host in hosts}.values():
        if isinstance(image, images.Image) and not images.exists(image):
            with step(image.name, "image made"):
                images.make(image)
    for package in (one.package for host in hosts for one in host.packages):
        packages.build(package)


def up(fleet: str, hosts: list[Host], fresh: bool, disk: int = 0) -> None:
    """Brings the hosts up, a few at a time. What runs already is left as it is.

    With ``disk`` each one that is made gets a disk of its own in memory, of so many megabytes.
    """
    prepare_images_and_packages(hosts)
    there = {one.name: one for one in containers(fleet)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [
            pool.submit(_up, fleet, host, there.get(container_name(fleet, host.name)), fresh, disk) for host in hosts
        ]
    failed = [error for error in (one.exception() for one in waiting) if error is not None]
    if failed:
        raise failed[0]


def down(fleet: str, only: list[str]) -> None:
    """Removes the fleet's containers, or those of some hosts."""
    for one in containers(fleet):
        if not only or one.host in only:
            with step(one.host, "removed"):
                _remove(one)


def _up(fleet: str, host: Host, there: Container | None, fresh: bool, disk: int) -> None:
    name = container_name(fleet, host.name)
    if there is not None and there.is_ready and not fresh:
        if there.state != "running":
            with step(host.name, "started again"):
                podman("start", name)
                _wait_for_boot(host.name, name)
        note = "" if there.made_from == host.digest else ", made from another description (--fresh remakes it)"
        say(host.name, f"is up{note}")
        return
    if there is not None:
        _remove(there)
    with step(host.name, "booted"):
        identifier = _create(fleet, host, name, disk)
        _wait_for_boot(host.name, name)
    _install(host, name)
    for number, command in enumerate(host.prepare, start=1):
        with step(host.name, f"prepared, {number} of {len(host.prepare)}"):
            podman("exec", name, *command)
    _mark_ready(identifier)
    say(host.name, "is up")


def _create(fleet: str, host: Host, name: str, disk: int) -> str:
    disks.remove(name)
    return podman(
        "run",
        "--detach",
        "--privileged",
        "--systemd=always",
        f"--name={name}",
        f"--hostname={host.name}",
        f"--label={FLEET_LABEL}={fleet}",
        f"--label={HOST_LABEL}={host.name}",
        f"--label={MADE_FROM_LABEL}={host.digest}",
        *(disks.make(name, host.image, disk) if disk else [host.image.reference]),
        "/sbin/init",
    ).strip()


def _wait_for_boot(host: str, name: str) -> None:
    # systemd's own bus may not be there in the first moments; --wait needs it.
    waiting = (
        "i=0; until [ -S /run/systemd/private ] || [ $i -ge 300 ]; do i=$((i+1)); sleep 0.1; done; "
        "timeout 120 systemctl is-system-running --wait"
    )
    state = podman_attempt("exec", name, "sh", "-c", waiting).stdout.strip()
    if state not in BOOTED:
        cause = f"systemd says {state or 'nothing'}"
        raise LabError("host did not boot", host, cause, f"See `podman logs {name}`, then `up --fresh`")


def _install(host: Host, name: str) -> None:
    if not host.packages:
        return
    directories = (PACKAGES_IN_CONTAINER, *(one.unpack_below for one in host.packages if one.unpack_below))
    podman("exec", name, "mkdir", "-p", *directories)
    for one in host.packages:
        file = packages.build(one.package)
        inside = f"{PACKAGES_IN_CONTAINER}/{file.name}"
        podman("cp", str(file), f"{name}:{inside}")
        if not one.only_keep:
            with step(host.name, f"{'unpacked' if one.unpack_below else 'installed'} {one.package.stand_in.name}"):
                done = podman_attempt("exec", name, *_installer(one), inside, *filter(None, [one.unpack_below]))
                _check_install(host.name, one, done.returncode, done.stderr)
        if one.keep_file_in:
            podman("exec", name, "install", "-D", "--mode=0644", f"--target-directory={one.keep_file_in}", inside)
    podman("exec", name, "rm", "-r", PACKAGES_IN_CONTAINER)


def _installer(wanted: Wanted) -> tuple[str, ...]:
    if wanted.unpack_below:
        return ("dpkg-deb", "--extract")
    if wanted.package.form == "rpm":
        # rpm's database does not know what dpkg installed.
        return ("rpm", "--install", "--nodeps")
    # The vendor's i386 packages are installed like this on amd64.
    return ("dpkg", "--force-architecture", "--install")


def _check_install(host: str, wanted: Wanted, status: int, said: str) -> None:
    if (status != 0) == wanted.install_fails:
        return
    package = wanted.package.stand_in.name
    cause = f"it succeeded, but {package} was meant to fail" if wanted.install_fails else said.replace("\n", " | ")
    raise LabError("install went wrong", f"{host}: {package}", cause, "Correct the host's file or package")


def _mark_ready(identifier: str) -> None:
    mark = CACHE / "ready" / identifier
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _remove(container: Container) -> None:
    # systemd is not asked to shut down: a stand-in that hangs while stopping would block everything.
    podman("rm", "--force", "--time=0", "--volumes", container.identifier)
    disks.remove(container.name)
    (CACHE / "ready" / container.identifier).unlink(missing_ok=True)
