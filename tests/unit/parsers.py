"""The pure parsers of endpoint code, by the name of their folder under tests/fixtures/outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.avshift.endpoint.plugins.module_utils.collect import (
    accounts,
    debconf,
    host,
    ini_sections,
    package_changes,
)
from ansible_collections.avshift.endpoint.plugins.module_utils.system import (
    dpkg_status,
    interception,
    safe_paths,
    systemd,
)

PARSERS: dict[str, Callable[[list[str]], Any]] = {
    "accounts": lambda lines: list(accounts.groups(lines)),
    "debconf": lambda lines: list(debconf.answers(lines)),
    "dpkg_status": lambda lines: list(dpkg_status.stanzas(lines)),
    "host": host.os_release,
    "ini_sections": lambda lines: list(ini_sections.sections(lines)),
    "interception": lambda lines: list(interception.marks(lines)),
    "mounts": lambda lines: list(safe_paths.mount_points(lines)),
    "package_changes": lambda lines: list(package_changes.simulated(lines)),
    "systemd": lambda lines: list(systemd.properties("\n".join(lines))),
}
