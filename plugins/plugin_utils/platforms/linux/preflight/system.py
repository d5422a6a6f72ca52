# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The running system: whether this code runs there, whether its disks can be written, and whether a reboot is due."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .....module_utils.agreed.python import OLDEST
from ....detect import limits
from ....detect.claims import of_kind
from ....plan.model import Check
from ....plan.preflight.case import Case
from ..locations import is_below
from ..removal.kernel import REBOOT_REQUIRED

# What is read-only in a system that comes as an image, and how its packages go.
IMAGE = "/usr"
CHANGED_BY = {
    "ostree": "Remove the package with 'rpm-ostree uninstall', or from the image that the host follows, and restart.",
    "transactional-update": "Remove the package with 'transactional-update pkg remove', and restart.",
}


def _python(case: Case) -> Iterator[Check]:
    version = str(case.evidence.host.get("python", ""))
    told = re.match(r"([0-9]+)\.([0-9]+)", version)
    if case.steps and told and (int(told[1]), int(told[2])) < OLDEST:
        yield Check(
            "python_unsupported",
            "error",
            "The host's Python is too old",
            f"Python {version}; 3.6 is the oldest tested version",
            "Set ansible_python_interpreter to a newer Python on the host, and plan again.",
        )


def _file_systems(case: Case) -> Iterator[Check]:
    """Yield an error where a path of the system or of a product that goes cannot be written."""
    fixed = [item["what"] for item in case.evidence.of_kind("file_system") if item["value"]["read_only"]]
    if case.evidence.host.get("image"):
        # This is by design, not a disk fault.
        fixed = [path for path in fixed if not is_below(path, [IMAGE])]
    if case.steps and fixed:
        yield Check(
            "file_system_read_only",
            "error",
            "A file system that must be writable is mounted read-only",
            ", ".join(fixed),
            "Check the kernel log for disk errors; mount it read-write and plan again.",
        )


def _image(case: Case) -> Iterator[Check]:
    image = case.evidence.host.get("image", "")
    if case.steps and image:
        how = CHANGED_BY.get(str(image), "Build an image without the product, and boot the host from it.")
        yield Check(
            "image_based_system",
            "error",
            "The system is image-based; its packages cannot be changed one by one",
            f"{image}; /usr is read-only by design",
            f"{how} Then plan again: what is left below /etc and /var is found and planned as on any host.",
        )


def _limits(case: Case) -> Iterator[Check]:
    reasons = {reason for finding in case.found for reason in finding.reasons}
    told = limits.told(case.evidence, case.catalog.limits, case.catalog.products, reasons)
    if told:
        yield Check(
            "limits",
            "info",
            "Some of what the host has was not checked, or not completely",
            "; ".join(f"{limit['id']}: {limit['what']}" for limit in told),
            "Check there by hand, if the product may have been installed that way.",
        )


def _reboot(case: Case) -> Iterator[Check]:
    due = [path for path in REBOOT_REQUIRED if case.evidence.value("path", path) is not None]
    if case.steps and due:
        yield Check(
            "reboot_pending",
            "warning",
            "The host needs a reboot",
            f"{due[0]} exists",
            "Reboot it first if you can, so that problems after a reboot are not blamed on this change.",
        )


def _module_files(case: Case) -> Iterator[Check]:
    unloaded = {step.target["name"] for step in case.steps if step.kind == "kernel_module_unload"}
    files = [
        file
        for item in of_kind(case.owned, "kernel_module")
        if item["what"] in unloaded
        for file in item["value"]["files"]
    ]
    if files:
        yield Check(
            "kernel_module_files",
            "warning",
            "The file of a kernel module stays",
            ", ".join(files),
            "Remove it and run depmod, unless another program installed it.",
        )


CHECKS = (
    _python,
    _file_systems,
    _image,
    _limits,
    _reboot,
    _module_files,
)
