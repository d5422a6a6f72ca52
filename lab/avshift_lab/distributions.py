"""Hosts from an image that a caller names: another distribution's, from a registry or from podman's own storage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from .commands import podman, podman_attempt
from .errors import LabError
from .images import REPOSITORY

FORM_LABEL = "avshift.lab.form"
SETUP = Path(__file__).with_name("distributions.sh")
# What an image of a registry may have set, and a host of the lab must not.
CHANGES = ("USER root", "ENTRYPOINT []", "CMD /sbin/init", "ENV container=podman", "STOPSIGNAL SIGRTMIN+3")


@dataclass(frozen=True)
class Distribution:
    """An image that boots, made of a named one by that distribution's own package manager."""

    name: str
    reference: str
    # Of the packages that its hosts get: deb or rpm.
    form: str


def prepare(wanted: str) -> Distribution:
    """The image that boots for an image's name, made now or earlier; LabError where there is none."""
    if not wanted:
        raise LabError(
            "no image named",
            "IMAGE",
            "it is empty",
            "Give one that `podman pull` knows: IMAGE=docker.io/library/debian:13",
        )
    _fetch(wanted)
    identifier = podman("image", "inspect", "--format={{.Id}}", wanted).strip()
    made_by = hashlib.sha256(identifier.encode() + SETUP.read_bytes() + Path(__file__).read_bytes())
    reference = f"{REPOSITORY}/distribution:{made_by.hexdigest()[:12]}"
    if podman_attempt("image", "exists", reference).returncode != 0:
        _make(wanted, reference)
    form = podman("image", "inspect", f'--format={{{{index .Labels "{FORM_LABEL}"}}}}', reference).strip()
    return Distribution(wanted, reference, form)


def _fetch(wanted: str) -> None:
    if podman_attempt("image", "exists", wanted).returncode == 0:
        return
    done = podman_attempt("pull", "--quiet", wanted)
    if done.returncode != 0:
        cause = " | ".join(done.stderr.strip().splitlines()[-1:])
        raise LabError(
            "image not found", wanted, cause, "Give a name that `podman pull` knows, or one of `podman images`"
        )


def _make(wanted: str, reference: str) -> None:
    container = podman(
        "create", "--user=0", "--entrypoint=[]", wanted, "sh", "-eu", "-c", SETUP.read_text("utf-8")
    ).strip()
    try:
        done = podman_attempt("start", "--attach", container)
        if done.returncode != 0:
            cause = " | ".join((done.stderr or done.stdout).strip().splitlines()[-6:])
            raise LabError("image cannot be made a host", wanted, cause, "See lab/avshift_lab/distributions.sh")
        changes = (*CHANGES, f"LABEL {FORM_LABEL}={done.stdout.strip()}")
        podman("commit", "--quiet", *(f"--change={one}" for one in changes), container, reference)
    finally:
        podman("rm", "--force", container)
