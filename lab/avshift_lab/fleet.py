"""Brings a fleet's containers up and takes them down. Containers of others are never touched."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import images, packages
from .commands import podman, podman_attempt
from .errors import LabError
from .hosts import Host
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
    """Everything that hosts are made of, so that they can then come up beside each other."""
    for image in {host.image.reference: host.image for host in hosts}.values():
        if not images.exists(image):
            with step(image.name, "image made"):
                images.make(image)
    for stand_in in (one.stand_in for host in hosts for one in host.packages):
        packages.build(stand_in)


def up(fleet: str, hosts: list[Host], fresh: bool) -> None:
    """Brings the hosts up, a few at a time. What runs already is left as it is."""
    prepare_images_and_packages(hosts)
    there = {one.name: one for one in containers(fleet)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(_up, fleet, host, there.get(container_name(fleet, host.name)), fresh) for host in hosts]
    failed = [error for error in (one.exception() for one in waiting) if error is not None]
    if failed:
        raise failed[0]


def down(fleet: str, only: list[str]) -> None:
    """Removes the fleet's containers, or those of some hosts."""
    for one in containers(fleet):
        if not only or one.host in only:
            with step(one.host, "removed"):
                _remove(one)


def _up(fleet: str, host: Host, there: Container | None, fresh: bool) -> None:
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
        identifier = _create(fleet, host, name)
        _wait_for_boot(host.name, name)
    _install(host, name)
    for number, command in enumerate(host.prepare, start=1):
        with step(host.name, f"prepared, {number} of {len(host.prepare)}"):
            podman("exec", name, *command)
    _mark_ready(identifier)
    say(host.name, "is up")


def _create(fleet: str, host: Host, name: str) -> str:
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
        host.image.reference,
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
    podman("exec", name, "mkdir", "-p", PACKAGES_IN_CONTAINER)
    for one in host.packages:
        file = packages.build(one.stand_in)
        inside = f"{PACKAGES_IN_CONTAINER}/{file.name}"
        with step(host.name, f"installed {one.stand_in.name}"):
            podman("cp", str(file), f"{name}:{inside}")
            done = podman_attempt("exec", name, "dpkg", "--install", inside)
            _check_install(host.name, one.stand_in.name, done.returncode, done.stderr, one.install_fails)
    podman("exec", name, "rm", "-r", PACKAGES_IN_CONTAINER)


def _check_install(host: str, package: str, status: int, said: str, meant_to_fail: bool) -> None:
    if (status != 0) == meant_to_fail:
        return
    cause = f"dpkg succeeded, but {package} was meant to fail" if meant_to_fail else said.replace("\n", " | ")
    raise LabError("install went wrong", f"{host}: {package}", cause, "Correct the host's file or package")


def _mark_ready(identifier: str) -> None:
    mark = CACHE / "ready" / identifier
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _remove(container: Container) -> None:
    # systemd is not asked to shut down: a stand-in that hangs in its stop would hold everything up.
    podman("rm", "--force", "--time=0", "--volumes", container.identifier)
    (CACHE / "ready" / container.identifier).unlink(missing_ok=True)
